"""1 - p where p is almost 1, in losses and inside operators that nobody named: right to all
digits, forwards and backwards."""

from __future__ import annotations

import numpy as np
import pytest

import symderive as sd
from symderive.frontends import trace
from symderive.index.domains import integers
from symderive.stability import stabilise
from symderive.stability.complement import name_complements

from .exact import relative_errors

pytestmark = pytest.mark.thinned(4)

X = np.array([[30.0, 0.0, -1.0, 2.0], [0.0, 25.0, 1.0, 2.0], [1.0, 2.0, 3.0, 4.0]])
T = np.array([0, 1, 2])
LABELLED = {"x": "b n", "t": integers("b", below="n")}
CLOSE = 60.0  # eps: exp(x - max) of 30 alone may be off by 15


def softmax(x):
    e = np.exp(x)
    return e / np.sum(e, axis=-1, keepdims=True)


def log_softmax(x):
    return x - np.log(np.sum(np.exp(x), axis=-1, keepdims=True))


def nll_of_softmax(x, t):
    return -np.mean(np.log(softmax(x)[np.arange(len(t)), t]))


def weighted(x, t, w):
    return -np.sum(w * log_softmax(x)[np.arange(len(t)), t]) / np.sum(w)


def focal_in_logs(x, t):
    hit = log_softmax(x)[np.arange(len(t)), t]
    return -np.mean((1 - np.exp(hit)) ** 2 * np.square(hit - 1))


def brier_of_one(x, t):
    miss = 1 - softmax(x)[np.arange(len(t)), t]
    return np.mean(miss * miss)


def penalised(x, t):
    lse = np.log(np.sum(np.exp(x), axis=-1))
    return np.mean(lse - x[np.arange(len(t)), t] + 1e-18 * lse**2)


LOSSES = {
    "with a penalty": (penalised, False),
    "cross entropy": ("cross_entropy", False),
    "nll of softmax": (nll_of_softmax, False),
    "focal": ("focal_loss", True),
    "focal in logs": (focal_in_logs, True),
    "brier": (brier_of_one, True),
}


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("name", LOSSES)
def test_gradient_of_a_loss_where_the_right_class_is_almost_sure(name, target):
    loss, forward_too = LOSSES[name]
    domains = {} if isinstance(loss, str) else LABELLED
    for rows in (slice(0, 1), slice(0, 3)):
        forward, backward = relative_errors(loss, domains, [X[rows], T[rows]], 1.0, target=target)
        assert backward < CLOSE
        assert forward < CLOSE or not forward_too


def test_weights_of_classes():
    domains = {**LABELLED, "w": "b"}
    _, dx, _ = relative_errors(weighted, domains, [X, T, np.array([1.0, 2.0, 0.5])], 1.0)
    assert dx < CLOSE


ELEMENTWISE = {
    "log of the rest": lambda x: np.log(1 - softmax(x)),
    "log1p of the rest": lambda x: np.log1p(-softmax(x)),
    "odds": lambda x: softmax(x) / (1 - softmax(x)),
    "root of the rest": lambda x: (1 - softmax(x)) ** 0.5,
    "focal of every class": lambda x: (1 - softmax(x)) ** 2 * np.log(softmax(x)),
}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_rest_of_every_class(name):
    for x in (X, X / 10, np.array([[0.0, -60.0, -80.0, -90.0]])):
        forward, _ = relative_errors(ELEMENTWISE[name], {"x": "b n"}, [x], np.ones(x.shape))
        assert forward < 200  # e^-90 alone may be off by 45


def test_another_axis_and_an_own_maximum():
    def rest(x):
        e = np.exp(x - x.max(axis=0))
        return np.sqrt(1 - e / e.sum(axis=0))

    forward, _ = relative_errors(rest, {"x": "b n"}, [X.T.copy()], np.ones((4, 3)))
    assert forward < CLOSE


def test_what_does_not_sum_to_one_is_left():
    cases = (
        lambda x: 1 - np.exp(x) / np.sum(np.exp(2 * x), axis=-1, keepdims=True),
        lambda x: 1 - x / np.sum(x, axis=-1, keepdims=True),  # x may be below 0
        lambda x: 1 - 2 * softmax(x),
    )
    for case in cases:
        program = trace(lambda x, case=case: np.log(2 + case(x)), {"x": "b n"})
        assert name_complements(program) is None


def test_a_nan_or_an_infinity_in_a_row_stays_in_it():
    k = sd.derive("cross_entropy").build()
    x = np.array([[1.0, np.nan, 0.0], [1.0, 2.0, 3.0], [np.inf, 0.0, 0.0], [-np.inf, 0.0, 1.0]])
    _, residuals = k.fwd(x, np.array([0, 2, 1, 1]))
    (dx,) = k.bwd(residuals, np.float64(1.0))
    assert np.isnan(dx[0]).all()
    assert np.isfinite(dx[1]).all() and np.isfinite(dx[3]).all()
    assert dx[3, 0] == 0


def test_the_name_is_given_once():
    program = trace(
        lambda x, t: (
            np.mean((1 - softmax(x)[np.arange(len(t)), t]) ** 2)
            + np.mean(np.sqrt(1 - softmax(x)[np.arange(len(t)), t]))
        ),
        LABELLED,
    )
    assert sum(a.opaque for a in stabilise(program).program.assignments) == 1
