"""Which terms of the code's gradient and of the derivative have no counterpart in the other."""

from __future__ import annotations

from ..calculus.normal import TooLarge, normal
from ..calculus.search import Search
from ..index import nodes
from ..index.nodes import Expr
from ..index.terms import terms
from ..index.text import text
from .spoiling import legible

MOST_SHOWN = 4


def differing_terms(code: Expr, closed: Expr, search: Search) -> tuple[str, ...]:
    """Lines: what the code has and the derivative has not, and what it lacks."""
    try:
        mine, right = normal(code), normal(closed)
    except TooLarge:
        return (f"the code computes {text(code)}", f"the derivative is {text(closed)}")
    own, wanted = set(terms(mine)), set(terms(right))
    only = (
        ("the code has {}, which the derivative lacks", own - wanted),
        ("the derivative has {}, which the code lacks", wanted - own),
    )
    return tuple(said.format(_sum(found, search)) for said, found in only if found)


def _sum(found: set[Expr], search: Search) -> str:
    shown = sorted(found, key=lambda t: t.key)[:MOST_SHOWN]
    more = f" and {len(found) - MOST_SHOWN} more" if len(found) > MOST_SHOWN else ""
    return legible(nodes.add(*(search.presenter.term(t) for t in shown))) + more
