"""A gradient a_i (g_i - Σ_j a_j g_j), as a textbook writes it: the product first, then its sum,
then the difference.

Read off the closed form, never off an operator's name: any operator whose gradient has this shape
gets these lines.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..index import nodes
from ..index.dims import Index
from ..index.nodes import Expr, Ref, Tensor, num
from ..index.text import factors_of
from ..index.walk import substitute
from ..program import Assignment
from .context import Context
from .parts import Listing, Statement


@dataclass(frozen=True)
class Shape:
    """The parts of a_i (g_i - Σ_j a_j g_j): a, g, and the index that is summed."""

    outside: Ref
    given: Ref
    summed: Index


def shape(assignment: Assignment) -> Shape | None:
    """The parts of a gradient of this shape; None for any other."""
    factors = factors_of(assignment.value)
    outside = [f for f in factors if isinstance(f, Ref)]
    sums = [f for f in factors if isinstance(f, nodes.Add)]
    if len(factors) != 2 or len(outside) != 1 or len(sums) != 1 or len(sums[0].args) != 2:
        return None
    given = [t for t in sums[0].args if isinstance(t, Ref)]
    if len(given) != 1:
        return None
    count, total = nodes.coefficient(next(t for t in sums[0].args if t is not given[0]))
    if (
        count != -1
        or not isinstance(total, nodes.Reduce)
        or total.op != "sum"
        or len(total.bound) != 1
    ):
        return None
    (bound,) = total.bound
    free = [i for i in assignment.indices if i.dim == bound.dim]
    if len(free) != 1 or substitute(total.args[0], {bound: free[0]}) is not outside[0] * given[0]:
        return None
    return Shape(outside[0], given[0], bound)


def listing(c: Context, assignment: Assignment) -> Listing | None:
    """The textbook's three lines, each with its equation."""
    found = shape(assignment)
    if found is None:
        return None
    dims = found.outside.tensor.dims
    axis = dims.index(found.summed.dim) - len(dims)
    dx = assignment.tensor.name
    a = _spoken(c, found.outside.tensor)
    g = "dout" if found.given.tensor == c.parts.derived.cotangent else found.given.tensor.name
    first, left = Tensor("product", dims), assignment.left
    indices = assignment.indices
    total = Tensor("total", tuple(d for d in dims if d != found.summed.dim))
    rest = tuple(i for i in indices if i.dim != found.summed.dim)
    own = next(i for i in indices if i.dim == found.summed.dim)
    summed = nodes.sum_([found.summed], substitute(first[indices], {own: found.summed}))
    difference = first[indices] + num(-1) * found.outside * total[rest]
    return Listing("textbook", (
        Statement(f"{dx} = {a} * {g}", first[indices], found.outside * found.given),
        Statement(f"sum{dx} = np.sum({dx}, axis={axis}, keepdims=True)", total[rest], summed),
        Statement(f"{dx} -= {a} * sum{dx}", left, difference),
    ))  # fmt: skip


def _spoken(c: Context, tensor: Tensor) -> str:
    return "self.out" if tensor == c.forward.output.tensor else f"self.{tensor.name}"


def expanded(expr: Expr) -> Expr:
    """A product with its sum multiplied out: o_i (g_i - s) is o_i g_i - o_i s."""
    if not isinstance(expr, nodes.Mul):
        return expr
    inner = next((f for f in expr.args if isinstance(f, nodes.Add)), None)
    if inner is None:
        return expr
    others = [f for f in expr.args if f is not inner]
    return nodes.add(*(nodes.mul(*others, term) for term in inner.args))
