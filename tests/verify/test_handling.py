"""Kernels that mishandle arrays in one way each, and the check that must see it."""

from __future__ import annotations

from typing import Any

import numpy as np

from symderive.verify.handling import HANDLING, check_handling
from symderive.verify.subject import Subject, run_edge

Array = Any


def verdict(example: Any, what: str, **changes: Any) -> str:
    subject = Subject.of(example.derived, example.with_kernel(**changes), 0)
    assert subject is not None
    name = f"handling: {what}"
    return run_edge(name, HANDLING[name], subject).verdict


def test_right_kernels_pass(example: Any) -> None:
    assert [str(c) for c in check_handling(example.derived, example.kernel) if not c.ok] == []


def test_reading_past_the_strides_is_seen(softmax_example: Any) -> None:
    right = softmax_example.kernel.bwd

    def contiguous_only(residuals: Any, dy: Array) -> Any:
        flat = np.lib.stride_tricks.as_strided(dy, dy.shape, np.empty(dy.shape, dy.dtype).strides)
        return right(residuals, flat if dy.strides and all(dy.strides) else dy)

    assert verdict(softmax_example, "layout of the cotangent", bwd=contiguous_only) == "failed"


def test_writing_to_the_cotangent_is_seen(softmax_example: Any) -> None:
    def in_place(residuals: Any, dy: Array) -> Any:
        (y,) = residuals
        dy -= np.sum(y * dy, axis=-1, keepdims=True)
        return (y * dy,)

    assert verdict(softmax_example, "inputs are not written to", bwd=in_place) == "failed"
    assert verdict(softmax_example, "layout of the cotangent", bwd=in_place) == "failed"


def test_using_up_the_residuals_is_seen(softmax_example: Any) -> None:
    def in_place(residuals: Any, dy: Array) -> Any:
        (y,) = residuals
        inner = np.sum(y * dy, axis=-1, keepdims=True)
        y *= dy - inner
        return (y,)

    what = "residuals survive two backward calls"
    assert verdict(softmax_example, what, bwd=in_place) == "failed"
    assert verdict(softmax_example, "no shared memory", bwd=in_place) == "failed"


def test_handing_back_the_input_is_seen(softmax_example: Any) -> None:
    right = softmax_example.kernel.fwd

    def fwd(x: Array) -> Any:
        return x, right(x)[1]

    assert verdict(softmax_example, "no shared memory", fwd=fwd) == "failed"


def test_a_wider_dtype_is_seen(softmax_example: Any) -> None:
    right = softmax_example.kernel

    def fwd(x: Array) -> Any:
        y, residuals = right.fwd(x)
        return y.astype(np.float64), residuals

    assert verdict(softmax_example, "dtypes", fwd=fwd) == "failed"


def test_a_half_precision_sum_is_seen(softmax_example: Any) -> None:
    def fwd(x: Array) -> Any:
        e = np.exp(x - np.max(x, axis=-1, keepdims=True))
        y = e / np.cumsum(e, axis=-1, dtype=e.dtype)[..., -1:]
        return y, (y,)

    def bwd(residuals: Any, dy: Array) -> Any:
        (y,) = residuals
        inner = np.cumsum(y * dy, axis=-1, dtype=y.dtype)[..., -1:]
        return (y * (dy - inner),)

    assert verdict(softmax_example, "long float16 rows", fwd=fwd, bwd=bwd) == "failed"
