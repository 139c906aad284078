"""torch sums a gradient that was broadcast: x + b may hand on one array for both. What looks like
torch here is NumPy under that name."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import symderive as sd

Array = Any


class Function:
    """What a subclass of torch.autograd.Function is known by."""


Function.__module__ = "torch.autograd.function"
torch = ModuleType("torch")
torch.from_numpy = lambda array: array  # type: ignore[attr-defined]
torch.tanh = np.tanh  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def loaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "torch", torch)
    yield


def decorated(function: Any) -> Any:
    @functools.wraps(function)
    def call(ctx: Any, *args: Any) -> Any:
        raise RuntimeError("a decorator of torch wants torch")

    return call


class AddBias(Function):
    @staticmethod
    def forward(ctx: Any, x: Array, b: Array) -> Array:
        y = torch.tanh(x)
        ctx.save_for_backward(y)
        return y + b

    @staticmethod
    def backward(ctx: Any, g: Array) -> Any:
        (y,) = ctx.saved_tensors
        return g * (1 - y * y), g


class AddBiasTwice(AddBias):
    @staticmethod
    def backward(ctx: Any, g: Array) -> Any:
        (y,) = ctx.saved_tensors
        return g * (1 - y * y), 2 * g


class Decorated(AddBias):
    @staticmethod
    @decorated
    def forward(ctx: Any, x: Array, b: Array) -> Array:
        y = torch.tanh(x)
        ctx.save_for_backward(y)
        return y + b

    @staticmethod
    @decorated
    def backward(ctx: Any, g: Array) -> Any:
        (y,) = ctx.saved_tensors
        return g * (1 - y * y), g


@pytest.mark.parametrize("b", ["n", "b 1", "1 n", "b n", ""])
@pytest.mark.parametrize(
    ("function", "kind"), [(AddBias, "equal"), (AddBiasTwice, "different"), (Decorated, "equal")]
)
def test_a_gradient_that_was_broadcast_is_summed(function: Any, kind: str, b: str) -> None:
    verdict = sd.audit(function, x="b n", b=b)
    assert verdict.kind == kind, verdict.text()


class PlainAddBias:
    """Nobody sums for a layer of NumPy."""

    def forward(self, x: Array, b: Array) -> Array:
        return x + b

    def backward(self, dout: Array) -> Any:
        return dout, dout


def test_numpy_code_has_to_sum_itself() -> None:
    assert sd.audit(PlainAddBias, x="b n", b="n").kind == "different"
