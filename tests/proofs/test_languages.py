"""Every text exists in every language, with the same places to fill."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import symderive
from symderive.errors import SymderiveError
from symderive.index.functions import FUNCTIONS
from symderive.proofs.assemble import RULES
from symderive.proofs.languages import known, language, places

ENGLISH = language("en")
READERS = ("proofs", "audit")
SOURCES = sorted(
    path for room in READERS for path in Path(symderive.__file__).parent.glob(f"{room}/**/*.py")
)


def test_english_and_chinese_are_there() -> None:
    assert {"en", "zh"} <= set(known())


@pytest.mark.parametrize("code", known())
def test_same_texts_and_places(code: str) -> None:
    other = language(code)
    assert other.texts.keys() == ENGLISH.texts.keys()
    for key, text in other.texts.items():
        assert places(text) == places(ENGLISH.texts[key]), key


@pytest.mark.parametrize("code", known())
def test_every_rule_is_told(code: str) -> None:
    for key, rule in RULES.items():
        assert rule.title.get(code, "").strip(), f"{key} has no name in {code}"
        assert rule.because.get(code, "").strip(), f"{key} has no reason in {code}"


def test_every_text_that_the_code_asks_for_exists() -> None:
    asked = {
        key
        for path in SOURCES
        for key in re.findall(r'(?:say|word)\(\s*"([a-z_]+\.[a-z_]+)"', path.read_text("utf-8"))
    }
    assert len(asked) > 30
    assert asked <= ENGLISH.texts.keys()


def test_no_text_is_left_that_nothing_asks_for() -> None:
    asked = "".join(path.read_text("utf-8") for path in SOURCES)
    by_name = (
        "phrase.",
        "certificate.",
        "convention.",
        "count.",
        "cost.",
        "derivative.",
        "site.",
        "code.",
        "notation.input",
    )
    left = [k for k in ENGLISH.texts if f'"{k}"' not in asked and not k.startswith(by_name)]
    assert not left


def test_every_convention_is_told() -> None:
    noted = {f"convention.{name}" for name, f in FUNCTIONS.items() if f.note}
    assert noted <= ENGLISH.texts.keys()


def test_chinese_is_not_english() -> None:
    chinese = language("zh")
    plain = [
        k for k, text in chinese.texts.items() if not re.search(r"[\u4e00-\u9fff，。：（]", text)
    ]
    assert set(plain) <= {"document.space"}


def test_unknown_language_lists_the_known() -> None:
    with pytest.raises(SymderiveError, match="en, zh"):
        language("de")
