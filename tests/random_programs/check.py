"""One random program against the independent automatic differentiation, with a verdict."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

import symderive as sd
from symderive.errors import NotSupportedError
from tests.oracles import differences, dual
from tests.oracles.compare import assert_same
from tests.oracles.sampling import cotangent_like

from .generator import RandomProgram
from .values import SINGLE

Array = Any
TOLERANCE = 1e-7
SECONDS = 20
Backward = Callable[[Any, Array], tuple[Array, Any]]


class Hang(Exception):
    """The derivation took longer than its bound."""


@dataclass(frozen=True)
class Verdict:
    """kind: "equal", "unsupported", "kink" (not smooth there), "wrong", "error" or "hang"."""

    kind: str
    message: str = ""

    @property
    def failed(self) -> bool:
        """A wrong value, an unexpected exception, or no end."""
        return self.kind in ("wrong", "error", "hang")


def check(program: RandomProgram, seed: int = 0) -> Verdict:
    """Derive, run the generated module, compare value and gradients at random inputs."""
    fn = program.compiled()
    try:
        with bounded(SECONDS):
            gradients = derived(fn, program.domains)
            verdict = _compare(fn, gradients, program.arrays(seed), seed)
            if verdict.kind == "equal" and program.any_lengths:
                verdict = _compare(fn, gradients, program.arrays(seed, SINGLE), seed)
    except NotSupportedError as error:
        return Verdict("unsupported", str(error))
    except Hang:
        return Verdict("hang", f"no end within {SECONDS} s")
    except Exception as error:  # the point of the check: any other exception is a bug
        place = traceback.extract_tb(error.__traceback__)[-1]
        return Verdict("error", f"{type(error).__name__} at {place.name}:{place.lineno}: {error}")
    return verdict


def derived(fn: Callable[..., Array], domains: Any) -> Backward:
    """The generated NumPy module as a function of inputs and cotangent: value, gradients."""
    module = sd.derive(fn, **domains).build("numpy")

    def run(inputs: Any, g: Array) -> tuple[Array, Any]:
        y, residuals = module.fwd(*inputs)
        return np.asarray(y), module.bwd(residuals, g)

    return run


def _compare(fn: Callable[..., Array], gradients: Backward, inputs: Any, seed: int) -> Verdict:
    y = fn(*inputs)
    g = cotangent_like(y, seed + 1)
    found_y, found = gradients(inputs, g)
    expected = dual.vjp(fn, inputs, g)
    try:
        assert_same("value", (found_y,), (y,), TOLERANCE)
        assert_same("gradient", found, expected, TOLERANCE)
    except AssertionError as error:
        return Verdict("wrong" if _smooth(fn, inputs, g, expected) else "kink", str(error))
    return Verdict("equal")


def _smooth(fn: Callable[..., Array], inputs: Any, g: Array, expected: Any) -> bool:
    """Whether central differences bear the oracle out; at a kink they do not."""
    try:
        assert_same("oracle", expected, differences.central(fn, inputs, g), 1e-4)
    except AssertionError:
        return False
    return True


@contextmanager
def bounded(seconds: int) -> Iterator[None]:
    """Raise Hang where the body takes more of the processor than that; how busy the machine is does
    not count.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        raise Hang

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def minimised(program: RandomProgram, kind: str, seed: int = 0) -> RandomProgram:
    """A program with as few statements as keep the verdict."""
    for _ in range(40):
        for candidate in program.smaller():
            inputs = candidate.arrays(seed)
            before = [np.array(x) for x in inputs]
            try:
                candidate.compiled()(*inputs)
            except (ValueError, IndexError, TypeError):
                continue
            intact = all(map(np.array_equal, before, inputs))
            if intact and check(candidate, seed).kind == kind:
                program = candidate
                break
        else:
            return program
    return program
