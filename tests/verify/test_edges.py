"""Kernels that go wrong at one edge each, and the check that must see it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.verify.edges import EDGES, check_edges
from symderive.verify.subject import Subject, run_edge

Array = Any


def verdict(example: Any, edge: str, **changes: Any) -> str:
    subject = Subject.of(example.derived, example.with_kernel(**changes), 0)
    assert subject is not None
    return run_edge(edge, EDGES[edge], subject).verdict


def changed_output(example: Any, change: Any) -> Any:
    right = example.kernel.fwd

    def fwd(*inputs: Array) -> Any:
        y, residuals = right(*inputs)
        return change(y, *inputs), residuals

    return fwd


def changed_gradient(example: Any, change: Any) -> Any:
    right = example.kernel.bwd
    return lambda residuals, dy: tuple(change(g) for g in right(residuals, dy))


def test_every_edge_holds_for_right_kernels(example: Any) -> None:
    assert [str(c) for c in check_edges(example.derived, example.kernel) if not c.ok] == []


def test_a_row_of_zeros_for_a_row_of_only_minus_infinity_is_seen(softmax_example: Any) -> None:
    edge = "edge: a row of only -inf"
    assert verdict(softmax_example, edge) == "passed"
    zeros = changed_output(softmax_example, lambda y, x: np.nan_to_num(y))
    assert verdict(softmax_example, edge, fwd=zeros) == "failed"


def sigmoid_of_a_quotient(x: Any) -> Any:
    return np.exp(x) / (1 + np.exp(x))


def grown(x: Any) -> Any:
    return x * np.exp(x) / (1 + np.exp(x))


@pytest.mark.parametrize(
    ("forward", "wrong"),
    [(sigmoid_of_a_quotient, 0.0), (sigmoid_of_a_quotient, np.inf), (grown, 1)],
)
def test_a_rewrite_may_return_the_limit_where_a_spelling_hides_it(forward: Any, wrong: Any) -> None:
    derivation = sd.derive(forward, x="b n")
    kernel = derivation.build()
    checks = {c.name: c for c in check_edges(derivation.derived, kernel)}
    assert checks["edge: +inf"].ok

    class Wrong:
        bwd = staticmethod(kernel.bwd)

        @staticmethod
        def fwd(x: Any) -> Any:
            y, residuals = kernel.fwd(x)
            return np.where(np.isposinf(x), wrong, y), residuals

    checks = {c.name: c for c in check_edges(derivation.derived, Wrong())}
    assert not checks["edge: +inf"].ok


@pytest.mark.parametrize("value", [0.0, 1 / 3])
def test_a_row_of_only_minus_infinity_has_no_limit(softmax_example: Any, value: float) -> None:
    edge = "edge: a row of only -inf"
    filled = changed_output(softmax_example, lambda y, x: np.where(np.isnan(y), value, y))
    assert verdict(softmax_example, edge, fwd=filled) == "failed"


def test_a_shift_by_minus_infinity_is_seen(softmax_example: Any) -> None:
    def poisoned(y: Array, x: Array) -> Array:
        return y + 0 * np.where(np.isinf(x).any(), np.inf, 0)

    edge = "edge: some -inf"
    assert verdict(softmax_example, edge) == "passed"
    fwd = changed_output(softmax_example, poisoned)
    assert verdict(softmax_example, edge, fwd=fwd) == "failed"


def test_a_hidden_nan_is_seen(softmax_example: Any) -> None:
    hidden = changed_output(softmax_example, lambda y, x: np.nan_to_num(y))
    assert verdict(softmax_example, "edge: NaN", fwd=hidden) == "failed"
    hidden = changed_gradient(softmax_example, np.nan_to_num)
    assert verdict(softmax_example, "edge: NaN", bwd=hidden) == "failed"


def test_an_error_for_an_empty_axis_is_seen(softmax_example: Any) -> None:
    def strict(y: Array, x: Array) -> Array:
        np.max(x, axis=-1)
        return y

    edge = "edge: empty axes"
    assert verdict(softmax_example, edge) == "passed"
    assert verdict(softmax_example, edge, fwd=changed_output(softmax_example, strict)) == "failed"


def own_shift(x: Any, v: Any) -> Any:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return (e / e.sum(axis=-1, keepdims=True)) @ v


def own_maximum(x: Any, v: Any) -> Any:
    return np.exp(x) @ v * x.max(axis=-1, keepdims=True)


@pytest.mark.parametrize(
    ("forward", "value", "passes"),
    [(own_shift, 0.0, True), (own_shift, 1.0, False), (own_maximum, 0.0, False)],
)
def test_a_shift_of_nothing_is_0_and_a_maximum_of_nothing_has_no_value(
    forward: Any, value: float, passes: bool
) -> None:
    derivation = sd.derive(forward, x="b n", v="n m")
    kernel = derivation.build()
    edge = "edge: empty axes"
    checks = {c.name: c for c in check_edges(derivation.derived, kernel)}
    assert checks[edge].ok

    class Filled:
        bwd = staticmethod(kernel.bwd)

        @staticmethod
        def fwd(x: Any, v: Any) -> Any:
            if x.shape[1] or forward is own_maximum:
                padded = x if x.shape[1] else np.zeros((len(x), 1))
                return kernel.fwd(padded, v if x.shape[1] else np.zeros((1, v.shape[1])))
            return np.full((len(x), v.shape[1]), value), kernel.fwd(x, v)[1]

    checks = {c.name: c for c in check_edges(derivation.derived, Filled())}
    assert checks[edge].ok is passes


def test_a_lost_axis_is_seen(softmax_example: Any) -> None:
    squeezed = changed_output(softmax_example, lambda y, x: np.squeeze(y))
    assert verdict(softmax_example, "edge: axes of length 1", fwd=squeezed) == "failed"


def test_integers_that_stay_integers_are_seen(softmax_example: Any) -> None:
    whole = changed_output(softmax_example, lambda y, x: y.astype(x.dtype))
    assert verdict(softmax_example, "edge: integer input", fwd=whole) == "failed"


@pytest.mark.parametrize("bad", [-1, 3])
def test_a_label_that_wraps_around_is_seen(examples: Any, bad: int) -> None:
    example = examples["cross_entropy"]()
    right = example.kernel.fwd

    def lenient(x: Array, t: Array) -> Any:
        return right(x, np.where(t == bad, 0, t))

    edge = "edge: labels out of range"
    assert verdict(example, edge) == "passed"
    assert verdict(example, edge, fwd=lenient) == "failed"


def test_a_tie_that_goes_to_the_first_is_seen(examples: Any) -> None:
    example = examples["row_max"]()

    def first(residuals: Any, dy: Array) -> Any:
        x, y = residuals
        won = x == y[..., None]
        won &= np.cumsum(won, axis=-1) == 1
        return (won * np.asarray(dy, x.dtype)[..., None],)

    assert verdict(example, "edge: ties and kinks") == "passed"
    assert verdict(example, "edge: ties and kinks", bwd=first) == "failed"
