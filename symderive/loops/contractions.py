"""Contractions, and whatever else C does not do, as statements of their own.

What is element by element in an operand gets a name, so that a kernel computes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..index import nodes
from ..index.dims import Index
from ..index.naming import unused
from ..index.nodes import Expr, Tensor
from ..index.text import factors_of
from ..index.walk import substitute, transform
from ..schedule import Statement
from ..schedule.shapes import canonical, grouped, reading_order, running

Fits = Callable[[Statement], bool]


def apart(statements: Iterable[Statement], taken: set[str], fits: Fits) -> tuple[Statement, ...]:
    """The same statements; what no kernel does (where not `fits`) stands alone."""
    parter = _Parter(taken, fits)
    for statement in statements:
        parter.take(statement)
    return tuple(parter.done)


def is_contracted(expr: Expr) -> bool:
    """True for a sum of products of which no factor has every index: work for a BLAS."""
    if not isinstance(expr, nodes.Reduce) or expr.op != "sum":
        return False
    factors = [f for f in factors_of(expr.args[0]) if f.free]
    if any(isinstance(f, nodes.Delta) for f in factors) or running(expr) is not None:
        return False
    return len(grouped(factors)) > 1


def _contracted_terms(expr: nodes.Reduce) -> tuple[Expr, ...]:
    """The terms of a sum of which at least one is a contraction: each is summed by itself."""
    body = expr.args[0]
    if expr.op != "sum" or not isinstance(body, nodes.Add):
        return ()
    found = any(is_contracted(nodes.sum_(expr.bound, t)) for t in body.args)
    return body.args if found else ()


class _Parter:
    """Takes the statements in turn; what is done so far is in `done`."""

    def __init__(self, taken: set[str], fits: Fits) -> None:
        self.taken, self.fits, self.done = taken, fits, list[Statement]()
        self.known: dict[Expr, tuple[Tensor, tuple[int, ...]]] = {}
        self.name = ""
        self.order: tuple[Index, ...] = ()

    def take(self, s: Statement) -> None:
        """One more statement, and before it what it needs."""
        self.name, self.order = s.name, s.indices
        value = s.value
        if isinstance(value, nodes.Reduce) and not _contracted_terms(value):  # it has its name
            value = nodes.reduce_(value.op, value.bound, self._inside(value.args[0]))
            count, value = self._operands(s.indices, value)
            if count is not nodes.ONE:
                value = nodes.mul(count, self._summed(value))
        else:
            value = self._inside(value)
        self.done.append(Statement(s.tensor, s.indices, value, s.equation))

    def _inside(self, expr: Expr) -> Expr:
        def leaf(node: Expr) -> Expr | None:
            if not isinstance(node, nodes.Reduce):
                return None
            terms = _contracted_terms(node)
            if terms:
                return nodes.add(*(self._inside(nodes.sum_(node.bound, t)) for t in terms))
            whole = nodes.reduce_(node.op, node.bound, self._inside(node.args[0]))
            count, value = self._operands(self._ordered(whole), whole)
            return nodes.mul(count, self._summed(value))

        return transform(expr, leaf)

    def _operands(self, indices: tuple[Index, ...], value: Expr) -> tuple[Expr, Expr]:
        """A number, and the reduction of named operands that it multiplies."""
        assert isinstance(value, nodes.Reduce)
        factors = factors_of(value.args[0])
        lone = nodes.mul(*(f for f in factors if not f.free))
        if is_contracted(value):
            named = [self._operand(nodes.mul(*g)) for g in grouped([f for f in factors if f.free])]
            return lone, nodes.reduce_("sum", value.bound, nodes.mul(*named))
        tensor = Tensor(self.name, tuple(i.dim for i in indices))
        if value.op != "sum" or self.fits(Statement(tensor, indices, value)):
            return nodes.ONE, value
        selects = [f for f in factors if isinstance(f, nodes.Bracket | nodes.Delta)]
        rest = nodes.mul(*(f for f in factors if f.free and f not in selects))
        if not selects or not rest.free:
            return nodes.ONE, value
        return lone, nodes.reduce_("sum", value.bound, nodes.mul(*selects, self._operand(rest)))

    def _summed(self, value: Expr) -> Expr:
        """The reduction under a name, unless a kernel does it on its way."""
        indices = self._ordered(value)
        tensor = Tensor(f"sum_{self.name}", tuple(i.dim for i in indices))
        if not isinstance(value, nodes.Reduce):
            return value
        if not is_contracted(value) and self.fits(Statement(tensor, indices, value)):
            return value
        return self._named(f"{value.op}_{self.name}", indices, value)

    def _operand(self, expr: Expr) -> Expr:
        """The expression under a name; an array, and what is read off one, needs none."""
        if isinstance(expr, nodes.Ref):
            return expr
        form, free = canonical(expr)
        if form in self.known:
            tensor, places = self.known[form]
            return nodes.ref(tensor, *(free[n] for n in places))
        indices = batch_first(reading_order(expr))
        named = self._named(f"{self.name}_factor", indices, expr)
        self.known[form] = self.done[-1].tensor, tuple(free.index(i) for i in indices)
        return named

    def _named(self, wanted: str, indices: tuple[Index, ...], value: Expr) -> Expr:
        name = unused(wanted, self.taken, "_")
        self.taken.add(name)
        tensor = Tensor(name, tuple(i.dim for i in indices))
        serials = dict.fromkeys(tensor.dims, 0)
        letters: dict[Index, Expr | Index] = {}
        for index in indices:
            letters[index] = Index(index.dim, serials[index.dim])
            serials[index.dim] += 1
        own = tuple(i for i in letters.values() if isinstance(i, Index))
        self.done.append(Statement(tensor, own, substitute(value, letters)))
        return nodes.ref(tensor, *indices)

    def _ordered(self, expr: Expr) -> tuple[Index, ...]:
        """The free indices in the order of the statement at hand, so that nothing is transposed."""
        own = [i for i in self.order if i in expr.free]
        return batch_first(tuple(dict.fromkeys((*own, *reading_order(expr)))))


def batch_first(indices: tuple[Index, ...]) -> tuple[Index, ...]:
    """The indices with leading batch dims where an array has to have them."""
    return tuple(sorted(indices, key=lambda i: not i.dim.is_batch))
