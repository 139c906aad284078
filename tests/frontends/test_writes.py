"""In-place arithmetic and item assignment mean what they mean in NumPy, through every alias and
view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from symderive.errors import InputError, NotSupportedError
from symderive.frontends.trace import trace
from symderive.index.domains import integers

from .evaluating import agrees

M = {"x": "b n"}
LABELS = {"x": "b n", "t": integers("b", below="n")}


def same_object(x):
    y = x
    y += 1
    return x * 2


def rebinding(x):
    y = x
    y = y + 1
    return x * y


def all_operators(x):
    y = x.copy()
    y += 1
    y -= x * 3
    y *= 2
    y /= np.exp(x)
    y **= 2
    return y + x


def transposed_view(x):
    y = x.T
    y *= 2
    return x


def view_sees_write(x):
    y = x.T
    x += 1
    return y


def view_of_view(x):
    y = x[1:].T[0]
    y += 5
    return x


def row(x):
    y = x[0]
    y *= 2
    return x * y


def reshaped(x):
    y = x.reshape(-1)
    y += 1
    return x * 3


def new_axis(x):
    y = x[:, None]
    y -= 2
    return x


def copy_is_apart(x):
    y = x.copy()
    y += 1
    return x * y


def flatten_is_apart(x):
    y = x.flatten()
    y += 1
    return x + y.sum()


def gathered_is_apart(x, t):
    y = x[np.arange(len(t)), t]
    y += 1
    return x * y[:, None]


def whole(x):
    out = np.empty_like(x)
    out[...] = x * 2
    return out + x


def columns(x):
    out = np.zeros_like(x)
    out[:, 0] = x[:, 1]
    out[..., -1] = 3.0
    return out * x


def halves(x):
    out = np.zeros(x.shape)
    half = x.shape[1] // 2
    out[:, :half] = x[:, half:]
    out[:, half:] = -x[:, :half]
    return out


def inner_part(x):
    out = x * 1.0
    out[:, 1:-1] = (x[:, :-2] + x[:, 2:]) / 2
    return out


def strided(x):
    out = np.zeros_like(x)
    out[:, ::2] = x[:, 1::2]
    return out


def reversed_part(x):
    out = np.zeros_like(x)
    out[:, ::-1] = x
    return out


def masked(x):
    out = x.copy()
    out[x < 0] = 0
    return out


def masked_rows(x):
    out = x.copy()
    out[x.sum(axis=1) > 0] = -1.0
    return out


def masked_attribute(x):
    mask = x <= 0
    out = x.copy()
    out[mask] = 0.5
    return np.where(mask, out * 2, out)


def slice_update(x):
    x = x * 1.0
    x[:, 1:] += x[:, :-1]
    return x


def row_by_number(x):
    out = np.zeros((2, x.shape[1]))
    for n in range(2):
        out[n] = x[n] * (n + 1)
    return out


def at_labels(x, t):
    dx = np.exp(x)
    dx[np.arange(x.shape[0]), t] -= 1
    return dx / x.shape[0]


def set_at_labels(x, t):
    y = np.zeros_like(x)
    y[np.arange(len(t)), t] = 1.0
    return y * x


def add_at_labels(x, t):
    total = np.zeros((x.shape[1],))
    np.add.at(total, t, x[:, 0])
    return total


def add_rows_at_labels(x, t):
    total = np.zeros((x.shape[1], x.shape[1]))
    np.add.at(total, t, x)
    return total


def out_argument(x):
    y = np.zeros_like(x)
    np.exp(x, out=y)
    np.multiply(y, x, out=y)
    return y


def diagonal_by_arange(A):
    A = A * 1.0
    A[np.arange(A.shape[0]), np.arange(A.shape[0])] = 0.0
    return A


PLAIN: list[Callable[..., Any]] = [
    same_object,
    rebinding,
    all_operators,
    transposed_view,
    view_sees_write,
    view_of_view,
    row,
    reshaped,
    new_axis,
    copy_is_apart,
    flatten_is_apart,
    whole,
    columns,
    halves,
    inner_part,
    strided,
    reversed_part,
    masked,
    masked_rows,
    masked_attribute,
    slice_update,
    row_by_number,
    out_argument,
]
LABELLED: list[Callable[..., Any]] = [
    gathered_is_apart,
    at_labels,
    set_at_labels,
    add_at_labels,
    add_rows_at_labels,
]
CASES: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    *((forward, M) for forward in PLAIN),
    *((forward, LABELS) for forward in LABELLED),
    (diagonal_by_arange, {"A": "n n"}),
]


@pytest.mark.parametrize(("forward", "domains"), CASES, ids=[c[0].__name__ for c in CASES])
def test_write_means_what_numpy_means(forward: Callable[..., Any], domains: dict[str, Any]) -> None:
    agrees(forward, domains)


def repeated_labels(x, t):
    y = np.zeros_like(x)
    y[t] = 1.0
    return y * x


def mask_with_array(x):
    x[x > 0] = x.sum()[None]
    return x


def grows(x):
    y = x.sum(axis=1)
    y += x
    return y


def real_into_whole(x):
    y = np.zeros(x.shape, dtype=int)
    y[0] = x[0]
    return y * x


@pytest.mark.parametrize(
    ("forward", "domains", "error", "words"),
    [
        (
            repeated_labels,
            {"x": "n m", "t": integers("b", below="n")},
            NotSupportedError,
            "may repeat",
        ),
        (mask_with_array, M, NotSupportedError, "np.where"),
        (grows, M, InputError, "line up"),
        (real_into_whole, M, InputError, "whole numbers"),
    ],
)
def test_write_that_cannot_be_right_is_refused(
    forward: Callable[..., Any], domains: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        trace(forward, domains)
    assert __file__ in str(caught.value)
