"""Sloppy kernels are measured as what they are, good ones stay within a few units."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.verify.accuracy import ALLOWED, check_accuracy, measure
from symderive.verify.beside_text import check_beside_text
from symderive.verify.gradients import forward_errors
from symderive.verify.points import points
from symderive.verify.sampling import evaluate_forward

pytestmark = pytest.mark.thinned(2)

Array = Any


def test_softmax_stays_within_three_units(softmax_example: Any) -> None:
    for figures in measure(softmax_example.derived, softmax_example.kernel):
        assert figures.forward.worst <= 3
        assert figures.backward.worst <= 3
        assert figures.recognised


def test_a_result_rounded_to_fewer_digits_fails(softmax_example: Any) -> None:
    right = softmax_example.kernel.fwd

    def coarse(x: Array) -> Any:
        y, residuals = right(x)
        return np.round(y.astype(float), 5).astype(y.dtype), residuals

    forward, _ = check_accuracy(softmax_example.derived, softmax_example.with_kernel(fwd=coarse))
    assert forward.verdict == "failed"
    assert forward.measured is not None and forward.measured > ALLOWED


def test_overflow_past_the_range_of_exp_is_a_stated_limit(softmax_example: Any) -> None:
    def plain(x: Array) -> Any:
        e = np.exp(x)
        y = e / np.sum(e, axis=-1, keepdims=True)
        return y, (y,)

    forward, _ = check_accuracy(softmax_example.derived, softmax_example.with_kernel(fwd=plain))
    assert forward.verdict == "limited"
    assert forward.detail


def test_cancellation_in_the_backward_is_seen(examples: Any) -> None:
    example = examples["cross_entropy"]()

    def cancelling(residuals: Any, dy: Array) -> Any:
        (dx,) = example.kernel.bwd(residuals, dy)
        return ((dx + dx.dtype.type(64)) - dx.dtype.type(64),)

    _, backward = check_accuracy(example.derived, example.with_kernel(bwd=cancelling))
    assert backward.verdict == "failed"


def test_the_size_of_softmax_is_the_known_one(softmax_example: Any) -> None:
    """The condition-scaled size of softmax is y (1 + |x - max|), to a factor of two."""
    program = softmax_example.derived.forward
    for point in points(program, 0):
        evaluator = evaluate_forward(program, point)
        size = forward_errors(program, evaluator).errors["o"]
        x, y = evaluator.arrays["x"], evaluator.arrays["o"]
        shift = np.abs(x - x.max(axis=-1, keepdims=True))
        known = y * (1 + np.maximum(shift, np.sum(y * shift, axis=-1, keepdims=True)))
        assert np.all(size <= 3 * known) and np.all(known <= 3 * size)


def test_a_rewrite_that_loses_what_the_text_keeps_fails() -> None:
    """log(-expm1(-x)) beside log1p(-exp(-x)): 0 far out, which a size of its own terms forgives."""
    d = sd.derive(lambda x: np.log1p(-np.exp(-np.abs(x))), x="n")
    kernel = d.build()

    def rewritten(x: Array) -> Any:
        return np.log(-np.expm1(-np.abs(x))), kernel.fwd(x)[1]

    worse = SimpleNamespace(fwd=rewritten, bwd=kernel.bwd)
    assert check_beside_text(d.derived, kernel).verdict == "passed"
    found = check_beside_text(d.derived, worse)
    assert found.verdict == "failed" and "the text itself" in found.detail[0]


def test_what_the_text_loses_itself_is_no_failure() -> None:
    d = sd.derive(lambda x: np.sqrt(1 + x * x) - 1, x="n")
    assert check_beside_text(d.derived, d.build()).verdict == "passed"
