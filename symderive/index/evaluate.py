"""The reference meaning of an expression: evaluate it on real arrays, by broadcasting over its free
indices.

Slow and plain on purpose: nothing here is clever, so that everything else can be checked against
it. Works in float64 and, with `mpmath` numbers in object arrays, to any precision.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..errors import NotSupportedError
from . import nodes
from .dims import Dim, Index, length_of
from .limits import refuse_large
from .nodes import Expr, Tensor
from .walk import rename_bound

Array = Any


class Functions:
    """The scalar functions in one arithmetic. near: what two numbers that count as equal may
    differ by.
    """

    def __init__(
        self,
        table: Mapping[str, Callable[..., Array]],
        number: Callable[[Any], Any],
        constants: Mapping[str, Any],
        power: Callable[[Any, Any], Array] = operator.pow,
        near: float = 0.0,
    ):
        self.table, self.number, self.constants = table, number, constants
        self.power, self.near = power, near


class Evaluator:
    """Evaluates expressions for given arrays (by tensor name) and lengths (by the name of each
    free dim).
    """

    def __init__(
        self,
        arrays: Mapping[str, Array],
        lengths: Mapping[str, int],
        functions: Functions | None = None,
    ) -> None:
        self.arrays = dict(arrays)
        self.lengths = dict(lengths)
        self.functions: Functions = functions or NUMPY
        self._memo: dict[tuple[Expr, tuple[Index, ...]], Array] = {}

    def __call__(self, expr: Expr, axes: tuple[Index, ...] = ()) -> Array:
        """The value of an expression as an array over `axes`; every free index of the expression
        is among them.
        """
        missing = expr.free - set(axes)
        if missing:
            raise ValueError(
                f"free indices {sorted(map(str, missing))} of {expr} are not among the axes"
            )
        shape = tuple(self.length(i.dim) for i in axes)
        with np.errstate(all="ignore"):
            return np.broadcast_to(self._visit(expr, axes), shape)

    def assign(self, tensor: Tensor, indices: tuple[Index, ...], value: Expr) -> Array:
        """Evaluate `tensor[indices] = value` and keep the result under the tensor's name."""
        return self.keep(tensor.name, np.array(self(value, indices)))

    def keep(self, name: str, array: Array) -> Array:
        """Give a name its array; what was evaluated with an earlier one is forgotten."""
        if name in self.arrays:
            self._memo.clear()
        self.arrays[name] = array
        return array

    def length(self, dim: Dim) -> int:
        """The length of a dim here."""
        return length_of(dim, self.lengths)

    def _visit(self, expr: Expr, axes: tuple[Index, ...]) -> Array:
        """An array that broadcasts against the shape of `axes`."""
        key = (expr, axes)
        if key not in self._memo:
            refuse_large((self.length(i.dim) for i in expr.free), "an intermediate value")
            self._memo[key] = _EVALUATE[type(expr)](self, expr, axes)
        return self._memo[key]


def _erf(values: Array) -> Array:
    from math import erf

    return np.vectorize(erf, otypes=[float])(values)


def _erfc(values: Array) -> Array:
    from math import erfc

    return np.vectorize(erfc, otypes=[float])(values)


def _erfcx(u: Array) -> Array:
    """exp(u²) erfc(u): past 25 by the first terms of its expansion at infinity."""
    near = np.minimum(u, 25.0)
    t = 0.5 / np.maximum(u, 25.0) ** 2
    rest = 1 - t * (1 - 3 * t * (1 - 5 * t * (1 - 7 * t * (1 - 9 * t))))
    far = rest / (np.sqrt(np.pi) * np.maximum(u, 25.0))
    return np.where(u > 25.0, far, np.exp(near**2) * _erfc(near))


def _log_ndtr(u: Array) -> Array:
    """log Φ(u), by the scaled tail where Φ underflows and by the other tail where it is near 1."""
    low, high = np.minimum(u, 0.0), np.maximum(u, -1.0)
    tail = np.log(_erfcx(-low / np.sqrt(2)) / 2) - low * (low / 2)
    return np.where(u < -1, tail, np.log1p(-_erfc(high / np.sqrt(2)) / 2))


def _log1mexp(u: Array) -> Array:
    """log(1 - exp(u)), by whichever of expm1 and log1p loses nothing."""
    near = np.log(-np.expm1(np.maximum(u, -1.0)))
    return np.where(u > -0.7, near, np.log1p(-np.exp(np.minimum(u, -0.5))))


def _sigmoid(u: Array) -> Array:
    small = np.exp(-np.abs(u))
    return np.where(u >= 0, 1 / (1 + small), small / (1 + small))


def _xlogy(u: Array, v: Array) -> Array:
    return u * np.log(np.where(np.equal(u, 0) & np.equal(v, v), 1.0, v))


def _rel_entr(u: Array, v: Array) -> Array:
    """u log(u / v), that of numbers far apart without their quotient, which may be out of range."""
    apart = np.asarray(u - v)
    quotient = np.asarray(u / v)
    fair = np.where((quotient > 1e-30) & (quotient < 1e30), quotient, 1.0)
    far = np.where(fair == quotient, np.log(fair), np.log(u) - np.log(v))
    log = np.where(np.abs(apart) < v / 2, np.log1p(apart / v), far)
    below = np.minimum(u, v) < 0
    return np.where(below, np.inf, np.where(np.equal(u, 0) & (v >= 0), 0.0, u * log))


def _kl_div(u: Array, v: Array) -> Array:
    nowhere = (np.minimum(u, v) < 0) | (np.equal(v, 0) & (u > 0))
    return np.where(nowhere, np.inf, _rel_entr(u, v) - u + v)


NUMPY = Functions(
    {
        **{
            name: getattr(np, name)
            for name in (
                "exp",
                "log",
                "log1p",
                "expm1",
                "tanh",
                "sinh",
                "cosh",
                "sin",
                "cos",
                "tan",
                "arcsin",
                "arccos",
                "arctan",
                "arcsinh",
                "arccosh",
                "arctanh",
                "logaddexp",
                "arctan2",
                "abs",
                "sign",
                "floor",
                "ceil",
                "maximum",
                "minimum",
                "hypot",
                "heaviside",
                "floor_divide",
                "remainder",
            )
        },
        "round": np.rint,
        "erf": _erf,
        "erfc": _erfc,
        "erfcx": _erfcx,
        "log_ndtr": _log_ndtr,
        "log1mexp": _log1mexp,
        "sigmoid": _sigmoid,
        "xlogy": _xlogy,
        "xlog1py": lambda u, v: u * np.log1p(np.where(np.equal(u, 0) & np.equal(v, v), 0.0, v)),
        "entr": lambda u: -u * np.log(np.maximum(u, 0) + np.equal(u, 0)),
        "rel_entr": _rel_entr,
        "kl_div": _kl_div,
        "sided": lambda value, form: value,
    },
    np.float64,  # 1 / 0 is infinite, as in an array
    {"pi": np.pi, "inf": np.inf},
)


def _tensor(ev: Evaluator, expr: nodes.Ref, axes: tuple[Index, ...]) -> Array:
    if expr.tensor.name not in ev.arrays:
        raise NotSupportedError(f"no value for {expr.tensor!r}")
    array = np.asarray(ev.arrays[expr.tensor.name])
    order = [a.index for a in expr.args if isinstance(a, nodes.Idx)]
    plain = len(set(order)) == len(expr.args)
    if plain and all(ev.length(i.dim) == n for i, n in zip(order, array.shape, strict=True)):
        return _align(array, order, axes)
    places = []
    for arg, length in zip(expr.args, array.shape, strict=True):
        place = np.asarray(ev._visit(arg, axes)).astype(np.int64)
        # out of range only under a bracket that is 0
        places.append(np.clip(place, 0, max(length - 1, 0)))
    return array[tuple(places)] if places else array


def _align(array: Array, order: list[Index], axes: tuple[Index, ...]) -> Array:
    """Move the axes of an array to their places among `axes`, with length 1 for those it lacks."""
    positions = [axes.index(i) for i in order]
    by_place = sorted(range(len(order)), key=positions.__getitem__)
    shape = [1] * len(axes)
    for n in range(len(order)):
        shape[positions[n]] = array.shape[n]
    return array.transpose(by_place).reshape(shape)


def _index(ev: Evaluator, expr: nodes.Idx, axes: tuple[Index, ...]) -> Array:
    return _align(np.arange(ev.length(expr.index.dim)), [expr.index], axes)


_REDUCERS: dict[str, Callable[..., Array]] = {
    "sum": np.sum,
    "max": np.max,
    "min": np.min,
    "prod": np.prod,
}


def _reduce(ev: Evaluator, expr: nodes.Reduce, axes: tuple[Index, ...]) -> Array:
    if not set(axes).isdisjoint(expr.bound):
        expr = rename_bound(expr)  # Σ_i inside an expression over i: two indices of one name
    inner = axes + expr.bound
    body = ev._visit(expr.args[0], inner)
    lengths = tuple(ev.length(b.dim) for b in expr.bound)
    body = np.broadcast_to(
        body, np.shape(body)[: len(axes)] + lengths if np.ndim(body) else (1,) * len(axes) + lengths
    )
    over = tuple(range(len(axes), len(inner)))
    return _REDUCERS[expr.op](body, axis=over)


def _mul(ev: Evaluator, expr: nodes.Mul, axes: tuple[Index, ...]) -> Array:
    chosen: Array = True
    product: Array = 1
    for factor in expr.args:
        value = ev._visit(factor, axes)
        if isinstance(factor, (nodes.Bracket, nodes.Delta)) or _is_opposite(factor):
            chosen = chosen & (value != 0)
        else:
            product = product * value
    return product if chosen is True else np.where(chosen, product, ev.functions.number(0))


def _is_opposite(factor: Expr) -> bool:
    """1 - δ, which selects as δ does."""
    if not isinstance(factor, nodes.Add) or len(factor.args) != 2 or nodes.ONE not in factor.args:
        return False
    count, rest = nodes.coefficient(next(a for a in factor.args if a is not nodes.ONE))
    return count == -1 and isinstance(rest, (nodes.Bracket, nodes.Delta))


def _pow(ev: Evaluator, expr: nodes.Pow, axes: tuple[Index, ...]) -> Array:
    base, exp = expr.args
    value = ev._visit(base, axes)
    if exp is nodes.HALF and ev.functions is NUMPY:
        return np.sqrt(value)
    return ev.functions.power(value, ev._visit(exp, axes))


_COMPARE = {"gt": np.greater, "ge": np.greater_equal, "eq": np.equal, "ne": np.not_equal}


def _bracket(ev: Evaluator, expr: nodes.Bracket, axes: tuple[Index, ...]) -> Array:
    left, right = (ev._visit(a, axes) for a in expr.args)
    if ev.functions.near:
        left, right = np.where(np.abs(left - right) <= ev.functions.near, right, left), right
    return np.asarray(_COMPARE[expr.relation](left, right)).astype(np.int64)


_EVALUATE: dict[type[Expr], Callable[[Evaluator, Any, tuple[Index, ...]], Array]] = {
    nodes.Num: lambda ev, e, axes: ev.functions.number(e.value),
    nodes.Const: lambda ev, e, axes: ev.functions.constants[e.name],
    nodes.Size: lambda ev, e, axes: ev.functions.number(ev.length(e.dim)),
    nodes.Idx: _index,
    nodes.Mod: lambda ev, e, axes: np.mod(*(ev._visit(a, axes) for a in e.args)),
    nodes.Ref: _tensor,
    nodes.Pow: _pow,
    nodes.Call: lambda ev, e, axes: ev.functions.table[e.function](
        *(ev._visit(a, axes) for a in e.args)
    ),
    nodes.Delta: lambda ev, e, axes: np.equal(*(ev._visit(a, axes) for a in e.args)).astype(
        np.int64
    ),
    nodes.Bracket: _bracket,
    nodes.Reduce: _reduce,
    nodes.Mul: _mul,
    nodes.Add: lambda ev, e, axes: sum(ev._visit(a, axes) for a in e.args),
}
