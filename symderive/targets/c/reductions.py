"""Every reduction becomes a statement by itself, so that a loop can carry it out."""

from __future__ import annotations

from ...index import nodes
from ...index.nodes import Expr, Tensor
from ...index.walk import substitute, transform
from ...schedule import Statement
from ...schedule.shapes import reading_order


class _Split:
    """Takes the reductions out of one statement, the innermost first."""

    def __init__(self, taken: set[str]) -> None:
        self.taken, self.before = taken, list[Statement]()
        self.known: dict[Expr, Tensor] = {}

    def value(self, expr: Expr, name: str) -> Expr:
        """The expression with a name for each reduction inside."""

        def leaf(node: Expr) -> Expr | None:
            if not isinstance(node, nodes.Reduce):
                return None
            body = self.value(node.args[0], name)
            return self._named(nodes.reduce_(node.op, node.bound, body), name)

        return transform(expr, leaf)

    def _named(self, reduction: Expr, name: str) -> Expr:
        indices = reading_order(reduction)
        tensor = self.known.get(reduction)
        if tensor is None:
            assert isinstance(reduction, nodes.Reduce)
            tensor = Tensor(self._free(f"{reduction.op}_{name}"), tuple(i.dim for i in indices))
            self.known[reduction] = tensor
            self.before.append(Statement(tensor, indices, reduction))
        return nodes.ref(tensor, *indices)

    def _free(self, wanted: str) -> str:
        name, count = wanted, 2
        while name in self.taken:
            name, count = f"{wanted}_{count}", count + 1
        self.taken.add(name)
        return name


def split(statements: tuple[Statement, ...], taken: set[str]) -> tuple[Statement, ...]:
    """The same statements; each is a reduction, `name = Σ ...`, or has none inside."""
    done: list[Statement] = []
    for statement in statements:
        if isinstance(statement.value, nodes.Reduce):
            splitter = _Split(taken)
            body = splitter.value(statement.value.args[0], statement.name)
            value: Expr = nodes.reduce_(statement.value.op, statement.value.bound, body)
        else:
            splitter = _Split(taken)
            value = splitter.value(statement.value, statement.name)
        done += splitter.before
        done.append(Statement(statement.tensor, statement.indices, value, statement.equation))
    return tuple(done)


def inlined(source: Statement, args: tuple[Expr, ...]) -> Expr:
    """The value of a statement at other indices."""
    return substitute(source.value, dict(zip(source.indices, args, strict=True)))
