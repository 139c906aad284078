"""The normal distribution's integral and its tails, each without loss of digits far out."""

from __future__ import annotations

from collections.abc import Callable
from math import erf, erfc
from typing import Any

import numpy as np

from .. import nodes
from ..nodes import HALF, ONE, Expr, call, const, sqrt
from .record import Function

Array = Any


def _by_element(function: Callable[[float], float]) -> Callable[[Array], Array]:
    return np.vectorize(function, otypes=[float])


_erfc = _by_element(erfc)


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


def _bell(u: Expr) -> Expr:
    """The derivative of erf, 2/√π exp(-u²)."""
    return 2 * call("exp", -(u**2)) / sqrt(const("pi"))


def _mills(u: Expr, y: Expr) -> Expr:
    """The derivative of log Φ(u), √(2/π) / erfcx(-u/√2): as a quotient of two values that vanish
    together it would be 0 / 0."""
    return sqrt(nodes.num(2)) / (sqrt(const("pi")) * call("erfcx", -u / sqrt(nodes.num(2))))


TAILS = (
    Function(
        "erf",
        slopes=(lambda u, y: _bell(u),),
        numpy=_by_element(erf),
        library="erf",
        parity="odd",
        rising=True,
        bounded=True,
    ),
    Function(
        "erfc",
        slopes=(lambda u, y: -_bell(u),),
        numpy=_erfc,
        library="erfc",
        exponentials=lambda u: 1 - call("erf", u),
        sign="positive",
        known=(0, ONE),
        bounded=True,
    ),
    Function(
        "erfcx",
        lambda u: call("exp", u**2) * call("erfc", u),
        slopes=(lambda u, y: 2 * u * y - 2 / sqrt(const("pi")),),
        numpy=_erfcx,
    ),
    Function(
        "log_ndtr",
        lambda u: call("log", HALF * call("erfc", -u / sqrt(nodes.num(2)))),
        slopes=(_mills,),
        numpy=_log_ndtr,
    ),
)
