"""Functions of NumPy that are made of others: the value is NumPy's own, the gradient its slope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.errors import NotSupportedError
from tests.frontends.slopes import derived_and_compared

Array = Any
Case = tuple[Callable[..., Array], dict[str, Any], tuple[tuple[int, ...], ...]]


def kernel_of(function: Callable[..., Array], mode: str, length: int) -> Case:
    taps = np.arange(1.0, length + 1) ** 2
    return lambda x: function(x, taps, mode=mode), {"x": "n"}, ((6,),)


def rows(forward: Callable[..., Array]) -> Case:
    return forward, {"x": "b n"}, ((3, 5),)


def line(forward: Callable[..., Array]) -> Case:
    return forward, {"x": "n"}, ((5,),)


def windows(x: Array) -> Array:
    return np.lib.stride_tricks.sliding_window_view(x, 3, axis=-1).max(-1)


CASES: dict[str, Case] = {
    "linspace": rows(lambda x: x * np.linspace(-1, 1, x.shape[-1])),
    "linspace without its end": rows(lambda x: x * np.linspace(0, 1, x.shape[-1], endpoint=False)),
    "cross": (np.cross, {"a": "b 3", "b": "b 3"}, ((2, 3), (2, 3))),
    "cross along the first axis": (
        lambda a, b: np.cross(a, b, axis=0),
        {"a": "3 b", "b": "3 b"},
        ((3, 2), (3, 2)),
    ),
    "cov": rows(lambda x: np.cov(x, rowvar=False)),
    "biased cov": rows(lambda x: np.cov(x, bias=True)),
    "corrcoef": rows(lambda x: np.corrcoef(x)),
    "trapezoid": rows(lambda x: np.trapezoid(x, dx=0.5)),
    "trapezoid over rows": rows(lambda x: np.trapezoid(x, axis=0)),
    "trapezoid between places": (np.trapezoid, {"y": "b n", "x": "n"}, ((2, 4), (4,))),
    "polyval": line(lambda x: np.polyval([1, 2, 3], x)),
    "vander": line(lambda x: np.vander(x, 3)),
    "vander from below": line(lambda x: np.vander(x, 4, increasing=True)),
    "windows": rows(windows),
    "gradient": rows(lambda x: np.gradient(x, axis=-1)),
    "spaced gradient": line(lambda x: np.gradient(x, 0.5)),
    "matrix_power": (lambda x: np.linalg.matrix_power(x, 3), {"x": "n n"}, ((3, 3),)),
    "multi_dot": (
        lambda x, y: np.linalg.multi_dot([x, y, x]),
        {"x": "n m", "y": "m n"},
        ((2, 3), (3, 2)),
    ),
    "rot90": (lambda x: np.rot90(x) * np.rot90(x, 3), {"x": "n n"}, ((3, 3),)),
    "a kernel that learns": (
        lambda x, w: np.convolve(x, w, mode="same"),
        {"x": "n", "w": "4"},
        ((6,), (4,)),
    ),
} | {
    f"{function.__name__} {mode} {length}": kernel_of(function, mode, length)
    for function in (np.convolve, np.correlate)
    for mode in ("full", "same", "valid")
    for length in (2, 3, 4)
}


@pytest.mark.parametrize("name", CASES)
def test_value_and_gradient(name: str) -> None:
    forward, domains, shapes = CASES[name]
    random = np.random.default_rng(0)
    inputs = [random.standard_normal(shape) for shape in shapes]

    arguments = ", ".join(domains)
    named = eval(f"lambda {arguments}: forward({arguments})", {"forward": forward})
    derived_and_compared(named, domains, inputs)


def test_bincount_sums_by_label() -> None:
    def forward(x: Array, t: Array) -> Array:
        return np.bincount(t, weights=x, minlength=4) ** 2

    module = sd.derive(forward, x="b", t=sd.integers("b", below=4)).build()
    x, t = np.arange(1.0, 6.0), np.array([0, 3, 3, 1, 0])
    y, residuals = module.fwd(x, t)
    np.testing.assert_array_equal(y, forward(x, t))
    (dx,) = module.bwd(residuals, np.ones(4))
    np.testing.assert_array_equal(dx, 2 * np.sqrt(y)[t])
    with pytest.raises(NotSupportedError, match="minlength"):
        sd.derive(forward, x="b", t=sd.integers("b", below=5))


@pytest.mark.parametrize(
    ("forward", "domains", "said"),
    [
        (lambda a, b: np.cross(a, b), {"a": "b 2", "b": "b 2"}, "three elements"),
        (lambda x, w: np.convolve(x, w), {"x": "n", "w": "k"}, "length of the kernel"),
        (lambda x: np.gradient(x), {"x": "n m"}, "say axis="),
        (lambda x: np.vander(x), {"x": "n"}, "the N of np.vander"),
    ],
)
def test_what_is_not_supported_is_said(
    forward: Callable[..., Array], domains: dict[str, str], said: str
) -> None:
    with pytest.raises(NotSupportedError, match=said):
        sd.derive(forward, **domains)
