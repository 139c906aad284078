const search = document.getElementById("search");
const cards = [...document.querySelectorAll(".card")];
const sections = [...document.querySelectorAll("section")];
search.addEventListener("input", () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const card of cards) card.hidden = !words.every((w) => card.dataset.words.includes(w));
  for (const section of sections) section.hidden = !section.querySelector(".card:not([hidden])");
  document.getElementById("none").hidden = cards.some((card) => !card.hidden);
});
