"""What people get wrong: each entry spoils the right gradient in one way. The one that gives what
the code computes is the likely mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from ...index import nodes
from ...index.dims import Index
from ...index.nodes import HALF, MINUS_ONE, ONE, ZERO, Add, Expr, Mul, Num, Pow, Reduce
from ...index.text import text
from ...index.walk import substitute, transform, walk

Kind = TypeVar("Kind", bound=Expr)
Spoiled = Iterator[tuple[Expr, str]]


@dataclass(frozen=True)
class Mistake:
    """name: what it is called.  spoil: wrong versions of a gradient over `axes`, with a detail."""

    name: str
    spoil: Callable[[Expr, tuple[Index, ...]], Spoiled]


def _sign(right: Expr, axes: tuple[Index, ...]) -> Spoiled:
    yield -right, "the whole gradient has the wrong sign"


def _numbers(right: Expr, axes: tuple[Index, ...]) -> Spoiled:
    for factor, name in ((nodes.num(2), "2"), (HALF, "1/2"), (nodes.num(3), "3")):
        yield right * factor, f"the code's gradient is {name} times the derivative"


def _lengths(right: Expr, axes: tuple[Index, ...]) -> Spoiled:
    dims = sorted({i.dim for n in walk(right) for i in _indices(n)} | {i.dim for i in axes})
    sizes = [nodes.size(d) for d in dims if d.length is None] + _sizes(right)
    for length in dict.fromkeys(sizes):
        yield (
            right * length,
            (
                f"the code lacks a division by {text(length)}, the length of a dim: a sum in place "
                "of a mean"
            ),
        )
        yield (
            right / length,
            (
                f"the code divides by {text(length)}, the length of a dim, once too often: a mean "
                "in place of a sum"
            ),
        )


def _sizes(right: Expr) -> list[Expr]:
    return sorted(n for n in walk(right) if isinstance(n, nodes.Size))


def _indices(node: Expr) -> tuple[Index, ...]:
    return node.bound if isinstance(node, Reduce) else ()


def _diagonal(right: Expr, axes: tuple[Index, ...]) -> Spoiled:
    """Every Σ over the dim of a free index keeps only the term of that index."""
    for dim in dict.fromkeys(i.dim for i in axes):
        own = next(i for i in axes if i.dim == dim)

        def only(node: Expr, own: Index = own) -> Expr | None:
            if isinstance(node, Reduce) and node.op == "sum" and node.bound[0].dim == own.dim:
                return (
                    substitute(node.args[0], {node.bound[0]: own}) if len(node.bound) == 1 else None
                )
            return None

        yield (
            transform(right, only),
            (
                f"only the diagonal of the Jacobian is used: the elements of dim {dim} are taken "
                "as independent of each other"
            ),
        )


def _sums(right: Expr, axes: tuple[Index, ...]) -> Spoiled:
    for node in _inner(right, Reduce):
        yield _with(right, node, ZERO), f"the term with {text(node)} is missing"


def _terms(right: Expr, axes: tuple[Index, ...]) -> Spoiled:
    for node in _inner(right, Add):
        for term in node.args:
            rest = nodes.add(*(t for t in node.args if t is not term))
            yield _with(right, node, rest), f"the term {text(term)} is missing"
            yield _with(right, node, rest - term), f"the term {text(term)} has the wrong sign"


def _factors(right: Expr, axes: tuple[Index, ...]) -> Spoiled:
    for node in _inner(right, Mul):
        for factor in node.args:
            if isinstance(factor, Num):
                continue
            rest = nodes.mul(*(f for f in node.args if f is not factor))
            whole = "" if node is right else f" in {text(node)}"
            yield _with(right, node, rest), f"the factor {text(factor)} is missing{whole}"
            yield _with(right, node, node * factor), f"the factor {text(factor)} stands there twice"


def _powers(right: Expr, axes: tuple[Index, ...]) -> Spoiled:
    for node in _inner(right, Pow):
        base, exponent = node.args
        if isinstance(exponent, Num):
            for by in (ONE, MINUS_ONE, HALF, -HALF):
                spoiled = nodes.power(base, exponent + by)
                yield _with(right, node, spoiled), f"{text(node)} is taken as {text(spoiled)}"


def _axes(right: Expr, axes: tuple[Index, ...]) -> Spoiled:
    """Σ over one dim of a product becomes Σ over another dim of it."""
    for node in _inner(right, Reduce):
        if node.op != "sum" or len(node.bound) != 1:
            continue
        (bound,) = node.bound
        for own in (i for i in axes if i.dim == bound.dim):
            for other in sorted(node.free - {own}):
                moved = Index(other.dim, other.serial + 90)
                body = substitute(node.args[0], {bound: own, other: moved})
                yield (
                    _with(right, node, nodes.sum_([moved], body)),
                    (
                        f"{text(node)} is summed over dim {other.dim} in place of dim {bound.dim}: "
                        "the wrong axis"
                    ),
                )


def _means(right: Expr, axes: tuple[Index, ...]) -> Spoiled:
    for node in _inner(right, Reduce):
        if node.op == "sum":
            for bound in node.bound:
                length = nodes.size(bound.dim)
                yield _with(right, node, node / length), f"{text(node)} is taken as a mean"
                yield (
                    _with(right, node, node * length),
                    f"the mean {text(node)} / {text(length)} is taken as a sum",
                )


def _transposed(right: Expr, axes: tuple[Index, ...]) -> Spoiled:
    for node in _inner(right, nodes.Ref):
        if len(node.args) == 2 and node.tensor.dims[0] == node.tensor.dims[1]:
            turned = node.tensor[node.args[::-1]]
            yield _with(right, node, turned), f"{node.tensor.name} is transposed"


def _inner(right: Expr, kind: type[Kind]) -> list[Kind]:
    return [n for n in walk(right) if isinstance(n, kind)]


def _with(right: Expr, part: Expr, by: Expr) -> Expr:
    return transform(right, lambda node: by if node is part else None)


MISTAKES: tuple[Mistake, ...] = (
    Mistake("sign", _sign),
    Mistake("batch factor", _lengths),
    Mistake("factor", _numbers),
    Mistake("diagonal only", _diagonal),
    Mistake("wrong axis", _axes),
    Mistake("sum for mean", _means),
    Mistake("term", _terms),
    Mistake("missing sum", _sums),
    Mistake("missing factor", _factors),
    Mistake("wrong power", _powers),
    Mistake("transposed", _transposed),
)


def recognised(
    rights: list[Expr], axes: tuple[Index, ...], is_the_code: Callable[[Expr], bool]
) -> str:
    """`NAME: DETAIL` of the first mistake, in one of these forms of the right gradient, that gives
    what the code computes; "" where none does."""
    for mistake in MISTAKES:
        for right in rights:
            for spoiled, detail in mistake.spoil(right, axes):
                if is_the_code(spoiled):
                    return f"{mistake.name}: {detail}"
    return ""
