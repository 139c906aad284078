"""Where NumPy is told not to warn: `np.where` computes both sides, and the side that is not chosen
may divide by 0 or overflow where the author's own text would not.
"""

from __future__ import annotations

from ...index.functions import FUNCTIONS
from ...index.nodes import Bracket, Call, Expr, Mul, Num, Pow
from ...index.walk import walk
from ...schedule import Procedure

DECORATOR = '@np.errstate(all="ignore")  # np.where computes what it does not choose, too'


def quiet(procedure: Procedure) -> str:
    """The decorator of a function that chooses, by values, what may not be finite elsewhere."""
    found = (node for s in procedure.statements for node in walk(s.value))
    return DECORATOR if any(map(_chooses_what_may_end, found)) else ""


def _chooses_what_may_end(node: Expr) -> bool:
    if not isinstance(node, Mul) or not any(map(_is_choice, node.args)):
        return False
    return any(_may_end(inner) for factor in node.args for inner in walk(factor))


def _is_choice(node: Expr) -> bool:
    return isinstance(node, Bracket) and any(not t.domain.is_label for t in node.tensors)


def _may_end(node: Expr) -> bool:
    if not node.tensors:
        return False  # 1 / n
    if isinstance(node, Pow):
        exponent = node.args[1]
        return not isinstance(exponent, Num) or exponent.value < 1
    if not isinstance(node, Call):
        return False
    function = FUNCTIONS[node.function]
    return not (function.bounded or function.exact)
