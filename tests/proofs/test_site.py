"""The gallery: an index and a page for each operator, which need nothing from anywhere."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from symderive.errors import SymderiveError
from symderive.proofs import document
from symderive.proofs.site import Entry, pages
from tests.proofs import samples

NAMES = ("softmax", "relu", "attention")
PROBE = """<script>addEventListener("load", () => {
  const shown = () => [...document.querySelectorAll(".card:not([hidden])")].map((c) => c.querySelector("h3").textContent);
  const probe = {wide: document.documentElement.scrollWidth, view: document.documentElement.clientWidth, all: shown()};
  const search = document.getElementById("search");
  search.value = "SOFT max"; search.dispatchEvent(new Event("input")); probe.found = shown();
  search.value = "no such thing"; search.dispatchEvent(new Event("input")); probe.none = shown();
  document.body.innerHTML = "<pre id=probe>" + JSON.stringify(probe) + "</pre>";
});</script>"""  # noqa: E501  the lines are a program of another language


def entries(lang: str = "en") -> list[Entry]:
    """A small gallery, with a summary that a page must not obey."""
    return [
        Entry(name, "family & co", f"{name} <b>bold</b>", document(samples.catalogue(name), lang))
        for name in NAMES
    ]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_page_for_each_and_an_index(lang: str) -> None:
    made = dict(pages(entries(lang), lang))
    assert list(made) == [*(f"{name}.html" for name in NAMES), "index.html"]
    index = made["index.html"]
    links = re.findall(r'class="card" href="([^"]+)"', index)
    assert links == list(made)[:-1]
    assert "<b>" not in index
    assert "family &amp; co" in index
    for text in made.values():
        assert set(re.findall(r'(?:src|href)="([^"#]+)', text)) <= set(made)
    for name in NAMES:
        assert 'href="index.html"' in made[f"{name}.html"]


def test_a_name_that_is_no_file_is_refused() -> None:
    proof = document(samples.catalogue("relu"))
    with pytest.raises(SymderiveError, match="no name for a page"):
        list(pages([Entry("../relu", "f", "s", proof)]))


@pytest.mark.browser
@pytest.mark.parametrize("width", [500, 1280])
def test_the_index_is_searched(width: int, tmp_path: Path) -> None:
    index = dict(pages(entries()))["index.html"].replace("</body>", PROBE + "</body>")
    (tmp_path / "index.html").write_text(index, encoding="utf-8")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or "chromium"
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
        f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},900", "--dump-dom",
        (tmp_path / "index.html").as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "CONSOLE" not in done.stderr
    found = re.search(r'<pre id="probe">(.*?)</pre>', done.stdout)
    assert found
    probe = json.loads(found[1])
    assert probe["wide"] <= probe["view"]
    assert probe["all"] == list(NAMES)
    assert probe["found"] == ["softmax"]
    assert probe["none"] == []
