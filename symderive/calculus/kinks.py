"""Roots that end in a kink: |x| = √(x²) has a slope on either side of 0, and none there.

The derivative x / |x| is 0 / 0 at that place. Its value there is agreed to be 0, the middle of the
subdifferential, as for the absolute value itself; it is chosen by [|x| > 0].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from ..index import nodes
from ..index.functions import is_positive
from ..index.nodes import ONE, ZERO, Expr, Num, Tensor
from ..index.text import factors_of
from ..index.walk import substitute, transform, walk
from ..program import Assignment, Program

NEARLY = Fraction(10**9 - 1, 10**9)  # 3 times the float64 that is nearest to 1/3
UNEVEN = Fraction(7, 3)  # an exponent of which nothing is known: no even power
NEVER = Fraction(10**6)  # the order of what does not vanish, or passes nothing on where it does


class Defined(dict[Tensor, Assignment]):
    """The assignments by their tensors, and what was worked out of expressions over them."""

    def __init__(self, lines: Mapping[Tensor, Assignment]) -> None:
        super().__init__(lines)
        self.orders: dict[Expr, Fraction] = {}
        self.opened: dict[Expr, Expr] = {}


def with_kinks(program: Program) -> Program:
    """The program with those roots marked that it may take of 0 without harm: one that it divides
    by is not finite there in the first place.
    """
    ways = [_with_exponents(program, order) for order in (1, -1)]
    fixed = {a.tensor for a in program.assignments if a.constant}
    lines = program.assignments

    def ends_in_kink(line: Assignment) -> bool:
        told = all(_is_kink(_root(way[line.tensor].value, fixed), way) for way in ways)
        return told and not _is_divided_by(line, lines)

    return replace(program, assignments=tuple(replace(a, kink=ends_in_kink(a)) for a in lines))


def _with_exponents(program: Program, order: int) -> Defined:
    """The assignments by their tensors, with numbers for the exponents that are inputs: how fast
    (Σ |x|^p)^(1/p) vanishes does not depend on p, and that of (Σ |x|^p)^(1/q) is one of p and q.
    """
    values = {a.tensor: a for a in program.assignments}
    inputs = [*(a.tensor for a in program.arguments), *(p.tensor for p in program.parameters)]
    stand_in = {t: nodes.num(UNEVEN + n) for n, t in enumerate(inputs[::order])}

    def number(node: Expr) -> Expr | None:
        if not isinstance(node, nodes.Ref):
            return None
        line = values.get(node.tensor)
        return stand_in.get(node.tensor) if line is None else transform(line.value, number)

    def leaf(node: Expr) -> Expr | None:
        if not isinstance(node, nodes.Pow) or isinstance(node.args[1], Num):
            return None
        base, exponent = node.args
        return nodes.power(transform(base, leaf), transform(exponent, number))

    return Defined({t: replace(a, value=transform(a.value, leaf)) for t, a in values.items()})


def slope_is_there(assignment: Assignment) -> Expr:
    """[r > 0] for a root that ends in a kink, by which its slope is chosen; 1 for all else."""
    return nodes.bracket("gt", assignment.left, ZERO) if assignment.kink else ONE


def _root(value: Expr, fixed: set[Tensor]) -> Expr:
    """A root that was scaled by the largest, c (Σ (v/c)^k)^(1/k), without c."""
    left = [f for f in factors_of(value) if not (f.tensors <= fixed and f.tensors)]
    return left[0] if len(left) == 1 else value


def _is_kink(value: Expr, values: Defined) -> bool:
    """True for u^q, 0 < q < 1, where u vanishes so fast that the slopes on either side are
    finite.
    """
    if not isinstance(value, nodes.Pow):
        return False
    base, exponent = value.args
    if not isinstance(exponent, Num) or not 0 < exponent.value < 1:
        return False
    if _order(base, values) * exponent.value < NEARLY:
        return False
    return not (is_positive(base) or is_positive(_unfolded(base, values)))


def _unfolded(expr: Expr, values: Defined) -> Expr:
    """The expression over the inputs alone, for its sign; 1 for what the outputs do not depend on,
    such as a scale.
    """

    def leaf(node: Expr) -> Expr | None:
        line = values.get(node.tensor) if isinstance(node, nodes.Ref) else None
        if line is None:
            return None
        if line.constant:
            return ONE
        places = dict(zip(line.indices, node.args, strict=True))
        return _unfolded(substitute(line.value, places), values)

    if expr not in values.opened:
        values.opened[expr] = transform(expr, leaf)
    return values.opened[expr]


def _order(expr: Expr, values: Defined) -> Fraction:
    """How fast an expression of which 0 is the least value vanishes: 2 for x², 3 for |x|³; 0
    where that is not known, as for an input.
    """
    if expr not in values.orders:
        rule = _ORDERS.get(type(expr))
        order = NEVER if is_positive(expr) else rule(expr, values) if rule else Fraction(0)
        values.orders[expr] = order
    return values.orders[expr]


def _of_ref(expr: nodes.Ref, values: Defined) -> Fraction:
    line = values.get(expr.tensor)
    if line is None:
        return Fraction(0)
    if line.constant:
        return NEVER
    return _order(substitute(line.value, dict(zip(line.indices, expr.args, strict=True))), values)


def _of_power(expr: Expr, values: Defined) -> Fraction:
    base, exponent = expr.args
    if _order(base, values) == NEVER:
        return NEVER
    if not isinstance(exponent, Num) or exponent.value <= 0:
        return Fraction(0)
    whole = exponent.value.denominator == 1
    if whole and exponent.value % 2 == 0:
        return exponent.value
    size = isinstance(base, nodes.Call) and base.function == "abs"
    return exponent.value * (1 if size else _order(base, values))


def _of_call(expr: nodes.Call, values: Defined) -> Fraction:
    """max(u, 0) passes nothing on where it is 0, however fast it gets there."""
    clipped = expr.function == "maximum" and ZERO in expr.args
    return NEVER if clipped else Fraction(int(expr.function == "abs"))


def _of_factors(expr: Expr, values: Defined) -> Fraction:
    """A product vanishes as fast as its fastest factor; one of unknown sign spoils it."""
    chosen = (nodes.Bracket, nodes.Delta)
    told = [a for a in expr.args if a.tensors and not isinstance(a, chosen)]  # n - 1 is a number
    orders = [_order(a, values) for a in told]
    finite = [o for o in orders if o < NEVER]
    return Fraction(0) if 0 in orders else max(finite, default=NEVER)


_ORDERS: dict[type[Expr], Callable[[Any, Defined], Fraction]] = {
    nodes.Ref: _of_ref,
    nodes.Pow: _of_power,
    nodes.Call: _of_call,
    nodes.Mul: _of_factors,
    nodes.Add: lambda expr, values: min(_order(a, values) for a in expr.args),
    nodes.Reduce: lambda expr, values: _order(expr.args[0], values),
}


def _is_divided_by(root: Assignment, lines: tuple[Assignment, ...]) -> bool:
    """True where the forward takes a reciprocal or a logarithm of what vanishes with the root, by
    whatever names: of r or 2 r, not of r + 1.
    """
    base = root.value.args[0] if isinstance(root.value, nodes.Pow) else ONE
    gone = {root.tensor, base.tensor} if isinstance(base, nodes.Ref) else {root.tensor}

    def leaf(node: Expr) -> Expr | None:
        return ZERO if isinstance(node, nodes.Ref) and node.tensor in gone else None

    for line in lines:
        for node in walk(line.value):
            if _ends_at_zero(node) and transform(node.args[0], leaf) is ZERO:
                return True
        if line.tensor != root.tensor and transform(line.value, leaf) is ZERO:
            gone.add(line.tensor)
    return False


def _ends_at_zero(node: Expr) -> bool:
    """True for 1 / u and log u."""
    if isinstance(node, nodes.Call):
        return node.function == "log"
    exponent = node.args[1] if isinstance(node, nodes.Pow) else ONE
    return isinstance(exponent, Num) and exponent.value < 0
