"""Derivations and kernels go to other processes, and copies of them work."""

from __future__ import annotations

import multiprocessing
import pickle
from collections.abc import Callable
from copy import copy, deepcopy
from functools import cache
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.derivation import Derivation

pytestmark = pytest.mark.thinned(2)

X = np.linspace(-1, 1, 12).reshape(3, 4)


def cooled(x, t):  # type: ignore[no-untyped-def]
    return np.exp(x / t) / np.exp(x / t).sum(-1, keepdims=True)


@cache
def derivations() -> dict[str, Derivation]:
    width = 3.0
    return {
        "name": sd.derive("softmax"),
        "function": sd.derive(cooled, x="b n", t=sd.positive("")),
        "lambda": sd.derive(lambda x: np.tanh(width * x) @ x.T, x="b n"),
        "labels": sd.derive(lambda x, t: x[t].max(-1), x="b n", t=sd.integers("m", below="b")),
        "program": sd.derive(sd.parse("sum(x**2 / (1 + x**2))", x="b n")),
        "second": sd.derive(sd.derive("silu").backward),
    }  # fmt: skip


NAMES = ("name", "function", "lambda", "labels", "program", "second")
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "function": (X, 0.5), "labels": (X, np.array([2, 0])), "second": (X, X + 1),
}  # fmt: skip


def gradients(kernel: Any, name: str) -> list[bytes]:
    y, residuals = kernel.fwd(*ARGUMENTS.get(name, (X,)))
    return [np.asarray(a).tobytes() for a in (y, *kernel.bwd(residuals, np.ones_like(y)))]


def built(given: tuple[Derivation, str]) -> list[bytes]:
    return gradients(given[0].build(), given[1])


def called(given: tuple[Any, str]) -> list[bytes]:
    return gradients(*given)


def again(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


@pytest.mark.parametrize("other", [again, copy, deepcopy])
@pytest.mark.parametrize("name", NAMES)
def test_a_copy_says_and_does_the_same(name: str, other: Callable[[Any], Any]) -> None:
    one = derivations()[name]
    two = other(one)
    assert two.program == one.program and two.derived.backward == one.derived.backward
    assert two.source() == one.source() and two.source("c") == one.source("c")
    assert list(two.vjp.values()) == list(one.vjp.values())
    assert gradients(two.build(), name) == gradients(one.build(), name)


@pytest.mark.parametrize("target", ["numpy", "numpy-tuned", "c"])
@pytest.mark.parametrize("other", [again, copy, deepcopy])
def test_a_copy_of_a_kernel_computes_the_same(target: str, other: Callable[[Any], Any]) -> None:
    for name in ("function", "lambda"):
        kernel = derivations()[name].build(target)
        assert gradients(other(kernel), name) == gradients(kernel, name)
        assert other(kernel).source == kernel.source


def test_a_function_goes_along_where_it_can_be_imported() -> None:
    assert again(derivations()["function"]).function is cooled
    assert again(derivations()["lambda"]).function is None
    assert deepcopy(derivations()["lambda"]).function is derivations()["lambda"].function
    assert again(derivations()["lambda"]).verify(quick=True).ok


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_other_processes_take_both(start: str) -> None:
    names = ("function", "lambda", "labels")
    made = [derivations()[name] for name in names]
    kernels = [d.build(t) for d in made for t in ("numpy", "c")]
    with multiprocessing.get_context(start).Pool(1) as pool:
        found = pool.map(built, list(zip(made, names, strict=True)))
        computed = pool.map(called, list(zip(kernels, np.repeat(names, 2), strict=True)))
    assert found == [built(pair) for pair in zip(made, names, strict=True)]
    assert computed == [gradients(k, n) for k, n in zip(kernels, np.repeat(names, 2), strict=True)]
