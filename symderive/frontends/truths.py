"""Arithmetic among truth values, as NumPy has it: + is or, * is and, and - is an error.

Only where every operand holds truth values: beside a number they count as 0 and 1, as they do in
sums and means.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..index.functions import FUNCTIONS
from ..index.nodes import ZERO, Expr, bracket
from .array import BOOL, INT, Array
from .booleans import both, either, is_truth, opposite
from .broadcasting import align, as_array
from .context import current
from .registry import Rule


@dataclass(frozen=True)
class Among:
    """What a function makes of truth values, and whether truth values or whole numbers."""

    function: Callable[..., Expr] | None  # None where it is refused
    kind: str = BOOL


def _same(a: Expr) -> Expr:
    return a


_OR, _AND, _SAME, _REFUSED = Among(either), Among(both), Among(_same), Among(None)
_HALF = (
    *("fabs", "sqrt", "cbrt", "deg2rad", "radians", "rad2deg", "degrees", "exp2", "log2", "log10"),
    *("rint", *(f.name for f in FUNCTIONS.values() if isinstance(f.numpy, str) and not f.exact)),
)  # NumPy computes them in half precision for truth values
TRUTHS = {
    **dict.fromkeys(("add", "maximum", "fmax"), _OR),
    **dict.fromkeys(("multiply", "minimum", "fmin"), _AND),
    **dict.fromkeys(("absolute", "abs", "floor", "ceil", "trunc"), _SAME),
    **dict.fromkeys(("subtract", "negative", "positive", "sign", *_HALF), _REFUSED),
    **dict.fromkeys(("square", "reciprocal"), Among(_same, INT)),
    **dict.fromkeys(("remainder", "mod", "fmod"), Among(lambda a, b: ZERO, INT)),
    **dict.fromkeys(("power", "pow"), Among(lambda a, b: either(a, opposite(b)), INT)),
    "floor_divide": Among(both, INT),
}


def with_truths(table: dict[str, Rule]) -> dict[str, Rule]:
    """The rules, each with what it makes of truth values alone."""
    return {
        name: _beside(rule, TRUTHS[name], name) if name in TRUTHS else rule
        for name, rule in table.items()
    }


def _beside(numbers: Rule, among: Among, name: str) -> Rule:
    def rule(*given: Any, **options: Any) -> Array:
        arrays = [as_array(g) for g in given]
        dtype = options.get("dtype")
        if any(a.kind != BOOL for a in arrays) or (dtype and np.dtype(dtype).kind != "b"):
            of_numbers: Array = numbers(*given, **options)
            return of_numbers
        if among.function is None:
            raise current().wrong(
                f"np.{name} of truth values is an error in NumPy, or a number in half precision: "
                "write ^ or ~, or turn them into numbers by .astype(float)"
            )
        values, axes = align(*arrays)
        return Array(among.function(*map(_truth, values)), axes, among.kind)

    return rule


def _truth(value: Expr) -> Expr:
    return value if is_truth(value) else bracket("ne", value, ZERO)
