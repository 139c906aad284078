"""One random function against differences in extended precision, with a verdict."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import symderive as sd
from symderive.errors import SymderiveError
from tests.random_programs.check import Hang, bounded

from .generator import LENGTHS, Function, runs

Array = Any
STEP = np.longdouble(
    1e-6
)  # the error of a central difference is about STEP², times a slope's slope
KINK = 1e-2  # differences to either side that disagree by as much of the largest slope: a kink
NOISE = 1e-7  # what rounding may add to a slope, of the largest
TOLERANCE = 1e-8
SECONDS = 30


@dataclass(frozen=True)
class Verdict:
    """kind: "equal", "refused", "unclear" (called a defect of ours), "kink" (nothing to compare),
    "wrong", "error" or "hang".
    """

    kind: str
    message: str = ""

    @property
    def failed(self) -> bool:
        """A wrong value, an exception that is no SymderiveError, or no end."""
        return self.kind in ("wrong", "error", "hang")


class WrongError(AssertionError):
    """What differs, and where."""


def check(
    function: Function, targets: Sequence[str] = ("numpy",), second: bool = False, seed: int = 0
) -> Verdict:
    """Derive, build for these targets, and compare value and gradients at both sets of lengths."""
    try:
        with bounded(SECONDS):
            return Verdict("equal" if _compared(function, targets, second, seed) else "kink")
    except SymderiveError as error:
        return Verdict("unclear" if "defect" in str(error) else "refused", str(error))
    except WrongError as error:
        return Verdict("wrong", str(error))
    except Hang:
        return Verdict("hang", f"no end within {SECONDS} s")
    except Exception as error:  # the point of the check: any other exception is a bug
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.filename.rpartition('/')[2]}:{place.lineno} {place.name}"
        return Verdict("error", f"{type(error).__name__} in {where}: {error}")


def _compared(function: Function, targets: Sequence[str], second: bool, seed: int) -> bool:
    call = function.compiled()
    derivation = sd.derive(call, **function.domains)
    compared = False
    for n, lengths in enumerate(LENGTHS):
        inputs = function.arrays(seed + n, lengths)
        for target in targets:
            kernel = derivation.build(target)
            compared |= _same(call, kernel, inputs, f"{target}, {lengths}")
    if second:
        _same_again(function, derivation, seed)
    return compared


def _same(call: Callable[..., Array], kernel: Any, inputs: tuple[Array, ...], where: str) -> bool:
    y, residuals = kernel.fwd(*inputs)
    expected = np.asarray(call(*inputs))
    _assert_close(f"{where}: value", y, expected, np.ones(expected.shape, bool))
    g = np.random.default_rng(7).uniform(0.5, 1.5, expected.shape)
    compared = False
    places = [n for n, x in enumerate(inputs) if x.dtype.kind == "f"]
    for place, found in zip(places, kernel.bwd(residuals, g), strict=True):
        slope, smooth = differences(call, inputs, g, place)
        _assert_close(f"{where}: gradient of argument {place}", found, slope, smooth)
        compared |= bool(smooth.any())
    return compared


def _same_again(function: Function, derivation: Any, seed: int) -> None:
    """The gradient of each gradient, of the first input that has one."""
    inputs = function.arrays(seed)
    y = np.asarray(function.compiled()(*inputs))
    g = np.random.default_rng(7).uniform(0.5, 1.5, y.shape)
    name = next(n for n, x in zip(function.dims, inputs, strict=True) if x.dtype.kind == "f")
    program = derivation.backward[name]
    first, again = derivation.build("numpy"), sd.derive(program).build("numpy")

    def gradient(*given: Array) -> Array:
        _, residuals = first.fwd(*given[:-1])
        return first.bwd(residuals, given[-1])[0]

    _same(gradient, again, (*inputs, g), "second order")


def differences(
    call: Callable[..., Array], inputs: tuple[Array, ...], g: Array, place: int
) -> tuple[Array, Array]:
    """Σ g ∂y/∂(one input) by central differences, and where it is smooth and the values are not so
    large that their rounding hides it, in the widest float that the function keeps.
    """
    x = inputs[place]
    wide = [np.array(v, np.longdouble) if v.dtype.kind == "f" else v for v in inputs]
    try:
        middle = np.asarray(call(*wide))
    except TypeError:  # a function of SciPy's that has no extended precision
        wide = list(inputs)
        middle = np.asarray(call(*wide))
    if middle.dtype.kind != "f":  # a count
        middle = middle.astype(np.longdouble)
    step = STEP if middle.dtype == np.longdouble else np.longdouble(1e-5)
    noise = np.finfo(middle.dtype).eps * np.sum(np.abs(g * middle)) / step
    slope, smooth = np.zeros(x.shape, np.longdouble), np.ones(x.shape, bool)
    for where in np.ndindex(*x.shape):
        sides = []
        for sign in (1, -1):
            moved = [np.array(v) for v in wide]
            moved[place][where] += sign * step
            sides.append(sign * np.sum(g * (np.asarray(call(*moved)) - middle)) / step)
        slope[where] = (sides[0] + sides[1]) / 2
        size = max(1, abs(sides[0]), abs(sides[1]))
        smooth[where] = abs(sides[0] - sides[1]) < KINK * size and noise < NOISE * size
    return slope.astype(float), smooth


def _assert_close(what: str, found: Array, expected: Array, where: Array) -> None:
    found, expected = np.asarray(found), np.asarray(expected, dtype=float)
    if found.shape != expected.shape:
        raise WrongError(f"{what} has shape {found.shape}, not {expected.shape}")
    size = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    off = np.where(where, np.abs(found - expected), 0)
    if not np.all(off <= _tolerance(what) * size):  # a NaN is not
        worst = np.unravel_index(np.argmax(np.nan_to_num(off, nan=np.inf)), off.shape)
        raise WrongError(f"{what} at {worst}: {found[worst]}, not {expected[worst]}")


def _tolerance(what: str) -> float:
    return 2e-5 if what.startswith("second") else TOLERANCE * 100


def smallest(function: Function, kind: str, **how: Any) -> Function:
    """A function of as few lines as keep the verdict."""
    while True:
        for shorter in function.shorter():
            if runs(shorter) and check(shorter, **how).kind == kind:
                function = shorter
                break
        else:
            return replace(function)
