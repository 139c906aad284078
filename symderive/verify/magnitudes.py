"""How large an expression's own terms are, which is what its rounding error is measured by.

`magnitude` is the sum of the absolute values of the terms that are added, nothing else. `Condition`
also carries the error of what is inside a function outwards: exp(x - m) has the size
e^(x-m) (1 + |x - m|), since x - m is rounded before exp sees it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..index import nodes
from ..index.dims import Index
from ..index.evaluate import NUMPY, Evaluator
from ..index.functions import FUNCTIONS
from ..index.nodes import Expr
from ..index.partials import partial, power_partials

Array = Any
LEAST = 1e-20  # nothing is measured by less: at many digits a value that cancels leaves far less
Axes = tuple[Index, ...]


def magnitude(evaluator: Evaluator, expr: Expr, axes: Axes) -> Array:
    """Σ of the absolute values of the terms of an expression, products of sums multiplied out."""
    if isinstance(expr, nodes.Add):
        return sum(magnitude(evaluator, a, axes) for a in expr.args)
    if isinstance(expr, nodes.Reduce) and expr.op == "sum":
        inner = axes + expr.bound
        return np.sum(
            magnitude(evaluator, expr.args[0], inner), axis=tuple(range(len(axes), len(inner)))
        )
    if isinstance(expr, nodes.Mul) and not any(
        isinstance(f, (nodes.Bracket, nodes.Delta)) for f in expr.args
    ):
        product: Array = 1
        for factor in expr.args:
            product = product * magnitude(evaluator, factor, axes)
        return product
    return np.abs(evaluator(expr, axes))


class Condition:
    """The first-order rounding error of tensors and expressions, in eps, to a factor of a few.

    `errors` holds the error of each tensor by name; a tensor without an entry is exact.  least: the
    smallest normal number of the dtype, below which a rounding no longer shrinks with its result:
    exp(-718) has twelve digits in float64, and what it is multiplied by has no more.
    """

    def __init__(self, evaluator: Evaluator, least: float = 0.0) -> None:
        self.evaluator, self.least = evaluator, least
        self.errors: dict[str, Array] = {}
        self._memo: dict[tuple[Expr, Axes], Array] = {}

    def __call__(self, expr: Expr, axes: Axes) -> Array:
        """The error of an expression over these axes; zeros for what is exact."""
        key = (expr, axes)
        if key not in self._memo:
            with np.errstate(all="ignore"):
                rule = _RULES.get(type(expr), _exact)
                shape = tuple(self.evaluator.length(i.dim) for i in axes)
                error = np.broadcast_to(rule(self, expr, axes), shape)
                if np.any(error):  # an infinity is exact: masked entries have no error
                    error = np.where(np.isinf(self.value(expr, axes)), 0.0, error)
                self._memo[key] = error
        return self._memo[key]

    def value(self, expr: Expr, axes: Axes) -> Array:
        """|expr|."""
        return np.abs(np.asarray(self.evaluator(expr, axes), float))

    def rounding(self, expr: Expr, axes: Axes) -> Array:
        """The error of rounding a product or a function to the dtype."""
        value = self.value(expr, axes)
        return np.where(value > 0, np.maximum(value, self.least), value)

    def assign(self, name: str, indices: Axes, value: Expr) -> Array:
        """Find and keep the error of a tensor that is assigned."""
        found = np.array(self(value, indices))
        self.errors[name] = found
        return found


def _exact(at: Condition, expr: Expr, axes: Axes) -> Array:
    return np.zeros(())


def _ref(at: Condition, expr: nodes.Ref, axes: Axes) -> Array:
    name = expr.tensor.name
    if name not in at.errors:
        return np.zeros(())
    as_array = Evaluator({**at.evaluator.arrays, name: at.errors[name]}, at.evaluator.lengths)
    return as_array(expr, axes)


def _add(at: Condition, expr: nodes.Add, axes: Axes) -> Array:
    errors, sizes = [at(a, axes) for a in expr.args], [at.value(a, axes) for a in expr.args]
    if len(errors) == 2 and not any(np.any(e) for e in errors):
        rounded = at.value(expr, axes)  # exact terms: one rounding, of the result
    else:
        rounded = sum(map(np.maximum, errors, sizes))
    alone = sum((size != 0).astype(int) for size in sizes) < 2  # nothing is rounded beside zeros
    return np.where(alone, sum(errors), rounded)


def _mul(at: Condition, expr: nodes.Mul, axes: Axes) -> Array:
    rounds = sum(not _scales_exactly(factor) for factor in expr.args) > 1
    worst = at.rounding(expr, axes) if rounds else np.zeros(())
    for position, factor in enumerate(expr.args):
        error = at(factor, axes)
        if np.any(error):
            others = nodes.mul(*(a for n, a in enumerate(expr.args) if n != position))
            worst = np.maximum(
                worst, np.nan_to_num(error * at.value(others, axes), nan=0.0, posinf=np.inf)
            )
    return worst


def _scales_exactly(factor: Expr) -> bool:
    """True for signs, powers of two, brackets and δ: a product with them is not rounded."""
    if isinstance(factor, nodes.Num):
        top = abs(factor.value.numerator)
        return top & (top - 1) == 0 and _is_exact(factor)
    return isinstance(factor, (nodes.Bracket, nodes.Delta))


def _is_exact(number: nodes.Num) -> bool:
    """True for whole numbers over a power of two: 1/3 is rounded before anything is added to it."""
    return number.value.denominator & (number.value.denominator - 1) == 0


def _pow(at: Condition, expr: nodes.Pow, axes: Axes) -> Array:
    return _through(at, expr, axes, power_partials(expr.args[0], expr.args[1], expr))


def _call(at: Condition, expr: nodes.Call, axes: Axes) -> Array:
    function = FUNCTIONS[expr.function]
    if NUMPY.find(function) is None:  # no better than what it is computed by
        return at(NUMPY.form(expr), axes)
    slopes = tuple(partial(expr.function, n, expr.args, expr) for n in range(len(expr.args)))
    total = _through(at, expr, axes, slopes)
    if function.cancels:
        terms = (nodes.mul(slope, arg) for slope, arg in zip(slopes, expr.args, strict=True))
        total = total + sum(np.nan_to_num(at.value(t, axes), nan=0.0) for t in terms)
    return total


def _through(at: Condition, expr: Expr, axes: Axes, slopes: tuple[Expr, ...]) -> Array:
    """|f(u)| for the rounding of f, and |f'(u)| times the error of u."""
    total = at.rounding(expr, axes)
    for slope, arg in zip(slopes, expr.args, strict=True):
        error = at(arg, axes)
        if np.any(error):
            total = total + np.nan_to_num(error * at.value(slope, axes), nan=0.0, posinf=np.inf)
    return total


def _reduce(at: Condition, expr: nodes.Reduce, axes: Axes) -> Array:
    inner = axes + expr.bound
    over = tuple(range(len(axes), len(inner)))
    body, error = at.value(expr.args[0], inner), at(expr.args[0], inner)
    if expr.op in ("max", "min"):
        return np.max(error, axis=over, initial=0.0)
    if expr.op == "sum":
        return np.sum(np.maximum(body, error), axis=over)
    relative = np.divide(error, body, out=np.zeros_like(body), where=body > 0)
    return at.value(expr, axes) * (1 + np.sum(relative, axis=over))


def _num(at: Condition, expr: nodes.Num, axes: Axes) -> Array:
    return np.zeros(()) if _is_exact(expr) else at.value(expr, axes)


_RULES: dict[type[Expr], Callable[[Condition, Any, Axes], Array]] = {
    nodes.Num: _num,
    nodes.Ref: _ref,
    nodes.Add: _add,
    nodes.Mul: _mul,
    nodes.Pow: _pow,
    nodes.Call: _call,
    nodes.Reduce: _reduce,
}
