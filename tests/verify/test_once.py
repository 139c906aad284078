"""Nothing leaves unchecked: what `build` and `source` hand out was run once against its forward."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.derivation import Derivation
from symderive.verify.code import check_code
from symderive.verify.once import Once

pytestmark = pytest.mark.thinned(4)

Array = Any
TARGETS = ("numpy", "numpy-tuned", "c")


def gated(x: Array, w: Array) -> Array:
    return np.max(x * w / (1 + np.exp(-x)), axis=-1)


def with_gradient(derivation: Derivation, factor: int) -> Derivation:
    """The derivation with its last gradient multiplied."""
    derived = derivation.derived
    *others, last = derived.backward.assignments
    wrong = replace(last, value=last.value * factor)
    backward = replace(derived.backward, assignments=(*others, wrong))
    spoiled = replace(derived, backward=backward)
    return Derivation(spoiled, derivation.stable, derivation.function)


@pytest.mark.parametrize("target", TARGETS)
def test_a_wrong_slope_is_not_handed_out(target: str) -> None:
    wrong = with_gradient(sd.derive("softmax"), -1)
    with pytest.raises(sd.SymderiveError, match="defect of symderive"):
        wrong.build(target)
    with pytest.raises(sd.SymderiveError, match="not its forward's"):
        wrong.source(target)
    assert wrong.build(target, check=False)(np.zeros(2)).shape == (2,)
    assert "softmax" in wrong.source(target, check=False)


def test_a_wrong_value_is_not_handed_out() -> None:
    right = sd.derive("softmax")
    wrong = Derivation(right.derived, right.stable, lambda x: np.exp(x) / np.sum(np.exp(x)))
    with pytest.raises(sd.SymderiveError, match="run by NumPy"):
        wrong.build()


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dims", ["b n", "n"])
def test_a_maximum_that_loses_rows_is_seen(
    target: str, dims: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("symderive.schedule.residuals.compared", lambda *_: frozenset())
    derivation = sd.derive(gated, x=dims, w=dims)
    with pytest.raises(sd.SymderiveError, match="closed form"):
        derivation.build(target)
    if target == "numpy":
        assert not any(derivation.verify(quick=True, seed=seed).ok for seed in range(5))


def test_a_gradient_of_another_shape_is_seen() -> None:
    derivation = sd.derive("linear")
    kernel = derivation.build()

    def longer(residuals: Any, dy: Array) -> tuple[Array, ...]:
        first, *others = kernel.bwd(residuals, dy)
        return (np.concatenate([first, first]), *others)

    found = check_code(derivation.derived, replace(kernel, bwd=longer))
    assert found.verdict == "failed" and "shape" in found.detail[0]


def test_code_that_raises_is_not_handed_out() -> None:
    derivation = sd.derive("relu")

    def broken(*_: Any) -> Any:
        raise IndexError("too many indices")

    kernel = replace(derivation.build(), bwd=broken)
    faults = Once(derivation.derived, derivation.function).faults(
        "numpy", "float64", lambda: kernel
    )
    assert any("IndexError: too many indices" in line for c in faults for line in c.detail)


def test_what_numpy_cannot_run_at_small_lengths_is_not_refused() -> None:
    def choosy(x: Array) -> Array:
        if x.shape[-1] != 4096:
            raise ValueError("4096 only")
        return np.maximum(x, 0)

    derivation = sd.derive("relu")
    wrong = with_gradient(derivation, 2)
    assert Derivation(wrong.derived, wrong.stable, choosy).build()(np.ones(2)).shape == (2,)


def test_a_kink_is_no_defect() -> None:
    """At 0 the code takes one slope of several; differences find another."""
    d = sd.derive(lambda x: np.abs(np.round(x)) + np.maximum(np.floor(x), 0.0), x="b n")
    assert check_code(d.derived, d.build()).verdict == "passed"


def test_each_target_is_run_once(monkeypatch: pytest.MonkeyPatch) -> None:
    derivation, made = sd.derive("softmax"), []
    monkeypatch.setattr("symderive.verify.once.Once._agrees", lambda *a: made.append(a) or True)
    for target in ("numpy", "numpy", "numpy-tuned"):
        derivation.build(target)
        derivation.source(target)
    assert len(made) == 2
