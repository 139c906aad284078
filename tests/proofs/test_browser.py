"""The HTML in a real browser: a silent console, no sideways scrolling, mathematics that renders."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from symderive.proofs import document, render
from tests.proofs import samples

pytestmark = pytest.mark.browser
PROBE = """<script>addEventListener("load", () => {
  const box = (e) => e.getBoundingClientRect();
  const page = document.documentElement;
  page.style.width = "WIDTHpx";  // narrower than a window can be
  const right = box(page).right;
  const numbers = [...document.querySelectorAll(".no")].filter((e) => box(e).width > 0);
  const tied = [...document.querySelectorAll("tr.tied")];
  const shows = (row) => { row.focus(); return box(row.querySelector(".tie")).height > 12; };
  const maths = [...document.querySelectorAll("math")].filter((e) => !e.closest(".full, .tie"));
  const probe = {
    wide: document.body.scrollWidth, view: box(page).width,
    maths: maths.length, flat: maths.filter((e) => box(e).height < 5 || box(e).width < 2).length,
    tall: maths.filter((e) => box(e).height > 12).length, hidden: 0,
    numbers: numbers.length, cut: numbers.filter((e) => box(e).right > right).length,
    tied: tied.length, untold: tied.filter((row) => !shows(row)).length,
    paper: getComputedStyle(document.body).backgroundColor,
  };
  document.querySelector(".show-full").click();
  probe.hidden = [...document.querySelectorAll(".full")].filter((e) => box(e).height > 0).length;
  document.querySelector(".other-theme").click();
  probe.other = getComputedStyle(document.body).backgroundColor;
  document.body.innerHTML = "<pre id=probe>" + JSON.stringify(probe) + "</pre>";
});</script>"""


def probed(page: str, folder: Path, width: int) -> tuple[dict[str, float], str]:
    """What the browser measured, and what it said on its console."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or "chromium"
    path = folder / "page.html"
    path.write_text(
        page.replace("</body>", PROBE.replace("WIDTH", str(width)) + "</body>"), encoding="utf-8"
    )
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
        f"--user-data-dir={folder / 'profile'}", f"--window-size={width + 100},900", "--dump-dom",
        path.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    found = re.search(r'<pre id="probe">(.*?)</pre>', done.stdout)
    assert found, done.stdout[-500:] + done.stderr[-500:]
    said = "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)
    return json.loads(found[1]), said


@pytest.mark.parametrize("width", [390, 768, 1280])
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", ["softmax", "attention", "layer_norm_affine", "kl_normal"])
def test_a_proof_in_the_browser(name: str, lang: str, width: int, tmp_path: Path) -> None:
    page = render(document(samples.catalogue(name), lang), "html")
    found, said = probed(page, tmp_path, width)
    assert said == ""
    assert found["wide"] <= found["view"]
    assert found["cut"] == 0
    assert found["numbers"] > 20
    assert found["untold"] == 0
    assert found["tied"] > 3
    assert found["maths"] > 20
    assert found["flat"] == 0
    assert found["tall"] > 5
    assert found["hidden"] == 0
    assert found["paper"] != found["other"]
