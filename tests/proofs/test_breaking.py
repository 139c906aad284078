"""Long equations are broken so that every line fits, and say the same as before."""

from __future__ import annotations

import re

from symderive.index.dims import Dim, Index
from symderive.index.nodes import Tensor, call, sum_
from symderive.proofs.breaking import broken, width
from symderive.proofs.latex import latex
from symderive.proofs.mathematics import typeset
from symderive.proofs.names import Names

N = Dim("n")
i, j = Index(N), Index(N, 1)
LETTERS = [Tensor(t, (N,)) for t in "abcdefgh"]
LIMIT = 200.0


def bare(text: str) -> str:
    """The signs of a formula, without sizes and spaces."""
    return re.sub(r"\\[bB]igg?[lr]|\\,|\s", "", text)


def test_a_short_equation_stays_whole() -> None:
    layout = typeset(LETTERS[0][i] + LETTERS[1][i], Names())
    assert broken(layout, LIMIT) == [layout]


def test_a_sum_breaks_before_its_signs() -> None:
    terms = [call("exp", t[i]) * LETTERS[0][i] - sum_([j], t[j]) for t in LETTERS]
    layout = typeset(sum(terms[1:], terms[0]), Names())
    lines = broken(layout, LIMIT)
    assert len(lines) > 2
    assert all(width(line) <= LIMIT for line in lines)
    assert all(latex(line).strip()[0] in "+-" for line in lines[1:])
    assert "".join(bare(latex(line)) for line in lines) == bare(latex(layout))


def test_brackets_open_where_nothing_else_helps() -> None:
    inner = sum((t[i] * call("exp", t[i]) for t in LETTERS[1:]), LETTERS[0][i])
    layout = typeset(LETTERS[0][i] * inner, Names())
    lines = broken(layout, LIMIT)
    assert len(lines) > 1
    assert all(width(line) <= LIMIT for line in lines)
    assert "".join(bare(latex(line)) for line in lines) == bare(latex(layout))
