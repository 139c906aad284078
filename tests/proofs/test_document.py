"""The document of a derivation: its sections, its numbers, its two versions."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest

from symderive.errors import SymderiveError
from symderive.index.domains import simplex
from symderive.proofs import FORMATS, document, render
from symderive.proofs.tree import (
    Block,
    Code,
    Document,
    Number,
    Question,
    StepBlock,
    Theorem,
    equations,
)
from tests.proofs import samples

NAMES = ("softmax", "layer_norm", "attention", "relu", "cross_entropy", "linear")


def blocks(found: Document) -> Iterator[Block]:
    """All blocks of a document, theorems opened."""
    for section in found.sections:
        for block in section.blocks:
            yield block
            if isinstance(block, Theorem):
                yield from block.blocks


def keys(found: Document) -> list[str]:
    """The sections, in order."""
    return [section.key for section in found.sections]


def test_softmax_is_told_in_order() -> None:
    told = keys(document(samples.catalogue("softmax")))
    wanted = ["notation", "forward", "theorem", "jacobian", "chain", "steps", "stability", "cost"]
    assert told == [*wanted, "code", "textbook", "certificate"]


def test_the_theorem_is_the_closed_form() -> None:
    text = render(document(samples.catalogue("softmax")), "tex")
    theorem = text[text.index(r"\begin{claim}") : text.index(r"\end{claim}")]
    assert r"\bar{x}_i = y_i\Bigl(\bar{y}_i - \sum_{j} y_j\bar{y}_j\Bigr)" in theorem


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("short", [False, True])
def test_every_reference_has_its_equation(name: str, lang: str, short: bool) -> None:
    found = document(samples.catalogue(name), lang, short)
    numbered = [e.key for s in found.sections for e in equations(s.blocks) if e.key]
    assert len(set(numbered)) == len(numbered)
    assert sorted(found.numbers) == sorted(numbered)
    assert len(set(found.numbers.values())) == len(numbered)
    for block in blocks(found):
        if isinstance(block, Code):
            assert {line.key for line in block.lines} <= {"", *numbered}
        for piece in getattr(block, "because", ()):
            assert not isinstance(piece, Number) or piece.key in numbered


@pytest.mark.parametrize("name", NAMES)
def test_numbers_are_those_of_the_code(name: str) -> None:
    parts = samples.catalogue(name)
    found = document(parts)
    lines = [line for b in blocks(found) if isinstance(b, Code) for line in b.lines]
    for listing in parts.listings:
        for s in listing.statements:
            shown = next(line for line in lines if line.text == s.text)
            if s.equation:
                assert found.numbers[shown.key] == s.equation
    assert any(s.equation for listing in parts.listings for s in listing.statements)


@pytest.mark.parametrize("name", NAMES)
def test_the_short_version_is_part_of_the_full_one(name: str) -> None:
    parts = samples.catalogue(name)
    full, short = document(parts), document(parts, short=True)
    assert set(keys(short)) < set(keys(full)) or keys(short) == keys(full)
    assert len(list(blocks(short))) < len(list(blocks(full)))
    assert "theorem" in keys(short)
    assert all(b in list(blocks(full)) for b in blocks(short))


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("name", NAMES)
def test_no_internal_names_and_the_same_bytes_again(name: str, fmt: str) -> None:
    parts = samples.catalogue(name)
    text = render(document(parts), fmt)
    assert text == render(document(parts), fmt)
    assert not re.search(
        r"operatorname|Tensor\(|Index\(|[~]\d|100\d{4}", text.replace("~\\ref", "")
    )


def test_questions_are_asked_where_they_arise() -> None:
    def asked(name: str) -> int:
        return sum(isinstance(b, Question) for b in blocks(document(samples.catalogue(name))))

    assert asked("softmax") == 3  # two cases, the sum, the batch axis
    assert asked("relu") == 1  # elementwise: the batch axis alone


def test_layer_norm_says_why_there_are_two_means() -> None:
    assert "Why are there two means?" in render(document(samples.catalogue("layer_norm")), "html")


def test_cross_entropy_says_why_a_difference_is_left() -> None:
    def loss(x: np.ndarray, t: np.ndarray) -> np.ndarray:
        e = np.exp(x)
        p = e / np.sum(e, axis=-1, keepdims=True)
        return -np.sum(t * np.log(p), axis=-1)

    parts = samples.function(loss, x="... n", t=simplex("... n"))
    assert "collapse into a difference" in render(document(parts), "md")


def test_each_step_has_its_rule_and_reason() -> None:
    for lang in ("en", "zh"):
        found = document(samples.catalogue("rms_norm"), lang)
        steps = [b for b in blocks(found) if isinstance(b, StepBlock)]
        assert len(steps) > 8
        assert all(s.title and s.because for s in steps)


def test_an_unknown_format_lists_the_known() -> None:
    with pytest.raises(SymderiveError, match="tex, html, md and pdf"):
        render(document(samples.catalogue("relu")), "docx")


def test_gradients_that_the_code_does_not_store_are_told_too() -> None:
    found = document(samples.catalogue("attention"))
    told = [key for key in keys(found) if key.startswith("gradient-")]
    assert {"gradient-dP", "gradient-dq", "gradient-dk", "gradient-dv"} <= set(told)
    assert not [key for key in told if key.startswith("gradient-dd")]
    assert told.index("gradient-ds") < told.index("gradient-dS") < told.index("gradient-dq")
