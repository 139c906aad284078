"""Sums over pairs that leave out a point and itself, where what is left out is 1/0 or log 0."""

from __future__ import annotations

import numpy as np

from symderive.index.domains import integers, positive
from tests.operators.unseen_table import Array, unseen


def squared_distances(x: Array) -> Array:
    return ((x[:, None, :] - x[None, :, :]) ** 2).sum(axis=-1)


@unseen(x="n d", q="n")
def coulomb_energy(x: Array, q: Array) -> Array:
    r = np.sqrt(squared_distances(x))
    pairs = np.where(np.eye(x.shape[0]) == 1, 0.0, q[:, None] * q[None, :] / r)
    return 0.5 * pairs.sum()


@unseen(x="n d", q="n")
def yukawa_energy(x: Array, q: Array) -> Array:
    r = np.sqrt(squared_distances(x))
    i = np.arange(x.shape[0])
    return np.sum(np.where(i[:, None] < i[None, :], np.exp(-r) / r * q[:, None] * q, 0.0))


@unseen(x="n d")
def lennard_jones_energy(x: Array) -> Array:
    n = x.shape[0]
    s6 = 1 / (1 + np.where(np.eye(n) == 1, 1.0, squared_distances(x))) ** 3
    return np.sum(np.where(np.eye(n) == 1, 0.0, s6**2 - s6))


@unseen(x="n d")
def log_repulsion(x: Array) -> Array:
    i = np.arange(x.shape[0])
    return -np.sum(np.where(i[:, None] != i, np.log(squared_distances(x)), 0.0)) / x.shape[0]


@unseen(x="n d", width=positive("n"))
def uniformity_of_others(x: Array, width: Array) -> Array:
    near = np.exp(-squared_distances(x) * width[:, None])
    near = np.where(np.eye(x.shape[0]) == 1, 0.0, near)
    return np.log(near.sum(axis=1)).mean()


@unseen(z="b d")
def decorrelation(z: Array) -> Array:
    c = z.T @ z / z.shape[0]
    d = c.shape[0]
    apart = np.arange(d)[:, None] != np.arange(d)
    return np.sum(np.where(apart, 0.1 * c**2, (1 - c) ** 2))


@unseen(x="b d", t=integers("b", below=2))
def contrast_of_others(x: Array, t: Array) -> Array:
    g = np.where(np.eye(x.shape[0]) == 1, -1e9, x @ x.T / 0.5)
    log_p = g - np.log(np.sum(np.exp(g), axis=1, keepdims=True))
    friends = (t[:, None] == t[None, :]) & (np.eye(x.shape[0]) == 0)
    return -np.sum(np.where(friends, log_p, 0.0)) / x.shape[0]


@unseen(x="b n", t=integers("b", below="n"))
def runner_up_margin(x: Array, t: Array) -> Array:
    others = np.where(np.arange(x.shape[1]) == t[:, None], -np.inf, x)
    return np.mean(x[np.arange(len(t)), t] - np.log(np.sum(np.exp(others), axis=1)))


@unseen(x="n d")
def inverse_distances(x: Array) -> Array:
    r = np.linalg.norm(x[:, None] - x[None], axis=-1)
    return np.where(np.eye(x.shape[0]) == 1, 0, 1 / r)


@unseen(x="b d", t=integers("b", below=2))
def friends_and_strangers(x: Array, t: Array) -> Array:
    d = squared_distances(x)
    friends = (t[:, None] == t[None, :]) & (np.eye(len(t)) == 0)
    near = np.sum(np.where(friends, 1 / np.sqrt(d), 0))
    return near + np.sum(np.where(t[:, None] != t[None, :], np.exp(-d), 0))
