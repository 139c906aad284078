"""Elements at shifted places: none is read that is not there, on axes that are long enough."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symderive as sd
from tests.operators.unseen import UNSEEN

pytestmark = pytest.mark.thinned(4)

Array = Any
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "name", ["total_variation", "two_steps_and_one", "rolled_twice", "second_difference"]
)
def test_c_gives_what_numpy_gives_at_the_ends(name: str) -> None:
    case = UNSEEN[name]
    derivation = sd.derive(case.forward, **case.domains)
    c, numpy = derivation.build("c"), derivation.build()
    for seed in range(30):  # what lies behind an array is not always harmful
        shape = (2, 3, 4) if name == "total_variation" else (2, 7)
        x = np.random.default_rng(seed).standard_normal(shape)
        y, residuals = numpy.fwd(x)
        value, saved = c.fwd(x)
        np.testing.assert_allclose(value, y, rtol=1e-12)
        (found,), (wanted,) = (m.bwd(r, y) for m, r in ((c, saved), (numpy, residuals)))
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_what_is_not_chosen_is_not_multiplied(target: str) -> None:
    case = UNSEEN["rolled_twice"]
    module = sd.derive(case.forward, **case.domains).build(target)
    x = np.ones((1, 9))
    _, residuals = module.fwd(x)
    cotangent = np.ones((1, 9))
    cotangent[0, 0] = np.inf
    (found,) = module.bwd(residuals, cotangent)
    wanted = case.forward(cotangent)  # the sum of two rolls is its own transpose
    np.testing.assert_array_equal(found, wanted)


def fourth(x: Array) -> Array:
    return x[:, 3] ** 2


def third_last(x: Array) -> Array:
    return x[:, -3] ** 2


def rolled_by_four(x: Array) -> Array:
    return np.roll(x, 4, axis=1) * np.roll(x, -4, axis=1)


def some_columns(x: Array) -> Array:
    return np.sin(x[:, [3, 0]])


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize(("forward", "least"), [(fourth, 4), (third_last, 3), (some_columns, 4)])
def test_an_axis_that_is_too_short_is_refused_before_any_work(
    forward: Any, least: int, target: str
) -> None:
    derivation = sd.derive(forward, x="b w")
    module = derivation.build(target)
    with pytest.raises(ValueError, match=f"takes w of at least {least}, not .*{least - 1}"):
        module.fwd(np.ones((2, least - 1)))
    x = np.random.default_rng(0).standard_normal((2, least))
    y, residuals = module.fwd(x)
    np.testing.assert_allclose(y, forward(x))
    (dx,) = module.bwd(residuals, np.ones_like(y))
    step = 1e-6 * np.eye(2 * least).reshape(-1, 2, least)
    slope = [(forward(x + d).sum() - forward(x - d).sum()) / 2e-6 for d in step]
    np.testing.assert_allclose(dx.ravel(), slope, atol=1e-8)


@pytest.mark.parametrize("forward", [fourth, third_last, rolled_by_four, some_columns])
def test_the_certificate_takes_axes_that_are_long_enough(forward: Any) -> None:
    assert sd.derive(forward, x="b w").verify(quick=True).ok


GUARDED = """
import ctypes, mmap, sys
import numpy as np
import symderive as sd
from tests.targets.test_c_windows import {name} as forward

libc, page = ctypes.CDLL(None, use_errno=True), mmap.PAGESIZE
libc.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
kept = []

def between_guards(values, at_the_end):
    whole = (values.nbytes + page - 1) // page * page
    held = mmap.mmap(-1, whole + 2 * page)
    kept.append(held)
    start = ctypes.addressof(ctypes.c_char.from_buffer(held))
    for guard in (start, start + page + whole):
        assert libc.mprotect(guard, page, 0) == 0
    first = page + (whole - values.nbytes if at_the_end else 0)
    array = np.frombuffer(held, values.dtype, values.size, first)
    array[:] = values
    return array

module = sd.derive(forward, x="n").build("c")
for n in (4, 5, 7, 8, 15, 16, 31, 100, 1000, 4099):
    for at_the_end in (False, True):
        x = between_guards(np.arange(1.0, n + 1), at_the_end)
        y, residuals = module.fwd(x)
        module.bwd(residuals, np.ones_like(y))
"""


def three_by_three(x: Array) -> Array:
    return (x[:3] * x[-3:]).sum()


def neighbours(x: Array) -> Array:
    return (x[1:] * x[:-1]).sum()


def rolled(x: Array) -> Array:
    return (np.roll(x, 2) * x).sum()


@pytest.mark.parametrize("name", ["three_by_three", "neighbours", "rolled"])
def test_c_touches_nothing_beyond_an_array(name: str) -> None:
    """Compilers read ahead of a condition: the pages beside these arrays may not be read at all."""
    script = GUARDED.format(name=name)
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, (done.returncode, done.stderr[-500:])
