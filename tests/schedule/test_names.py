"""A name that a user chooses changes nothing but itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd

pytestmark = pytest.mark.thinned(6)

Array = Any
FUNCTIONS = (
    *(
        "GELU",
        "L2",
        "F",
        "激活",
        "_",
        "printf",
        "np",
        "max",
        "f_fwd",
        "_real",
        "value_error",
        "self",
    ),
    *("residuals", "none", "_1x", "BLOCK", "ValueError", "thread_pool_executor"),
)
ARGUMENTS = (
    *("f_fwd", "f_bwd", "_real", "_single", "np", "ValueError", "max", "tuple", "y_", "y", "out"),
    *(
        "NULL",
        "EOF",
        "M_PI",
        "I",
        "errno",
        "INFINITY",
        "DTYPE",
        "DOUBLE",
        "linux",
        "变量",
        "_",
        "f",
    ),
    *("axis", "residuals", "gradients", "dy", "double", "real", "rows", "block"),
)
COMPILED = (
    *(("printf", "NULL"), ("激活", "变量"), ("GELU", "errno"), ("_", "M_PI"), ("name", "DTYPE")),
    *(("read", "INFINITY"), ("index", "I"), ("Py_None", "EOF")),
)


def forward(name: str, argument: str) -> Callable[..., Array]:
    """tanh(x) w + x by these names, beside an argument that is called as a collision might be."""
    names: dict[str, Any] = {}
    text = (
        f"def {name}({argument}, {argument}_): return tanh({argument}) * {argument}_ + {argument}"
    )
    exec(text, {"tanh": np.tanh}, names)
    function: Callable[..., Array] = names[name]
    return function


def assert_right(name: str, argument: str, target: str) -> None:
    derivation = sd.derive(forward(name, argument), **{argument: "b n", f"{argument}_": "n"})
    kernel = derivation.build(target)
    x, w = np.linspace(-2, 2, 6).reshape(2, 3), np.array([0.5, -1.0, 2.0])
    y, residuals = kernel.fwd(x, w)
    dx, dw = kernel.bwd(residuals, np.ones_like(y))
    np.testing.assert_allclose(y, np.tanh(x) * w + x)
    np.testing.assert_allclose(dx, w / np.cosh(x) ** 2 + 1)
    np.testing.assert_allclose(dw, np.tanh(x).sum(axis=0))
    assert kernel(*(a.astype(np.float16) for a in (x, w))).dtype == np.float16
    if target != "c":
        made = [v for v in vars(kernel.module).values() if isinstance(v, type)]
        layer = next(v for v in made if hasattr(v, "backward"))()
        np.testing.assert_allclose(layer.forward(x, w), y)
        np.testing.assert_allclose(layer.backward(np.ones_like(y))[0], dx)


@pytest.mark.parametrize("target", ["numpy", "numpy-tuned"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_may_be_called_anything(name: str, target: str) -> None:
    assert_right(name, "x", target)


@pytest.mark.parametrize("target", ["numpy", "numpy-tuned"])
@pytest.mark.parametrize("argument", ARGUMENTS)
def test_an_argument_may_be_called_anything(argument: str, target: str) -> None:
    assert_right("f", argument, target)


@pytest.mark.filterwarnings("error::RuntimeWarning")  # that NumPy runs in the place of C
@pytest.mark.parametrize(("name", "argument"), COMPILED)
def test_c_has_names_of_its_own(name: str, argument: str) -> None:
    assert_right(name, argument, "c")
