"""The functions of one number that random programs use, with what keeps them smooth."""

from __future__ import annotations

import math
from collections.abc import Callable

# Text, the range that it is safe on, the function, whether its values are positive.
RISING: tuple[tuple[str, float, float, Callable[[float], float], bool], ...] = (
    ("np.tanh({0})", -99, 99, math.tanh, False),
    ("np.exp({0})", -20, 3, math.exp, True),
    ("1 / (1 + np.exp(-{0}))", -20, 20, lambda u: 1 / (1 + math.exp(-u)), True),
    ("np.log(1 + np.exp({0}))", -20, 20, lambda u: math.log(1 + math.exp(u)), True),
    ("np.arctan({0})", -99, 99, math.atan, False),
    ("np.sinh({0})", -3, 3, math.sinh, False),
    ("np.expm1({0})", -20, 3, math.expm1, False),
    ("{0} ** 3", -4, 4, lambda u: u**3, False),
    ("np.maximum({0}, 0.25)", -99, 99, lambda u: max(u, 0.25), True),
    ("np.minimum({0}, 0.75)", -99, 99, lambda u: min(u, 0.75), False),
    ("np.clip({0}, -0.5, 0.9)", -99, 99, lambda u: min(max(u, -0.5), 0.9), False),
    ("np.where({0} > 0.3, {0}, 0.1 * {0})", -99, 99, lambda u: u if u > 0.3 else 0.1 * u, False),
    (
        "np.where({0} < 0.8, np.exp({0}), 2 + {0})",
        -20,
        99,
        lambda u: math.exp(u) if u < 0.8 else 2 + u,
        False,
    ),
    ("np.logaddexp({0}, 0.5)", -20, 99, lambda u: math.log(math.exp(u) + math.exp(0.5)), True),
    ("2 * {0} + 1", -99, 99, lambda u: 2 * u + 1, False),
    ("{0} - 0.3", -99, 99, lambda u: u - 0.3, False),
    ("np.log({0})", 0.05, 99, math.log, False),
    ("np.sqrt({0})", 0.05, 99, math.sqrt, True),
    ("{0} ** 0.5", 0.05, 99, math.sqrt, True),
    ("{0} ** 1.5", 0.05, 9, lambda u: u**1.5, True),
    ("np.log1p({0})", 0.0, 99, math.log1p, True),
)
NEEDS_POSITIVE = ("np.log({0})", "np.sqrt({0})", "{0} ** 0.5", "{0} ** 1.5", "np.log1p({0})")
# Functions of |u|: text, the largest |u| that is safe, the function, whether it is positive.
EVEN: tuple[tuple[str, float, Callable[[float], float], bool], ...] = (
    ("{0} ** 2", 6, lambda u: u * u, False),
    ("np.square({0})", 6, lambda u: u * u, False),
    ("np.abs({0})", 99, abs, False),
    ("np.sqrt({0} ** 2 + 0.5)", 99, lambda u: math.sqrt(u * u + 0.5), True),
    ("np.log1p({0} ** 2)", 99, lambda u: math.log1p(u * u), False),
    ("np.cosh({0})", 3, math.cosh, True),
    ("np.exp(-{0} ** 2)", 4, lambda u: math.exp(-u * u), True),
)
# Falling functions; those whose range starts above zero want a positive operand.
FALLING: tuple[tuple[str, float, float, Callable[[float], float], bool], ...] = (
    ("-{0}", -99, 99, lambda u: -u, False),
    ("1 - {0}", -99, 99, lambda u: 1 - u, False),
    ("1 / {0}", 0.1, 99, lambda u: 1 / u, True),
    ("np.reciprocal({0})", 0.1, 99, lambda u: 1 / u, True),
    ("{0} ** -0.5", 0.1, 99, lambda u: u**-0.5, True),
    ("np.exp(-{0})", -3, 20, lambda u: math.exp(-u), True),
)
