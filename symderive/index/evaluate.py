"""The reference meaning of an expression: evaluate it on real arrays, by broadcasting over its free
indices.

Slow and plain on purpose: nothing here is clever, so that everything else can be checked against
it. Works in float64 and, with `mpmath` numbers in object arrays, to any precision.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from ..errors import NotSupportedError
from . import nodes
from .dims import Dim, Index, length_of
from .functions import FUNCTIONS, Formula, Function, opened
from .limits import refuse_large
from .nodes import Expr, Tensor
from .walk import rename_bound

Array = Any


class Functions:
    """The scalar functions in one arithmetic.

    find: how it computes a function, None where it takes the definition.  near: what two numbers
    that count as equal may differ by.  rounded: in floating point, so that a definition is taken
    in the form that loses no digits.
    """

    def __init__(
        self,
        find: Callable[[Function], Callable[..., Array] | None],
        number: Callable[[Any], Any],
        constants: Mapping[str, Any],
        power: Callable[[Any, Any], Array] = operator.pow,
        near: float = 0.0,
        rounded: bool = False,
    ):
        self.find, self.number, self.constants = cache(find), number, constants
        self.power, self.near, self.rounded = power, near, rounded

    def form(self, call: nodes.Call) -> Expr:
        """What stands for a function that this arithmetic does not have."""
        found = opened(call, self.rounded)
        if found is None:
            raise NotSupportedError(f"'{call.function}' cannot be computed in this arithmetic")
        return found


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
        """The length of a dim here; x[3:] of two elements has none."""
        return max(0, length_of(dim, self.lengths))

    def _visit(self, expr: Expr, axes: tuple[Index, ...]) -> Array:
        """An array that broadcasts against the shape of `axes`."""
        key = (expr, axes)
        if key not in self._memo:
            refuse_large((self.length(i.dim) for i in expr.free), "an intermediate value")
            self._memo[key] = _EVALUATE[type(expr)](self, expr, axes)
        return self._memo[key]


def _of_numpy(function: Function) -> Callable[..., Array] | None:
    name = function.called("numpy")
    return name if callable(name) else getattr(np, name, None)


NUMPY = Functions(
    _of_numpy,
    np.float64,  # 1 / 0 is infinite, as in an array
    {"pi": np.pi, "inf": np.inf},
    rounded=True,
)


def pointwise(formula: Formula, functions: Functions, *arrays: Array) -> Array:
    """The values of a formula at arrays of one shape, element by element."""
    index = Index(Dim("|points"), 0)
    tensors = [Tensor(f"u{n}", (index.dim,)) for n in range(len(arrays))]
    flat = {t.name: np.ravel(a) for t, a in zip(tensors, arrays, strict=True)}
    evaluator = Evaluator(flat, {index.dim.name: np.size(arrays[0])}, functions)
    return evaluator(formula(*(t[index] for t in tensors)), (index,)).reshape(np.shape(arrays[0]))


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
    if exp is -nodes.HALF and ev.functions is NUMPY:
        return 1 / np.sqrt(value)  # a power would take (-inf)^-0.5 as 0
    return ev.functions.power(value, ev._visit(exp, axes))


def _call(ev: Evaluator, expr: nodes.Call, axes: tuple[Index, ...]) -> Array:
    function = FUNCTIONS.get(expr.function)
    if function is None:
        raise NotSupportedError(
            f"nothing is known of '{expr.function}'; it would be an entry in index/functions/"
        )
    known = ev.functions.find(function)
    if known is None:
        return ev._visit(ev.functions.form(expr), axes)
    return known(*(ev._visit(a, axes) for a in expr.args))


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
    nodes.Call: _call,
    nodes.Delta: lambda ev, e, axes: np.equal(*(ev._visit(a, axes) for a in e.args)).astype(
        np.int64
    ),
    nodes.Bracket: _bracket,
    nodes.Reduce: _reduce,
    nodes.Mul: _mul,
    nodes.Add: lambda ev, e, axes: sum(ev._visit(a, axes) for a in e.args),
}
