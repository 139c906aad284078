"""SciPy's xlogy and its kin: what is 0 times a logarithm, and its slopes, which are limits."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..nodes import ONE, Expr, call
from .record import Function
from .signs import unless_nothing

Array = Any


def _ratio(u: Expr, v: Expr) -> Expr:
    """u / v, and 0 where both are 0; 1 where they are the same."""
    return ONE if u is v else unless_nothing(u, v) * u / v


def _nothing(u: Array, v: Array) -> Array:
    """Where u is 0 and v is a number."""
    return np.equal(u, 0) & np.equal(v, v)


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


def _relative(mp: Any, u: Any, v: Any) -> Any:
    if u < 0 or v < 0 or (v == 0 and u > 0):
        return mp.inf
    return mp.mpf(0) if u == 0 and v == v else u * mp.log(u / v)


ENTROPIES = (
    Function(
        "xlogy",
        lambda u, v: u * call("log", v),
        arity=2,
        slopes=(lambda u, v, y: call("log", v), lambda u, v, y: _ratio(u, v)),
        numpy=lambda u, v: u * np.log(np.where(_nothing(u, v), 1.0, v)),
        mpmath=lambda mp, u, v: mp.mpf(0) if u == 0 and v == v else u * mp.log(v),
        analytic=False,
        note="0 log v is 0",
    ),
    Function(
        "xlog1py",
        lambda u, v: u * call("log", 1 + v),
        arity=2,
        slopes=(lambda u, v, y: call("log1p", v), lambda u, v, y: _ratio(u, 1 + v)),
        numpy=lambda u, v: u * np.log1p(np.where(_nothing(u, v), 0.0, v)),
        mpmath=lambda mp, u, v: mp.mpf(0) if u == 0 and v == v else u * mp.log1p(v),
        analytic=False,
        note="0 log(1 + v) is 0",
    ),
    Function(
        "entr",
        lambda u: -u * call("log", u),
        slopes=(lambda u, y: -1 - call("log", u),),
        numpy=lambda u: -u * np.log(np.maximum(u, 0) + np.equal(u, 0)),
        mpmath=lambda mp, u: -mp.inf if u < 0 else mp.mpf(0) if u == 0 else -u * mp.log(u),
        analytic=False,
        note="0 at 0, -∞ below",
    ),
    Function(
        "rel_entr",
        lambda u, v: u * call("log", u / v),
        arity=2,
        slopes=(lambda u, v, y: 1 + call("log", u / v), lambda u, v, y: -_ratio(u, v)),
        numpy=_rel_entr,
        mpmath=_relative,
        analytic=False,
        note="0 at u = 0, ∞ where u or v is below 0",
    ),
    Function(
        "kl_div",
        lambda u, v: u * call("log", u / v) - u + v,
        arity=2,
        slopes=(lambda u, v, y: call("log", u / v), lambda u, v, y: 1 - _ratio(u, v)),
        numpy=_kl_div,
        mpmath=lambda mp, u, v: _relative(mp, u, v) - u + v,
        analytic=False,
        note="v at u = 0, ∞ where u or v is below 0",
    ),
)
