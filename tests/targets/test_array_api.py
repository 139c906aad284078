"""One module for every library of the array API standard: its strict form, NumPy, torch and JAX."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import array_api_strict
import numpy as np
import pytest

import symderive as sd
from symderive.arrays.lines import AddAt
from symderive.arrays.scope import Scope
from symderive.arrays.statements import lines_of
from symderive.operators import CATALOGUE
from tests.operators.unseen import UNSEEN
from tests.targets.array_libraries import Library, agrees

DTYPES = ("float32", "float64")
STRICT = Library(array_api_strict.asarray, lambda a: np.asarray(a._array))
pytestmark = pytest.mark.thinned(4)

PAGE = Path(__file__).parents[2] / "docs" / "array-libraries.md"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [*CATALOGUE, *UNSEEN])
def test_the_strict_library_gives_what_numpy_gives(name: str, dtype: str) -> None:
    agrees(name, STRICT, dtype)


@pytest.mark.torch
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CATALOGUE)
def test_torch_gives_what_numpy_gives(name: str, dtype: str) -> None:
    torch = pytest.importorskip("torch")
    agrees(name, Library(lambda a: torch.asarray(np.array(a)), lambda a: a.numpy()), dtype)


@pytest.mark.jax
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CATALOGUE)
def test_jax_gives_what_numpy_gives(name: str, dtype: str) -> None:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    agrees(name, Library(jax.numpy.asarray), dtype)


@pytest.mark.jax
def test_jax_compiles_what_has_no_labels() -> None:
    jax = pytest.importorskip("jax")
    made = sd.derive("layer_norm").build("array_api", check=False)
    x = np.random.default_rng(0).standard_normal((3, 5)).astype(np.float32)
    value, residuals = jax.jit(made.fwd)(x)
    np.testing.assert_allclose(value, sd.derive("layer_norm").build()(x), rtol=1e-5, atol=1e-6)
    assert len(jax.jit(made.bwd)(residuals, value)) == 1


@pytest.mark.parametrize("name", CATALOGUE)
def test_what_the_standard_lacks_is_stated(name: str) -> None:
    told = PAGE.read_text(encoding="utf-8")
    plan = sd.derive(name).schedule
    scalars = frozenset(p.tensor.name for p in plan.parameters)
    ahead, behind = (Scope(scalars=scalars, requires=plan.requires) for _ in range(2))
    lines = lines_of(plan.forward, ahead, {})
    saved = {t.name: ahead.layouts[t.name] for t in plan.residuals}
    lines += lines_of(plan.backward, behind, saved)
    adds = any(isinstance(update, AddAt) for line in lines for update in line.after)
    assert adds == (f"| `{name}` | the gradient of" in told)


def named_as_the_module_names_things(xp: Any, at: Any, math: Any) -> Any:
    return np.exp(xp) * np.where(xp > 0, at, 1) * np.pi + math


def test_arguments_may_have_the_names_that_the_module_uses() -> None:
    d = sd.derive(named_as_the_module_names_things, xp="n", at="n", math="n")
    made, plain = d.build("array_api"), d.build()
    given = np.random.default_rng(1).standard_normal((3, 6))
    np.testing.assert_allclose(made(*given), plain(*given))


def test_a_module_imports_what_it_uses_alone() -> None:
    for name in CATALOGUE:
        text = sd.derive(name).source("array_api", check=False)
        assert text.count("import math") == ("math." in text), name


@pytest.mark.parametrize("shape", [(0, 4), (3, 0), (2, 3, 4)])
def test_empty_and_longer_batches(shape: tuple[int, ...]) -> None:
    made, plain = (sd.derive("silu").build(t) for t in ("array_api", "numpy"))
    x = np.random.default_rng(2).standard_normal(shape)
    np.testing.assert_allclose(made(x), plain(x))


def test_shapes_and_dtypes_are_refused_with_a_sentence() -> None:
    made = sd.derive("prelu").build("array_api")
    x, a = np.ones((2, 3)), np.ones(3)
    with pytest.raises(ValueError, match="prelu takes"):
        made(x, a[:2])
    with pytest.raises(ValueError, match="one dtype"):
        made(x.astype(np.float32), a)
