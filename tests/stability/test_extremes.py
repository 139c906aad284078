"""At extremes the stabilised program is right wherever the true value is representable, and the
written one is not."""

from __future__ import annotations

import numpy as np
import pytest

from symderive.calculus import derive
from symderive.frontends import trace
from symderive.frontends.primitives import erf
from symderive.index.evaluate import Evaluator
from symderive.stability import stabilise, stabilise_backward
from symderive.verify.precise import arithmetic, as_float

pytestmark = pytest.mark.thinned(4)

BIG = [1000.0, -1000.0, 1999.0, -1999.0, -500.0, 500.0, 37.0, -37.0, 1e-9, -1e-9, 0.5]


def softmax(x):
    return np.exp(x) / np.exp(x).sum()


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


FORWARDS = {
    "sigmoid": sigmoid,
    "sigmoid, other tail": lambda x: np.exp(x) / (1 + np.exp(x)),
    "one minus a sigmoid": lambda x: 1 - sigmoid(x),
    "a product of tails": lambda x: sigmoid(x) * (1 - sigmoid(x)),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "tanh": lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
    "tanh by squares": lambda x: (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1),
    "tanh by a sigmoid": lambda x: 2 / (1 + np.exp(-2 * x)) - 1,
    "one minus a squared tanh": lambda x: 1 - np.tanh(x) ** 2,
    "one plus a tanh": lambda x: 0.5 * x * (1 + np.tanh(x)),
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "log sigmoid": lambda x: np.log(sigmoid(x)),
    "log of one minus a sigmoid": lambda x: np.log(1 - sigmoid(x)),
    "log of the other tail": lambda x: np.log(np.exp(x) / (1 + np.exp(x))),
    "focal": lambda x: (1 - sigmoid(x)) ** 2 * np.log(sigmoid(x)),
    "binary cross entropy": lambda x: -np.mean(
        0.25 * np.log(sigmoid(x)) + 0.75 * np.log(1 - sigmoid(x))
    ),
    "logit of a sigmoid": lambda x: np.log(sigmoid(x) / (1 - sigmoid(x))),
    "log cosh": lambda x: np.log(np.cosh(x)) + np.log(2),
    "expm1": lambda x: np.exp(-np.abs(x)) - 1,
    "bernoulli": lambda x: x / (np.exp(np.abs(x)) - 1),
    "bose": lambda x: np.exp(x**2) / (np.exp(x**2) - 1),
    "inverse softplus": lambda x: np.log(np.exp(np.abs(x)) - 1),
    "log of one minus exp": lambda x: np.log(1 - np.exp(-np.abs(x))),
    "log1p": lambda x: np.log(1 + x**2),
    "mish": lambda x: x * np.tanh(np.log(1 + np.exp(x))),
    "gated": lambda x: np.exp(x) / (np.exp(x) + np.exp(x**2)),
    "gelu": lambda x: x * (1 + erf(x / np.sqrt(2))) / 2,
    "softmax": softmax,
    "log of softmax": lambda x: np.log(softmax(x)),
    "log of half a softmax": lambda x: np.log(softmax(x) / 2),
    "log softmax": lambda x: x - np.log(np.exp(x).sum()),
    "logsumexp": lambda x: np.log(np.exp(x).sum()),
    "entropy": lambda x: -np.sum(softmax(x) * np.log(softmax(x))),
    "perplexity": lambda x: np.exp(-np.mean(np.log(softmax(x) ** 0.5))/1e3),
    "softmax of one more": lambda x: np.exp(x) / (1 + np.exp(x).sum()),
    "weighted": lambda x: (np.exp(x) * x).sum() / np.exp(x).sum(),
    "temperature": lambda x: np.exp(x / 0.1) / np.exp(x / 0.1).sum(),
    "softmin": lambda x: np.exp(-x) / np.exp(-x).sum(),
    "log mean exp": lambda x: np.log(np.mean(np.exp(x))),
    "p norm of exponentials": lambda x: np.log((np.exp(x) ** 2).sum()) / 2,
    "shifted already": lambda x: np.exp(x - x.max()) / np.exp(x - x.max()).sum(),
    "log1p of a sum": lambda x: np.log1p(np.exp(x).sum()),
    "likelihood ratio": lambda x: np.log(np.prod(sigmoid(x))),
}  # fmt: skip
ROBUST = {
    "sigmoid",
    "silu",
    "shifted already",
}  # as they are written, they are right here, if with warnings


def outcome(program, x, exact=None):
    arrays = {"x": exact.lift(x) if exact else np.array(x)}
    evaluator = Evaluator(arrays, {"n": len(x)}, *([exact.functions] if exact else []))
    for a in program.assignments:
        evaluator.assign(a.tensor, a.indices, a.value)
    return evaluator.arrays[program.output.tensor.name]


def truth(program, x):
    return as_float(outcome(program, x, arithmetic(2000)))


@pytest.mark.parametrize("name", FORWARDS)
def test_right_at_extremes(name):
    written = trace(FORWARDS[name], {"x": "n"})
    stable = stabilise(written).program
    batches = [[x] for x in BIG] + [BIG, BIG[4:], [1000.0, 999.0, 998.0], [-1999.0, -2000.0]]
    naive_fails = False
    for x in batches:
        wanted = truth(written, x)
        found = outcome(stable, x)
        seen = np.isfinite(wanted)  # beyond the range of float64 there is nothing to compare
        np.testing.assert_allclose(
            found[seen], wanted[seen], rtol=1e-10, atol=1e-16, err_msg=str(x)
        )
        naive = outcome(written, x)
        naive_fails |= not np.allclose(naive[seen], wanted[seen], rtol=1e-10, atol=0)
    assert naive_fails or name in ROBUST


def gradient(forward, backward, x, exact=None):
    """The backward at the residuals of the forward, in float64 or in many digits."""
    lift = exact.lift if exact else np.asarray
    evaluator = Evaluator({"x": lift(x)}, {"n": len(x)}, *([exact.functions] if exact else []))
    for a in forward.assignments:
        evaluator.assign(a.tensor, a.indices, a.value)
    cotangent = backward.arguments[-1].tensor
    evaluator.arrays[cotangent.name] = lift(
        np.linspace(0.5, 1.5, len(x)) if cotangent.dims else 1.0
    )
    for a in backward.assignments:
        evaluator.assign(a.tensor, a.indices, a.value)
    return evaluator.arrays[backward.outputs[0].tensor.name]


@pytest.mark.parametrize("name", FORWARDS)
def test_backward_right_at_extremes(name):
    written = trace(FORWARDS[name], {"x": "n"})
    derived = derive(stabilise(written).program, written)
    backward = stabilise_backward(derived.backward).program
    for x in (BIG[4:], [1000.0, 999.0, 998.0], [-1999.0], [-1000.0, 37.0], [1e6], [-1e6]):
        wanted = as_float(gradient(derived.forward, derived.backward, x, arithmetic(1000)))
        found = gradient(derived.forward, backward, x)
        seen = np.isfinite(wanted)
        np.testing.assert_allclose(found[seen], wanted[seen], rtol=1e-6, atol=1e-12, err_msg=str(x))


def test_gate_of_two():
    written = trace(lambda x, z: np.exp(x) / (np.exp(x) + np.exp(z)), {"x": "n", "z": "n"})
    stable = stabilise(written).program
    arrays = {"x": np.array([1000.0, 0.0, -1e4]), "z": np.array([999.0, 1e4, -1e4])}
    (s,) = stable.assignments
    evaluator = Evaluator(arrays, {"n": 3})
    np.testing.assert_allclose(
        evaluator.assign(s.tensor, s.indices, s.value), [1 / (1 + np.exp(-1)), 0, 0.5]
    )


def test_variance_of_a_large_mean():
    x = 1e8 + np.array([1.0, 2.0, 3.0, 4.0])
    for forward in (
        lambda x: np.mean(x**2) - np.mean(x) ** 2,
        lambda x: (np.sum(x * x) - np.sum(x) ** 2 / x.size) / x.size,
        lambda x: (np.sum(x**2) - x.size * np.mean(x) ** 2) / x.size,
    ):
        written = trace(forward, {"x": "n"})
        np.testing.assert_allclose(outcome(stabilise(written).program, x), 1.25, rtol=1e-12)
        assert abs(outcome(written, x) - 1.25) > 0.1


def test_covariance_of_large_means():
    written = trace(
        lambda x, z: np.mean(x * z, axis=-1) - np.mean(x, axis=-1) * np.mean(z, axis=-1),
        {"x": "b n", "z": "b n"},
    )
    stable = stabilise(written)
    assert [s.rule for s in stable.steps] == ["variance"]


def test_masked_softmax_ignores_what_is_masked():
    """The maximum is taken over what the sum takes in: a huge masked score must not wipe out the
    row."""

    def masked(x, mask):
        e = np.where(mask == 1, np.exp(x), 0)
        return e / e.sum(axis=-1, keepdims=True)

    from symderive.index.domains import integers

    stable = stabilise(trace(masked, {"x": "b n", "mask": integers("b n", below=2)})).program
    evaluator = Evaluator(
        {"x": np.array([[1e4, 0.0, 0.0]]), "mask": np.array([[0, 1, 1]])}, {"b": 1, "n": 3}
    )
    for a in stable.assignments:
        evaluator.assign(a.tensor, a.indices, a.value)
    np.testing.assert_array_equal(evaluator.arrays[stable.output.tensor.name], [[0, 0.5, 0.5]])


@pytest.mark.parametrize("product", ["bracket", "labels"])
def test_causal_softmax_ignores_the_future(product):
    def causal(S):
        i = np.arange(S.shape[0])
        e = np.exp(S) * (i[:, None] >= i[None, :])
        return e / e.sum(axis=1, keepdims=True)

    def labelled(S, keep):
        e = np.exp(S) * keep
        return e / e.sum(axis=1, keepdims=True)

    from symderive.index.domains import integers

    if product == "bracket":
        stable = stabilise(trace(causal, {"S": "n n"})).program
    else:
        stable = stabilise(trace(labelled, {"S": "n n", "keep": integers("n n", below=2)})).program
    S = np.array([[0.0, 1e4], [1e4, 1e4 - 1]])
    evaluator = Evaluator({"S": S, "keep": np.tril(np.ones((2, 2), int))}, {"n": 2})
    for a in stable.assignments:
        evaluator.assign(a.tensor, a.indices, a.value)
    y = evaluator.arrays[stable.output.tensor.name]
    np.testing.assert_allclose(y, [[1, 0], [1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1))]])
