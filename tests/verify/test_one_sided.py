"""The certificate knows the slope of what is smooth as a whole, whatever the calculus says."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.verify.check import Check
from symderive.verify.edges import EDGES
from symderive.verify.subject import Subject, run_edge

Array = Any
NAME = "edge: ties and kinks"


def loss_of_logits(x: Array, t: Array) -> Array:
    return np.maximum(x, 0) - x * t + np.log1p(np.exp(-np.abs(x)))


def two_halves(x: Array, t: Array) -> Array:
    return np.maximum(x - 1, 0) + np.minimum(x, 1) * t**2


def stable_sigmoid(x: Array, t: Array) -> Array:
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e) * t


def verdict(forward: Callable[..., Array]) -> Check:
    derivation = sd.derive(forward, x="b n", t="b n")
    subject = Subject.of(derivation.derived, derivation.build(), 0)
    assert subject is not None
    return run_edge(NAME, EDGES[NAME], subject)


@pytest.mark.parametrize("forward", [loss_of_logits, two_halves, stable_sigmoid])
def test_kinks_that_cancel_pass(forward: Callable[..., Array]) -> None:
    assert verdict(forward).ok


@pytest.mark.parametrize("forward", [loss_of_logits, stable_sigmoid])
def test_a_convention_for_each_kink_fails(
    forward: Callable[..., Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    derive = importlib.import_module("symderive.calculus.derive")
    monkeypatch.setattr(derive, "with_sides", lambda program: program)
    found = verdict(forward)
    assert not found.ok
    assert "the slope from either side" in str(found)
