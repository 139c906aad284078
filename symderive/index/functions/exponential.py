"""exp, log and what is made of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import nodes
from ..nodes import HALF, MINUS_ONE, ONE, ZERO, Expr, call, power
from .record import Function, common

Array = Any
LOG_2 = call("log", 2)


def _exp(u: Expr) -> Expr:
    return call("exp", u)


def _sigmoid(u: Array) -> Array:
    small = np.exp(-np.abs(u))
    return np.where(u >= 0, 1 / (1 + small), small / (1 + small))


def _log1mexp(u: Array) -> Array:
    """log(1 - exp(u)), by whichever of expm1 and log1p loses nothing."""
    near = np.log(-np.expm1(np.maximum(u, -1.0)))
    return np.where(u > -0.7, near, np.log1p(-np.exp(np.minimum(u, -0.5))))


EXPONENTIAL = (
    common("exp", lambda u, y: y, sign="positive", known=(0, ONE), rising=True),
    common("log", lambda u, y: power(u, MINUS_ONE), known=(1, ZERO), rising=True),
    Function(
        "log1p",
        lambda u: call("log", 1 + u),
        slopes=(lambda u, y: power(1 + u, MINUS_ONE),),
        numpy="log1p",
        mpmath="log1p",
        known=(0, ZERO),
        rising=True,
    ),
    Function(
        "expm1",
        lambda u: _exp(u) - 1,
        slopes=(lambda u, y: 1 + y,),
        numpy="expm1",
        mpmath="expm1",
        known=(0, ZERO),
        rising=True,
    ),
    common(
        "tanh",
        lambda u, y: 1 - y**2,
        exponentials=lambda u: 2 * power(ONE + _exp(-2 * u), MINUS_ONE) - 1,
        parity="odd",
        rising=True,
        bounded=True,
    ),
    Function(
        "sigmoid",
        lambda u: power(1 + _exp(-u), MINUS_ONE),
        slopes=(lambda u, y: y * (1 - y),),
        numpy=_sigmoid,
        known=(0, HALF),
        rising=True,
        bounded=True,
    ),
    common(
        "sinh",
        lambda u, y: call("cosh", u),
        exponentials=lambda u: nodes.mul(HALF, _exp(u) - _exp(-u)),
        parity="odd",
        rising=True,
    ),
    common(
        "cosh",
        lambda u, y: call("sinh", u),
        exponentials=lambda u: nodes.mul(HALF, _exp(u) + _exp(-u)),
        parity="even",
        sign="positive",
        known=(0, ONE),
    ),
    Function(
        "log1mexp",
        lambda u: call("log", 1 - _exp(u)),
        slopes=(lambda u, y: -power(call("expm1", -u), MINUS_ONE),),
        numpy=_log1mexp,
        mpmath=lambda mp, u: mp.log(-mp.expm1(u)) if u else -mp.inf,
    ),
    Function(
        "logaddexp",
        lambda u, v: call("log", _exp(u) + _exp(v)),
        arity=2,
        slopes=(lambda u, v, y: call("sigmoid", u - v), lambda u, v, y: call("sigmoid", v - u)),
        numpy="logaddexp",
        cancels=True,
        mpmath=lambda mp, u, v: max(u, v) + mp.log1p(mp.exp(-abs(u - v))),
    ),
    Function(
        "logaddexp2",
        lambda u, v: call("logaddexp", u * LOG_2, v * LOG_2) / LOG_2,
        arity=2,
        slopes=(
            lambda u, v, y: call("sigmoid", (u - v) * LOG_2),
            lambda u, v, y: call("sigmoid", (v - u) * LOG_2),
        ),
        numpy="logaddexp2",
        cancels=True,
    ),
)
