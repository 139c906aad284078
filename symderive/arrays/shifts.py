"""The shift that keeps an exponential finite: a maximum where that is finite, and 0 elsewhere."""

from __future__ import annotations

from ..index import nodes
from ..index.nodes import Expr
from ..index.walk import refs
from ..schedule import Statement
from ..schedule.shapes import is_plain

_INFINITY = nodes.const("inf")


def guarded(extreme: Statement, later: tuple[Statement, ...]) -> Statement | None:
    """`m = [∞ > |max_x|] max_x`, where it follows `max_x` and nothing else uses that; or None."""
    if not isinstance(extreme.value, nodes.Reduce) or extreme.value.op not in ("max", "min"):
        return None
    if not later or any(refs(s.value, extreme.tensor) for s in later[1:]):
        return None
    shift = later[0]
    found = refs(shift.value, extreme.tensor)
    if len(found) != 1 or set(found[0].args) != set(shift.left.args) or not is_plain(found[0]):
        return None
    return shift if shift.value is _where_finite(found[0]) else None


def _where_finite(value: Expr) -> Expr:
    return nodes.mul(nodes.bracket("gt", _INFINITY, nodes.call("abs", value)), value)
