"""Code that is arranged in other ways than forward and backward, right and wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.errors import SymderiveError


def logistic(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def logistic_prime(z: Any) -> Any:
    return logistic(z) * (1 - logistic(z))


def logistic_derivative(out: Any) -> Any:
    return out * (1 - out)


def logistic_grad(x: Any) -> Any:
    return x * (1 - x)


def weights(x: Any) -> Any:
    e = np.exp(x - np.max(x))
    return e / e.sum()


def weights_jacobian(x: Any) -> Any:
    s = weights(x)
    return np.diagflat(s) - np.outer(s, s)


def weights_diagonal(x: Any) -> Any:
    s = weights(x)
    return s * (1 - s)


def square(target: Any, output: Any) -> Any:
    return ((output - target) ** 2).mean()


def square_grad(target: Any, output: Any) -> Any:
    return 2 * (output - target) / output.size


def square_turned(target: Any, output: Any) -> Any:
    return 2 * (target - output) / output.size


square_turned.__name__ = "square_grad"


def hinge(x: Any, t: Any) -> Any:
    gap = x - t
    return np.sum(gap**2) / len(x), 2 * gap / len(x)


def hinge_halved(x: Any, t: Any) -> Any:
    gap = x - t
    return np.sum(gap**2) / len(x), gap / len(x)


class Sums:
    """Methods by other names."""

    def __init__(self, W: Any) -> None:
        self.W = W

    def run(self, x: Any) -> Any:
        self.x = x
        return x @ self.W

    def rewind(self, dout: Any) -> Any:
        self.dW = self.x.T @ dout
        return dout @ self.W.T

    def rewind_wrong(self, dout: Any) -> Any:
        self.dW = self.x.T @ dout / len(self.x)
        return dout @ self.W.T


class Curve:
    """A derivative that is a method, static."""

    @staticmethod
    def value(x: Any) -> Any:
        return x * x * x

    @staticmethod
    def slope(x: Any) -> Any:
        return 3 * x * x


class Net:
    """A loss that returns its gradients by name."""

    def __init__(self) -> None:
        self.params = {"W": np.ones((4, 3)), "b": np.zeros(3)}

    def loss(self, X: Any, y: Any) -> Any:
        gap = X @ self.params["W"] + self.params["b"] - y
        d = 2 * gap / len(X)
        return (gap**2).sum() / len(X), {"W": X.T @ d, "b": d.sum(0)}

    def error(self, X: Any, y: Any) -> Any:
        gap = X @ self.params["W"] + self.params["b"] - y
        d = 2 * gap / len(X)
        return (gap**2).sum() / len(X), {"W": X.T @ d, "b": d.mean(0)}


ROWS = {"target": "b n", "output": "b n"}
CASES: tuple[tuple[Any, dict[str, str], str], ...] = (
    ((logistic, logistic_prime), {"x": "n"}, "equal"),
    ((logistic, logistic_derivative), {"x": "n"}, "equal"),
    ((logistic, logistic_grad), {"x": "n"}, "different"),
    ((weights, weights_jacobian), {"x": "n"}, "equal"),
    ((weights, weights_diagonal), {"x": "n"}, "different"),
    ((square, square_grad), ROWS, "equal"),
    ((square, square_turned), ROWS, "different"),
    (hinge, {"x": "b n", "t": "b n"}, "equal"),
    (hinge_halved, {"x": "b n", "t": "b n"}, "different"),
    ((Sums, "run", "rewind"), {"x": "b n", "W": "n m"}, "equal"),
    ((Sums.run, Sums.rewind), {"x": "b n", "W": "n m"}, "equal"),
    ((Sums, "run", "rewind_wrong"), {"x": "b n", "W": "n m"}, "different"),
    ((Curve, "value", "slope"), {"x": "n"}, "equal"),
    (Net.error, {"X": "b 4", "y": "b 3"}, "different"),
)


@pytest.mark.parametrize(("given", "dims", "kind"), CASES)
def test_what_is_arranged_otherwise_is_judged(given: Any, dims: Any, kind: str) -> None:
    verdict = sd.audit(given, **dims)
    assert verdict.kind == kind, verdict.text()


def test_what_a_derivative_was_given_is_assumed() -> None:
    said = "logistic_derivative takes no cotangent: it is given the output"
    assumed = sd.audit((logistic, logistic_derivative), x="n").assumed
    assert any(said in a for a in assumed)


def test_an_input_without_a_gradient_is_a_constant_only_where_that_is_said() -> None:
    given = {"X": "b 4", "y": "b 3"}
    assert sd.audit(Net.loss, **given).kind == "cannot tell"
    assert sd.audit(Net.loss, **given, constants=["X"]).ok


class Timed:
    """An argument that is called like one of audit's own."""

    def __init__(self, seconds: Any) -> None:
        self.seconds = seconds

    def forward(self, x: Any) -> Any:
        self.x = x
        return x * self.seconds

    def backward(self, dout: Any) -> Any:
        self.dseconds = (dout * self.x).sum()
        return dout * self.seconds


def test_an_argument_may_be_called_like_one_of_ours() -> None:
    assert sd.audit(Timed, {"seconds": "", "x": "n"}).ok


@pytest.mark.parametrize(
    ("given", "options", "said"),
    [
        ((Sums, "run", "rewinds"), {}, "Did you mean 'rewind'?"),
        ((Sums, "run", "rewind"), {"constants": ["WW"]}, "no array 'WW'"),
        (Net.loss, {"constants": ["bb"]}, "no array 'bb'"),
        (logistic, {}, "no number with gradients beside it"),
        (Sums, {}, "has no forward and no backward"),
    ],
)
def test_what_does_not_fit_is_an_error_that_says_so(given: Any, options: Any, said: str) -> None:
    dims = {"X": "b 4", "y": "b 3"} if given is Net.loss else {"x": "b n"}
    dims |= {"W": "n m"} if isinstance(given, tuple) else {}
    with pytest.raises(SymderiveError) as raised:
        sd.audit(given, dims, **options)
    assert said in str(raised.value)
