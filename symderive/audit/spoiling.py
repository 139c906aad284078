"""Wrong versions of a right gradient, each with a sentence: what mistakes are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from ..index import nodes
from ..index.dims import Index, unused_index
from ..index.nodes import (
    HALF,
    MINUS_ONE,
    ONE,
    ZERO,
    Add,
    Bracket,
    Expr,
    Mul,
    Num,
    Pow,
    Reduce,
    Ref,
    Tensor,
)
from ..index.text import text
from ..index.walk import substitute, transform, walk

Kind = TypeVar("Kind", bound=Expr)
Spoiled = Iterator[tuple[Expr, str]]
FAR = 60  # serials from here on are names that nobody should read


@dataclass(frozen=True)
class Right:
    """A right gradient over `axes`, and the tensors of the forward that a factor may be made of."""

    value: Expr
    axes: tuple[Index, ...]
    known: tuple[Tensor, ...] = ()

    def inner(self, kind: type[Kind]) -> list[Kind]:
        """The parts of a kind that hold values, not places."""
        return [n for n in _values(self.value) if isinstance(n, kind)]

    def put(self, part: Expr, by: Expr) -> Expr:
        """The gradient with a part of it replaced."""
        return transform(self.value, lambda node: by if node is part else None)


Spoil = Callable[[Right], Spoiled]


def _values(expr: Expr) -> list[Expr]:
    found: dict[Expr, None] = {}

    def visit(node: Expr) -> None:
        if node not in found:
            if not isinstance(node, (Ref, nodes.Delta, Bracket)):
                for arg in node.args:
                    visit(arg)
            found[node] = None

    visit(expr)
    return list(found)


def legible(expr: Expr) -> str:
    """A part of an expression as text, its free indices named from the start."""
    taken = {i for i in expr.free if 0 <= i.serial < FAR}
    names: dict[Index, Index] = {}
    for index in sorted(expr.free - taken):
        names[index] = unused_index(index.dim, taken)
        taken.add(names[index])
    return text(substitute(expr, names))


def sign(right: Right) -> Spoiled:
    """-G."""
    yield -right.value, "the whole gradient has the wrong sign"


def numbers(right: Right) -> Spoiled:
    """2 G, and the like: by the numbers that occur in it."""
    own = {abs(n.value) for n in walk(right.value) if isinstance(n, Num) and n.value}
    usual = {Fraction(2), Fraction(1, 2), Fraction(3)}
    for value in sorted({*own, *(1 / v for v in own), *usual} - {Fraction(1)}):
        said = f"the code's gradient is {text(nodes.num(value))} times the derivative"
        yield right.value * nodes.num(value), said


def coefficients(right: Right) -> Spoiled:
    """2 c x becomes c x."""
    for node in right.inner(Mul):
        count, rest = nodes.coefficient(node)
        if abs(count) != 1:
            yield (
                right.put(node, rest),
                f"{legible(node)} lacks its factor {text(nodes.num(count))}",
            )


def lengths(right: Right) -> Spoiled:
    """G n, G / n."""
    bound = {i for n in right.inner(Reduce) for i in n.bound}
    dims = sorted({i.dim for i in (*bound, *right.axes) if i.dim.length is None})
    sizes = [
        *map(nodes.size, dims),
        *sorted(n for n in walk(right.value) if isinstance(n, nodes.Size)),
    ]
    for length in dict.fromkeys(sizes):
        lacks = f"the code lacks a division by the length {text(length)}: a sum in place of a mean"
        yield right.value * length, lacks
        divides = f"the code divides by the length {text(length)} once too often: a mean for a sum"
        yield right.value / length, divides


def diagonal(right: Right) -> Spoiled:
    """Every Σ over the dim of a free index keeps only the term of that index."""
    for dim in dict.fromkeys(i.dim for i in right.axes):
        own = next(i for i in right.axes if i.dim == dim)

        def only(node: Expr, own: Index = own) -> Expr | None:
            if isinstance(node, Pow):
                return node
            if isinstance(node, Reduce) and [b.dim for b in node.bound] == [own.dim]:
                return substitute(node.args[0], {node.bound[0]: own})
            return None

        yield (
            transform(right.value, only),
            (
                "only the diagonal of the Jacobian is used: the elements of dim "
                f"{dim} are taken as independent of each other"
            ),
        )


def terms(right: Right) -> Spoiled:
    """A term dropped, or its sign turned."""
    for node in right.inner(Add):
        for term in node.args:
            rest = nodes.add(*(t for t in node.args if t is not term))
            yield right.put(node, rest), f"the term {legible(term)} is missing"
            yield right.put(node, rest - term), f"the term {legible(term)} has the wrong sign"


def sums(right: Right) -> Spoiled:
    """A whole Σ dropped."""
    for node in right.inner(Reduce):
        yield right.put(node, ZERO), f"the term with {legible(node)} is missing"


def tensors(right: Right) -> Spoiled:
    """A tensor left out everywhere."""
    for tensor in sorted(right.value.tensors, key=lambda t: t.name):
        if not tensor.domain.is_label:

            def one(node: Expr, tensor: Tensor = tensor) -> Expr | None:
                if isinstance(node, Bracket):
                    return node
                return ONE if isinstance(node, Ref) and node.tensor == tensor else None

            yield transform(right.value, one), f"{tensor.name} is left out"


def factors(right: Right) -> Spoiled:
    """A factor dropped, or put in twice."""
    for node in right.inner(Mul):
        for factor in node.args:
            if isinstance(factor, Num):
                continue
            rest = nodes.mul(*(f for f in node.args if f is not factor))
            whole = "" if node is right.value else f" in {legible(node)}"
            yield right.put(node, rest), f"the factor {legible(factor)} is missing{whole}"
            twice = f"the factor {legible(factor)} stands there twice{whole}"
            yield right.put(node, node * factor), twice


def powers(right: Right) -> Spoiled:
    """x² becomes x, 1/σ becomes 1/σ²."""
    for node in right.inner(Pow):
        base, exponent = node.args
        if isinstance(exponent, Num):
            for by in (ONE, MINUS_ONE, HALF, -HALF):
                spoiled = nodes.power(base, exponent + by)
                yield right.put(node, spoiled), f"{legible(node)} is taken as {legible(spoiled)}"


def axes(right: Right) -> Spoiled:
    """Σ over one dim of a product becomes Σ over another dim of it, or over both."""
    for node in right.inner(Reduce):
        if node.op != "sum" or len(node.bound) != 1:
            continue
        (bound,) = node.bound
        for other in sorted(node.free & set(right.axes)):
            moved = Index(other.dim, other.serial + FAR)
            both = nodes.sum_([bound, moved], substitute(node.args[0], {other: moved}))
            said = f"{legible(node)} is summed over dim {other.dim}"
            yield right.put(node, both), f"{said}, too"
            for own in (i for i in right.axes if i.dim == bound.dim):
                body = substitute(node.args[0], {bound: own, other: moved})
                elsewhere = f"{said} in place of dim {bound.dim}: the wrong axis"
                yield right.put(node, nodes.sum_([moved], body)), elsewhere


def outside(right: Right) -> Spoiled:
    """Σ_j m_j x_j becomes x_i Σ_j m_j: a factor that belongs under the Σ stands before it."""
    for node in right.inner(Reduce):
        if node.op != "sum" or not isinstance(node.args[0], Mul):
            continue
        for factor in node.args[0].args:
            rest = nodes.mul(*(f for f in node.args[0].args if f is not factor))
            for bound in sorted(factor.free & set(node.bound)):
                for own in (i for i in right.axes if i.dim == bound.dim):
                    moved = substitute(factor, {bound: own}) * nodes.sum_(node.bound, rest)
                    said = f"the factor {legible(factor)} stands outside of {legible(node)}"
                    yield right.put(node, moved), said


def means(right: Right) -> Spoiled:
    """Σ becomes the mean, and the mean Σ."""
    for node in right.inner(Reduce):
        for bound in node.bound if node.op == "sum" else ():
            length = nodes.size(bound.dim)
            yield right.put(node, node / length), f"{legible(node)} is taken as a mean"
            said = f"the mean {legible(node)} / {text(length)} is taken as a sum"
            yield right.put(node, node * length), said


def choices(right: Right) -> Spoiled:
    """[a > b] becomes its opposite, or is left out; a triangle becomes the other one."""
    held = [n for n in walk(right.value) if isinstance(n, Bracket)]

    def all_turned(node: Expr) -> Expr | None:
        return ONE - node if isinstance(node, Bracket) else None

    if held:
        yield transform(right.value, all_turned), "the mask is inverted"
    for node in held:
        turned = nodes.bracket(node.relation, *node.args[::-1])
        yield right.put(node, turned), f"{legible(node)} is taken as {legible(turned)}"
        yield right.put(node, ONE), f"the condition {legible(node)} is missing"


def first_rows(right: Right) -> Spoiled:
    """The first row of a tensor is used for all rows."""
    for tensor in sorted(right.value.tensors, key=lambda t: t.name):
        for place in range(len(tensor.dims)):

            def first(node: Expr, tensor: Tensor = tensor, place: int = place) -> Expr | None:
                if isinstance(node, Ref) and node.tensor == tensor:
                    return tensor[(*node.args[:place], ZERO, *node.args[place + 1 :])]
                return None

            said = f"{tensor.name} is read at place 0 of dim {tensor.dims[place]} for all places"
            yield transform(right.value, first), said


def transposed(right: Right) -> Spoiled:
    """W becomes its transpose, where it is square."""
    for node in right.inner(Ref):
        if len(node.args) == 2 and node.tensor.dims[0] == node.tensor.dims[1]:
            yield right.put(node, node.tensor[node.args[::-1]]), f"{node.tensor.name} is transposed"


def extra(right: Right) -> Spoiled:
    """A factor of the forward too many, on the whole or under a Σ."""
    for tensor in right.known:
        if tensor.domain.is_label or len(set(tensor.dims)) < len(tensor.dims):
            continue
        for node in [right.value, *right.inner(Reduce)]:
            body = node.args[0] if isinstance(node, Reduce) and node.op == "sum" else node
            at = {i.dim: i for i in sorted(body.free, reverse=True)}
            if not all(d in at for d in tensor.dims):
                continue
            element = tensor[tuple(at[d] for d in tensor.dims)]
            for by, said in ((element, "too often"), (element**-1, "in the denominator")):
                whole = nodes.sum_(node.bound, body * by) if isinstance(node, Reduce) else body * by
                yield right.put(node, whole), f"the factor {legible(element)} stands there {said}"
