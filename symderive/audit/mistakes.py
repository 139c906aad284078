"""What people get wrong: each entry spoils the right gradient in one way. The one that gives what
the code computes is the likely mistake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..index.nodes import Expr
from . import spoiling
from .spoiling import Right, Spoil


@dataclass(frozen=True)
class Mistake:
    """name: what it is called.  spoil: wrong versions of a gradient, each with a sentence."""

    name: str
    spoil: Spoil


MISTAKES: tuple[Mistake, ...] = (
    Mistake("sign", spoiling.sign),
    Mistake("batch factor", spoiling.lengths),
    Mistake("factor", spoiling.numbers),
    Mistake("diagonal only", spoiling.diagonal),
    Mistake("wrong axis", spoiling.axes),
    Mistake("sum for mean", spoiling.means),
    Mistake("transposed", spoiling.transposed),
    Mistake("term", spoiling.terms),
    Mistake("missing factor", spoiling.tensors),
    Mistake("missing factor", spoiling.factors),
    Mistake("missing factor", spoiling.coefficients),
    Mistake("missing sum", spoiling.sums),
    Mistake("outside the sum", spoiling.outside),
    Mistake("wrong power", spoiling.powers),
    Mistake("wrong mask", spoiling.choices),
    Mistake("one row for all", spoiling.first_rows),
    Mistake("extra factor", spoiling.extra),
)
MOST_TRIED = 600  # spoiled versions of one gradient


def recognised(rights: list[Right], is_the_code: Callable[[Expr], bool]) -> str:
    """`NAME: DETAIL` of the first mistake, in one of these forms of the right gradient, that gives
    what the code computes; "" where none does."""
    tried: set[Expr] = set()
    for mistake in MISTAKES:
        for right in rights:
            for spoiled, detail in mistake.spoil(right):
                if spoiled in tried or len(tried) > MOST_TRIED:
                    continue
                tried.add(spoiled)
                if is_the_code(spoiled):
                    return f"{mistake.name}: {detail}"
    return ""
