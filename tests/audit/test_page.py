"""The page that answers the founding question prints what the tool prints."""

from __future__ import annotations

import re
from pathlib import Path

from tools.consoles import refreshed

PAGE = Path(__file__).parents[2] / "docs" / "why-is-this-code-the-derivative.md"


def test_the_page_is_what_the_tool_says() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert refreshed(text) == text, f"run python tools/consoles.py docs/{PAGE.name}"


def test_the_page_shows_the_verdicts_that_it_tells_of() -> None:
    text = PAGE.read_text(encoding="utf-8")
    verdicts = re.findall(r"^(\w+): (equal|different|unsafe|cannot tell)\.", text, re.M)
    assert verdicts == [
        ("Softmax", "equal"),
        ("DiagonalOnly", "different"),
        ("InPlace", "unsafe"),
        ("SoftmaxWithLoss", "different"),
    ]
    assert "become equal as the constant 1e-07 goes to 0" in text


def test_the_python_of_the_page_runs() -> None:
    text = PAGE.read_text(encoding="utf-8")
    last = re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)[-1]
    exec(compile(last, PAGE.name, "exec"), {})
