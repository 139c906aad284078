"""What is chosen row by row gets a name: `w = np.where(r > 0, dy / r, 0)`, then `w[:, None] * x`.

Only where the choice is that a root is not 0. Nothing else of the product can be infinite there, so
that a product does what the choice over the whole would do, for a row's share of the work.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..index import nodes
from ..index.nodes import ZERO, Expr, Tensor
from ..index.walk import walk
from .shapes import canonical, has_reduction
from .subexpressions import Lines


def name_chosen_rows(lines: Lines, roots: frozenset[Tensor]) -> None:
    """A name for the factors of a product that have no more indices than the choice of a root."""
    while (found := next(_chosen_rows(lines, roots), None)) is not None:
        lines.introduce(canonical(found)[0])


def _chosen_rows(lines: Lines, roots: frozenset[Tensor]) -> Iterator[Expr]:
    for statement in lines.statements:
        for node in walk(statement.value):
            for choice in node.args if isinstance(node, nodes.Mul) else ():
                if _chooses_root(choice, roots):
                    row = [f for f in node.args if f.tensors and f.free <= choice.free]
                    wider = [f for f in node.args if f.free > choice.free]
                    named = nodes.mul(*row)
                    if wider and not has_reduction(named) and _is_safe(choice, named, node):
                        yield named


def _is_safe(choice: Expr, named: Expr, whole: Expr) -> bool:
    """True where all that divides by the root goes with its choice."""
    root = choice.args[0]
    rest = nodes.mul(*(f for f in whole.args if not f.free <= choice.free))
    return _divides_by(root, named) and not _divides_by(root, rest)


def _divides_by(root: Expr, expr: Expr) -> bool:
    pairs = (nodes.base_exp(n) for n in walk(expr) if isinstance(n, nodes.Pow))
    return any(isinstance(e, nodes.Num) and e.value < 0 and root in walk(b) for b, e in pairs)


def _chooses_root(expr: Expr, roots: frozenset[Tensor]) -> bool:
    """True for [r > 0]."""
    if not isinstance(expr, nodes.Bracket) or expr.relation != "gt" or expr.args[1] is not ZERO:
        return False
    return isinstance(expr.args[0], nodes.Ref) and expr.args[0].tensor in roots
