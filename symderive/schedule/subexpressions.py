"""What gets a name and a line: reductions, and what is used twice. Nothing else does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

from ..errors import DerivationError
from ..index import nodes
from ..index.dims import Index
from ..index.nodes import Expr, Tensor
from ..index.walk import refs, substitute, transform, walk
from .names import Namer
from .shapes import (
    canonical,
    has_reduction,
    inverse_lengths,
    is_contraction,
    is_plain,
    mean_parts,
    reading_order,
    weight,
)
from .statements import Statement


def inline_single_uses(statements: list[Statement], keep: frozenset[str]) -> list[Statement]:
    """Write an elementwise value where it is used, if that is one place and no name is kept."""
    remaining = list(statements)
    for name in [s.name for s in statements]:
        statement = next(s for s in remaining if s.name == name)
        found = [r for s in remaining for r in refs(s.value, statement.tensor)]
        alias = is_plain(statement.value) and isinstance(statement.value, nodes.Ref)
        once = len(found) == 1 and sum(_uses(s.value, found[0]) for s in remaining) == 1
        if statement.name in keep or not (once or alias):
            continue
        if not all(is_plain(r) for r in found):
            continue
        changed = [_inlined(s, statement) for s in remaining if s.name != name]
        if not has_reduction(statement.value) or all(
            map(_may_reduce, changed, remaining_without(remaining, name))
        ):
            remaining = changed
    return remaining


def _uses(value: Expr, element: Expr) -> int:
    """How many parts of a value read an element: it would be written out in each."""
    return int(value is element) + sum(arg is element for n in walk(value) for arg in n.args)


def remaining_without(statements: list[Statement], name: str) -> list[Statement]:
    """The statements but one."""
    return [s for s in statements if s.name != name]


def _may_reduce(changed: Statement, before: Statement) -> bool:
    """True where what came in is the whole statement, or a contraction among its terms."""
    if changed.value is before.value or _own_reduction(changed.value) is not None:
        return True
    inside = {n for n in walk(changed.value) if isinstance(n, nodes.Reduce)}
    return inside <= set(_contraction_terms(changed.value))


def _inlined(user: Statement, source: Statement) -> Statement:
    def value(args: tuple[Expr, ...]) -> Expr:
        return substitute(source.value, dict(zip(source.indices, args, strict=True)))

    written = everywhere(user.value, source.tensor, value)
    return Statement(user.tensor, user.indices, written, user.equation)


def everywhere(expr: Expr, tensor: Tensor, value: Callable[[tuple[Expr, ...]], Expr]) -> Expr:
    """Replace every `tensor[indices]` by `value(indices)`, in brackets too."""

    def leaf(node: Expr) -> Expr | None:
        if isinstance(node, nodes.Ref) and node.tensor == tensor:
            return value(tuple(transform(a, leaf) for a in node.args))
        return None

    return transform(expr, leaf)


def lead_with_plus(expr: Expr) -> Expr:
    """`a + (-b - c) / n` as `a - (b + c) / n`: no sum inside a product has minus signs alone."""

    def leaf(node: Expr) -> Expr | None:
        if not isinstance(node, nodes.Mul):
            return None
        factors = [lead_with_plus(f) for f in node.args]
        turned = [
            f
            for f in factors
            if isinstance(f, nodes.Add) and all(nodes.coefficient(t)[0] < 0 for t in f.args)
        ]
        kept = [f for f in factors if f not in turned]
        return nodes.mul(*kept, *(nodes.MINUS_ONE for _ in turned), *(_negated(f) for f in turned))

    return transform(expr, leaf)


def _negated(expr: Expr) -> Expr:
    return nodes.add(*(-t for t in expr.args))


class Lines:
    """Statements under construction; new ones go in before the first that uses them."""

    def __init__(self, statements: list[Statement], namer: Namer) -> None:
        self.statements, self.namer = statements, namer

    def introduce(self, value: Expr, indices: tuple[Index, ...] | None = None) -> None:
        """Give a canonical value a name and use it everywhere, also in other letters.

        indices: the order of its dims, where it is not that of the tensors inside.
        """
        indices = indices or reading_order(value)
        tensor = Tensor(self.namer.name(value), tuple(i.dim for i in indices))
        name = Name(value, tensor, tuple(sorted(value.free).index(i) for i in indices))
        first = len(self.statements)
        for place, statement in enumerate(self.statements):
            changed = name.used_in(statement.value)
            if changed is not statement.value:
                first = min(first, place)
                self.statements[place] = Statement(statement.tensor, statement.indices, changed)
        if first == len(self.statements):
            raise DerivationError(f"the schedule cannot name {value}: no statement holds it")
        self.statements.insert(first, Statement(tensor, indices, value))


@dataclass(frozen=True)
class Name:
    """A tensor for a canonical value; `order` says which free index each of its dims is."""

    value: Expr
    tensor: Tensor
    order: tuple[int, ...]

    def used_in(self, expr: Expr) -> Expr:
        """The expression with the name for what equals the value, also inside a longer product
        or sum.
        """
        return transform(expr, self._leaf)

    def _leaf(self, node: Expr) -> Expr | None:
        if type(node) is not type(self.value):
            return None
        if isinstance(node, (nodes.Mul, nodes.Add)) and len(node.args) > len(self.value.args):
            return self._within_longer(node)
        return self._named(node)

    def _named(self, node: Expr) -> Expr | None:
        same, free = canonical(node)
        return (
            nodes.ref(self.tensor, *(free[n] for n in self.order)) if same is self.value else None
        )

    def _within_longer(self, node: nodes.Mul | nodes.Add) -> Expr | None:
        join = nodes.mul if isinstance(node, nodes.Mul) else nodes.add
        for chosen in combinations(node.args, len(self.value.args)):
            found = self._named(join(*chosen))
            if found is not None:
                rest = [a for a in node.args if a not in chosen]
                return join(found, *map(self.used_in, rest))
        return None


def name_reductions(lines: Lines) -> None:
    """Every reduction that is not a statement by itself gets one; the innermost first."""
    while (found := _next_reduction(lines.statements)) is not None:
        lines.introduce(found)


def _next_reduction(statements: list[Statement]) -> Expr | None:
    for statement in statements:
        own = _own_reduction(statement.value)
        inside = own.args[0] if own is not None else statement.value
        lone = (
            {n for n in _contraction_terms(inside) if _count(n, statements) == 1}
            if own is None
            else set()
        )
        for node in _with_means(inside):
            nested = any(isinstance(a, nodes.Reduce) for arg in _bodies(node) for a in walk(arg))
            if not nested and node not in lone:
                return canonical(node)[0]
    return None


def _bodies(node: Expr) -> list[Expr]:
    mean = mean_parts(node)
    return [mean[0].args[0]] if mean else [node.args[0]]


def _own_reduction(value: Expr) -> nodes.Reduce | None:
    """The reduction that a statement is: alone, or with numbers and sizes before it."""
    factors = value.args if isinstance(value, nodes.Mul) else (value,)
    reductions = [f for f in factors if isinstance(f, nodes.Reduce)]
    scalars = all(not f.free and not f.tensors for f in factors if f not in reductions)
    return reductions[0] if len(reductions) == 1 and scalars else None


def _contraction_terms(value: Expr) -> list[Expr]:
    """Contractions that may stay where they are: terms of the value, or factors of its terms."""
    terms = value.args if isinstance(value, nodes.Add) else (value,)
    factors = [f for t in terms for f in (t.args if isinstance(t, nodes.Mul) else (t,))]
    return [f for f in factors if is_contraction(f)]


def _count(node: Expr, statements: list[Statement]) -> int:
    want = canonical(node)[0]
    return sum(
        canonical(n)[0] is want
        for s in statements
        for n in walk(s.value)
        if isinstance(n, nodes.Reduce)
    )


def _with_means(expr: Expr) -> list[Expr]:
    """The reductions inside, children first; a mean counts as one with its 1/size."""
    found: list[Expr] = []
    taken: set[Expr] = set()
    for node in walk(expr):
        mean = mean_parts(node) if isinstance(node, nodes.Mul) else None
        if mean is not None and mean[0] not in taken:
            taken.add(mean[0])
            found.append(nodes.mul(mean[0], *inverse_lengths(mean[0])))
    reductions = [n for n in walk(expr) if isinstance(n, nodes.Reduce) and n not in taken]
    return reductions + found


def name_repeated(lines: Lines) -> None:
    """Elementwise values and products that stand in two places get a name, the largest first."""
    for _ in range(200):  # each round names one value and so removes one repetition
        found = _repeated_node(lines.statements) or _repeated_pair(lines.statements)
        if found is None:
            return
        lines.introduce(found)


def _repeated_node(statements: list[Statement]) -> Expr | None:
    """The largest elementwise expression with two different parents."""
    parents: Counter[Expr] = Counter()
    seen: set[Expr] = set()
    for statement in statements:
        parents[canonical(statement.value)[0]] += 1
        for node in walk(statement.value):
            key = canonical(node)[0]
            if key not in seen:
                seen.add(key)
                parents.update(canonical(a)[0] for a in node.args)
    parents.update(_within_longer_sums(seen))
    whole = {canonical(s.value)[0] for s in statements}
    found = [n for n, count in parents.items() if count > 1 and _worth_naming(n) and n not in whole]
    return max(found, key=lambda n: (_nodes(n), n.key)) if found else None


def _within_longer_sums(seen: set[Expr]) -> list[Expr]:
    """The sums that are a part of another sum: `z - log(s)` in `z - log(s) - c`."""
    sums = {n for n in seen if isinstance(n, nodes.Add) and len(n.args) <= 8}
    counts = {len(n.args) for n in sums if _worth_naming(n)}
    parts = {
        canonical(nodes.add(*chosen))[0]
        for n in sums
        for count in counts & set(range(2, len(n.args)))
        for chosen in combinations(n.args, count)
    }
    return list(sums & parts)


def _nodes(expr: Expr) -> int:
    return sum(1 for _ in walk(expr))


def _worth_naming(expr: Expr) -> bool:
    if isinstance(expr, nodes.Ref):
        return any(isinstance(a, nodes.Ref) for a in expr.args)
    if not isinstance(expr, (nodes.Add, nodes.Mul, nodes.Pow, nodes.Call)) or has_reduction(expr):
        return False
    if not any(not t.domain.is_label for t in expr.tensors) or not _selects_nothing(expr):
        return False
    if isinstance(expr, nodes.Call):
        return True
    if isinstance(expr, nodes.Pow):
        return bool(expr.free) and expr.args[1] is not nodes.MINUS_ONE
    moving = [a for a in expr.args if a.tensors]
    return len(moving) > 1 and (bool(expr.free) or len(expr.args) > 2)


def _selects_nothing(expr: Expr) -> bool:
    return not any(isinstance(n, (nodes.Bracket, nodes.Delta)) for n in walk(expr))


def _repeated_pair(statements: list[Statement]) -> Expr | None:
    """Two factors that stand together in two products, as large together as the larger alone."""
    count: Counter[Expr] = Counter()
    products: set[Expr] = set()
    for statement in statements:
        for node in walk(statement.value):
            if isinstance(node, nodes.Mul) and canonical(node)[0] not in products:
                products.add(canonical(node)[0])
                count.update(
                    {
                        canonical(nodes.mul(a, b))[0]
                        for a, b in combinations(_movers(node), 2)
                        if _as_large_as_one(a, b)
                    }
                )
    found = [n for n, times in count.items() if times > 1 and isinstance(n, nodes.Mul)]
    return (
        max(found, key=lambda n: (count[n], weight(tuple(i.dim for i in n.free)), n.key))
        if found
        else None
    )


def _movers(node: Expr) -> list[Expr]:
    return [
        a
        for a in node.args
        if a.tensors
        and a.free
        and not has_reduction(a)
        and _selects_nothing(a)
        and not any(t.domain.is_label for t in a.tensors)
    ]


def _as_large_as_one(a: Expr, b: Expr) -> bool:
    return a.free <= b.free or b.free <= a.free
