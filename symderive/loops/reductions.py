"""Every reduction becomes a statement by itself, so that a loop can carry it out.

And so does every function of what is the same all along a loop: `log(s)` in `z_i - log(s)`. The
compiler does not take it out of the loop, whose body it would have to split for that.
"""

from __future__ import annotations

from ..index import nodes
from ..index.dims import Index
from ..index.naming import unused
from ..index.nodes import Expr, Tensor
from ..index.walk import rebuild, substitute, transform
from ..schedule import Statement
from ..schedule.shapes import TRANSCENDENTAL, reading_order, work


class _Split:
    """Takes the reductions, and what loops need not repeat, out of statements."""

    def __init__(self, taken: set[str]) -> None:
        self.taken, self.before = taken, list[Statement]()
        self.known: dict[Expr, Tensor] = {}

    def value(self, expr: Expr, name: str, around: frozenset[Index]) -> Expr:
        """The expression with names for what is taken out, where loops over `around` compute it."""

        def leaf(node: Expr) -> Expr | None:
            if isinstance(node, nodes.Reduce):
                body = self.value(node.args[0], name, around | set(node.bound))
                return self._named(nodes.reduce_(node.op, node.bound, body), f"{node.op}_{name}")
            if not _is_repeated(node, around):
                return None
            inside = tuple(self.value(a, name, node.free) for a in node.args)
            of = inside[0].tensor.name if isinstance(inside[0], nodes.Ref) else name
            word = node.function if isinstance(node, nodes.Call) else "power"
            return self._named(rebuild(node, inside), f"{word}_{of}")

        return transform(expr, leaf)

    def _named(self, value: Expr, wanted: str) -> Expr:
        indices = reading_order(value)
        tensor = self.known.get(value)
        if tensor is None:
            name = unused(wanted, self.taken, "_")
            self.taken.add(name)
            tensor = Tensor(name, tuple(i.dim for i in indices))
            self.known[value] = tensor
            self.before.append(Statement(tensor, indices, value))
        return nodes.ref(tensor, *indices)


def _is_repeated(node: Expr, around: frozenset[Index]) -> bool:
    """True for a function of what does not change with every index of the loops."""
    if not isinstance(node, (nodes.Call, nodes.Pow)) or not node.free < around:
        return False
    deep = work(node) - sum(map(work, node.args))  # of the node itself
    return bool(node.tensors) and deep >= TRANSCENDENTAL


def split(statements: tuple[Statement, ...], taken: set[str]) -> tuple[Statement, ...]:
    """The same statements; each is a reduction, `name = Σ ...`, or has none inside."""
    done: list[Statement] = []
    splitter = _Split(taken)
    for s in statements:
        around = frozenset(s.indices)
        if isinstance(s.value, nodes.Reduce):
            body = splitter.value(s.value.args[0], s.name, around | set(s.value.bound))
            value: Expr = nodes.reduce_(s.value.op, s.value.bound, body)
        else:
            value = splitter.value(s.value, s.name, around)
        done += splitter.before
        splitter.before = []
        done.append(Statement(s.tensor, s.indices, value, s.equation))
    return tuple(done)


def inlined(source: Statement, args: tuple[Expr, ...]) -> Expr:
    """The value of a statement at other indices."""
    return substitute(source.value, dict(zip(source.indices, args, strict=True)))
