"""Slices of slices, rolls of rolls, and elements at places that the forward itself knows."""

from __future__ import annotations

import numpy as np

from tests.operators.unseen_table import Array, unseen

KEPT = np.array([True, False, True])
BELOW = np.tril(np.ones((3, 3), bool), -1)


@unseen(x="b t")
def second_difference(x: Array) -> Array:
    return np.diff(x, n=2, axis=1)


@unseen(x="t")
def difference_of_differences(x: Array) -> Array:
    d = x[1:] - x[:-1]
    return d[1:] - d[:-1]


@unseen(x="b w")
def neighbouring_differences(x: Array) -> Array:
    d = x[:, 1:] - x[:, :-1]
    return d[:, 1:] * d[:, :-1]


@unseen(x="b t")
def two_steps_later(x: Array) -> Array:
    once = np.concatenate([0 * x[:, :1], x[:, :-1]], axis=1)
    return np.concatenate([0 * x[:, :1], once[:, :-1]], axis=1)


@unseen(x="b w")
def rolled_twice(x: Array) -> Array:
    for _ in range(2):
        x = np.roll(x, 1, axis=1) + np.roll(x, -1, axis=1)
    return x


@unseen(x="b n", k="3")
def circular_convolution(x: Array, k: Array) -> Array:
    return k[0] * np.roll(x, -1, axis=1) + k[1] * x + k[2] * np.roll(x, 1, axis=1)


@unseen(x="h w")
def lattice_energy(x: Array) -> Array:
    right, below = np.roll(x, -1, axis=1), np.roll(x, -1, axis=0)
    return np.sum(x * (right + below)) / np.sum(np.roll(x, (1, 2), axis=(0, 1)) ** 2)


@unseen(x="n")
def nonlinear_advection(x: Array) -> Array:
    for _ in range(2):
        x = x - 0.05 * x * (np.roll(x, -1) - np.roll(x, 1))
    return x


@unseen(x="b n")
def previous_one(x: Array) -> Array:
    return np.tanh(x) * x[:, np.arange(x.shape[1]) - 1]


@unseen(c="n", x="b n")
def circulant(c: Array, x: Array) -> Array:
    i = np.arange(c.shape[0])
    return x @ c[(i[:, None] - i) % c.shape[0]].T


@unseen(x="b n")
def alternating(x: Array) -> Array:
    return np.where(np.arange(x.shape[1]) % 2 == 0, np.exp(x), -x * x)


@unseen(x="b n")
def neighbours_weighted(x: Array) -> Array:
    a = np.stack([np.roll(x, 1, axis=-1), x, np.roll(x, -1, axis=-1)])
    e = np.exp(a)
    return np.sum(e / np.sum(e, axis=0) * a, axis=0)


@unseen(x="b n")
def every_other_around(x: Array) -> Array:
    return x[:, (2 * np.arange(x.shape[1])) % x.shape[1]] ** 2


@unseen(a="b n", b="b n")
def largest_difference(a: Array, b: Array) -> Array:
    return np.max(np.abs(a - b), axis=-1)


@unseen(x="b w t")
def total_variation(x: Array) -> Array:
    below, beside, here = x[:, 1:, :-1], x[:, :-1, 1:], x[:, :-1, :-1]
    return np.sqrt((below - here) ** 2 + (beside - here) ** 2 + 1).sum((1, 2))


@unseen(x="b n")
def two_steps_and_one(x: Array) -> Array:
    here, near, far = x[:, :-2], x[:, 1:-1], x[:, 2:]
    return np.sqrt((near - here) ** 2 + (far - here) ** 2 + 1).sum(-1)


@unseen(x="3 3")
def off_the_diagonal(x: Array) -> Array:
    return np.sum(x[~np.eye(3, dtype=bool)] ** 2)


@unseen(x="3 3")
def below_the_diagonal(x: Array) -> Array:
    return np.tanh(x[BELOW])


@unseen(x="b 3")
def kept_columns(x: Array) -> Array:
    return x[:, KEPT] * x[:, [-1, 0]]


@unseen(x="n d")
def the_row_before(x: Array) -> Array:
    return x[np.arange(3) - 1] ** 2


@unseen(x="3 3")
def emptied_diagonal(x: Array) -> Array:
    y = np.exp(x)
    y[np.eye(3, dtype=bool)] = 0
    return y
