"""Numbers of the user's source as exact expressions: 0.1 is 1/10, np.pi is π, np.sqrt(2) is √2."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from ..index import nodes
from ..index.nodes import Expr, const, num
from .context import current

_SMALL = 16  # multiples and ratios up to here are recognised
_LARGEST = 1024
_DIGITS = 14  # a decimal that is shorter than this was written by hand


def number(value: Any) -> Expr:
    """The exact expression of a Python or NumPy number."""
    if isinstance(value, (bool, np.bool_, int, np.integer)):
        return num(int(value))
    if isinstance(value, (complex, np.complexfloating)):
        raise current().unsupported("complex numbers are not supported: write real arithmetic")
    # a float32 constant is meant as the decimal it prints
    decimal = str(value) if isinstance(value, np.floating) else repr(float(value))
    value = float(decimal)
    if math.isnan(value):
        raise current().unsupported("a NaN constant is not supported")
    if math.isinf(value):
        return const("inf") if value > 0 else -const("inf")
    if len(decimal.split("e")[0].replace(".", "").lstrip("-0")) < _DIGITS:
        return num(Fraction(decimal))
    return _closed(abs(value), 1 if value > 0 else -1) or num(Fraction(decimal))


def _closed(value: float, sign: int) -> Expr | None:
    """p/q, pπ/q, p/(qπ), or the square root of such a number, where it is the very same float."""
    if value > _LARGEST:  # its square may be beyond the floats
        return None
    pi = const("pi")
    for squared in (False, True):
        target = value * value if squared else value
        for unit, factor in (
            (1.0, nodes.ONE),
            (math.pi, pi),
            (1 / math.pi, nodes.power(pi, num(-1))),
        ):
            ratio = Fraction(target / unit).limit_denominator(_SMALL)
            if not ratio or ratio.numerator > 64:
                continue
            exact = float(ratio) * unit
            exact = math.sqrt(exact) if squared else exact
            if abs(exact - value) <= 2 * math.ulp(value):
                found = num(ratio) * factor
                return sign * (nodes.sqrt(found) if squared else found)
    return None
