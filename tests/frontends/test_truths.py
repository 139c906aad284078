"""Arithmetic with truth values is NumPy's: + is or, * is and, beside numbers they count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.errors import SymderiveError

pytestmark = pytest.mark.thinned(3)

Array = Any
X, Y = np.array([[2.0, 2.0, -1.0, -1.0], [0.5, -3.0, 4.0, -2.0]])
OTHERS: dict[str, Callable[[Array], Any]] = {
    "truths": lambda y: y > 0,
    "True": lambda y: True,
    "a table": lambda y: np.array([True, False, False, True]),
    "a sum": lambda y: (y > 0) + (y < -2),
    "1": lambda y: 1,
    "counts": lambda y: (y > 0) * 1,
    "reals": lambda y: y * 0.5,
}
TWO = (
    *("add", "subtract", "multiply", "divide", "floor_divide", "remainder", "power"),
    *("float_power", "maximum", "minimum", "hypot", "arctan2", "heaviside", "logical_and"),
    *("logical_or", "logical_xor", "bitwise_and", "bitwise_or", "bitwise_xor", "equal"),
    *("not_equal", "greater", "greater_equal", "less", "less_equal"),
)
ONE = (
    *("negative", "positive", "absolute", "fabs", "square", "sqrt", "cbrt", "reciprocal", "exp"),
    *("sign", "floor", "ceil", "rint", "sinc", "invert", "logical_not", "sum", "prod", "cumsum"),
    *("cumprod", "max", "min", "ptp", "mean", "var", "std", "any", "all", "diff", "average"),
    *("count_nonzero", "linalg.norm", "diag", "flip", "ones_like", "zeros_like", "copy"),
)
JOINED: dict[str, Callable[[Array, Array], Array]] = {
    "sum of a list": lambda p, q: np.sum([p, q], axis=0),
    "mean of a list": lambda p, q: np.mean([p, q], axis=0),
    "product of a list": lambda p, q: np.prod([p, q], axis=0),
    "largest of a list": lambda p, q: np.max([p, q], axis=0),
    "Python's sum": lambda p, q: sum([p, q, p]),
    "concatenate": lambda p, q: np.concatenate([p, q]) + True,
    "stack": lambda p, q: np.stack([p, q]) * p,
    "where": lambda p, q: np.where(p, q, False) + p,
    "where beside a number": lambda p, q: np.where(p, q, 1) + p,
    "outer": lambda p, q: np.add.outer(p, q),
    "outer product": lambda p, q: np.outer(p, q),
    "kron": lambda p, q: np.kron(p, q) + np.kron(q, p),
    "dot": lambda p, q: np.dot(p, q),
    "vecdot": lambda p, q: np.vecdot(p, q),
    "matmul": lambda p, q: np.stack([p, q]) @ np.stack([p, ~q, q], axis=1),
    "einsum": lambda p, q: np.einsum("i,j->i", p, q) + p,
    "beside reals": lambda p, q: (p @ X) + q,
    "trace": lambda p, q: np.trace(np.outer(p, q)),
    "reduce": lambda p, q: np.add.reduce(np.stack([p, q])),
    "largest": lambda p, q: ~np.maximum.reduce(np.stack([p, q])),
    "a dtype": lambda p, q: np.add(p, q, dtype=np.int64),
    "full": lambda p, q: np.full(4, True) + q,
    "ones": lambda p, q: np.ones(4, dtype=bool) * q + np.False_,
    "full_like": lambda p, q: np.full_like(q, True) + q,
    "eye": lambda p, q: np.eye(4, dtype=bool) + np.eye(4, k=1, dtype=bool) + p,
    "pads": lambda p, q: np.pad(p, 1) + np.pad(q, 1),
    "tril": lambda p, q: np.tril(np.add.outer(p, q)) + p,
    "roll": lambda p, q: np.roll(p, 1) + q[::-1],
    "clip": lambda p, q: np.clip(p, 0, 1) + q,
    "gate": lambda p, q: 1 - (p + q),
    "numbers as truths": lambda p, q: np.logical_and(p * 2, q + 1),
    "counts that choose": lambda p, q: np.where(p * 1 + q, 2.0, 3.0) + np.count_nonzero(p + 1 * q),
}


def in_place(write: Callable[[Array, Array], None]) -> Callable[[Array, Array], Array]:
    def run(p: Array, q: Array) -> Array:
        held = p.copy()
        write(held, q)
        return held + q

    return run


def _plus(p: Array, q: Array) -> None:
    p += q


def _times(p: Array, q: Array) -> None:
    p *= q


def _counted(p: Array, q: Array) -> None:
    p += 1


def _stored(p: Array, q: Array) -> None:
    p[1] = 5


def _flipped(p: Array, q: Array) -> None:
    p ^= q


JOINED |= {f.__name__: in_place(f) for f in (_plus, _times, _counted, _stored, _flipped)}


def compared(forward: Callable[[Array, Array], Array]) -> None:
    """NumPy's value, and its kind of number; an error where NumPy has one, or takes half precision.

    A quotient 0/0 is left out, since a truth value that does not hold chooses nothing at all.
    """
    dtypes: list[Any] = []

    def weighed(x: Array, y: Array) -> Array:
        found = forward(x, y)
        dtypes.append(getattr(found, "dtype", np.dtype(type(found))))
        return found * (1.0 + 0 * x.sum())

    try:
        with np.errstate(all="ignore"):
            expected = weighed(X, Y)
    except TypeError:
        expected = None
    if expected is None or dtypes[0] == np.float16:
        with pytest.raises(SymderiveError):
            sd.derive(weighed, x="4", y="4")
        return
    module = sd.derive(weighed, x="4", y="4").build()
    with np.errstate(all="ignore"):
        found = module(X, Y)
    known = ~np.isnan(expected)
    np.testing.assert_allclose(found[known], expected[known], rtol=1e-12)
    assert dtypes[-1].kind in ("f", dtypes[0].kind)


@pytest.mark.parametrize("name", TWO)
def test_two_operands(name: str) -> None:
    function = getattr(np, name)
    for kind, make in OTHERS.items():
        if name.startswith("bitwise") and kind in ("1", "counts"):
            continue  # bits of numbers are refused
        compared(lambda x, y, m=make: function(x > 0, m(y)))
        compared(lambda x, y, m=make: function(m(y), x > 0))


@pytest.mark.parametrize("name", ONE)
def test_one_operand(name: str) -> None:
    function = np.linalg.norm if name == "linalg.norm" else getattr(np, name)
    compared(lambda x, y: function((x > 0) + (y > 0)))


@pytest.mark.parametrize("name", JOINED)
def test_several(name: str) -> None:
    compared(lambda x, y: JOINED[name](x > 0, y > 0))
