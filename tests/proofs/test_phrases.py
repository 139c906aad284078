"""What other stages say in English is said in every language; nothing of it is left over."""

from __future__ import annotations

import re

import pytest

from symderive.operators import CATALOGUE
from symderive.proofs import document
from symderive.proofs.context import context
from symderive.proofs.languages import known, language, places
from symderive.proofs.phrases import PATTERNS, spoken
from symderive.proofs.prepare import prepared
from symderive.proofs.reading import formula
from symderive.proofs.steps import because
from symderive.proofs.tree import Math, Number, plain_text
from tests.proofs import samples

pytestmark = pytest.mark.thinned(8)

CHINESE = language("zh")
ENGLISH_WORDS = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")


@pytest.mark.parametrize("code", known())
def test_every_phrase_is_said(code: str) -> None:
    texts = language(code).texts
    said = {k.partition(".")[2] for k in texts if k.startswith("phrase.")}
    assert said == PATTERNS.keys()
    for key, pattern in PATTERNS.items():
        assert places(texts[f"phrase.{key}"]) <= places(pattern), key


def test_places_are_kept() -> None:
    said = plain_text(spoken(CHINESE, "11 of 12, 30 comparisons at ...=2 n=3, float64"))
    assert re.findall(r"\.\.\.=2 n=3|\d+", said) == ["12", "11", "...=2 n=3", "30"]


def test_what_no_pattern_knows_is_kept() -> None:
    assert spoken(CHINESE, "something else") == ("something else",)


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_a_chinese_proof_says_nothing_in_english(name: str) -> None:
    parts = samples.catalogue(name)
    c = context(prepared(parts), CHINESE)
    told = [because(c, s) for steps in c.parts.derived.steps.values() for s in steps]
    told += [because(c, s) for s in c.parts.stability]
    told += [
        i
        for s in document(parts, "zh").sections
        if s.key == "certificate"
        for b in s.blocks
        for i in getattr(b, "items", (getattr(b, "text", ()),))
    ]
    words = [piece for text in told for piece in text if isinstance(piece, str)]
    assert [w for w in words if ENGLISH_WORDS.search(w)] == []


@pytest.mark.parametrize("code", known())
def test_a_fold_names_its_equation(code: str) -> None:
    c = context(prepared(samples.catalogue("softmax")), language(code))
    fold = next(s for s in c.parts.jacobians[0].steps if s.rule == "fold")
    cited = [piece.key for piece in because(c, fold) if isinstance(piece, Number)]
    assert cited == ["forward:y"]


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("both have one normal form", False),
        ("x > 0", True),
        ("u_b = x_{b,t_b} - log(s_b)", True),
        ("log_p_bi = z_bi - log(s_b)", True),
        ("Σ_i dy_mi (1 + D_mi / 2)^(-1 - x_m) = √(2) dx_md", True),
    ],
)
def test_conditions_are_formulas_or_words(line: str, read: bool) -> None:
    c = context(prepared(samples.catalogue("softmax")), CHINESE)
    found = formula(line, c.names)
    assert (found is not None) == read
    assert found is None or Math(found)
