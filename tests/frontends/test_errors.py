"""What cannot be traced is refused in one clear sentence, with the user's own file and line."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symderive
from symderive import derive
from symderive.errors import InputError, InputTypeError, NotSupportedError, SymderiveError
from symderive.frontends.context import is_machinery_file
from symderive.frontends.trace import trace
from symderive.index.domains import integers

GENERATOR = np.random.default_rng(0)
M = {"x": "b n"}


def branches(x):
    if x.sum() > 0:
        return x
    return -x


def swallows(x):
    try:
        if x.sum() > 0:
            return x
    except ValueError:
        return x
    return -x


Case = tuple[Callable[..., Any], dict[str, Any], type[Exception], str]
CASES: list[Case] = [
    (branches, M, NotSupportedError, "np.where"),
    (swallows, M, NotSupportedError, "depends on the data"),
    (lambda x: x if x.mean() else -x, M, NotSupportedError, "a decision"),
    (lambda x: x * float(x.sum()), M, NotSupportedError, r"float\(\)"),
    (lambda x: x * int(x[0, 0]), M, NotSupportedError, r"int\(\)"),
    (lambda x: x * x.sum().item(), M, NotSupportedError, r"item\(\)"),
    (lambda x: max(x[0], x[1]), {"x": "n"}, NotSupportedError, "np.where"),
    (lambda x: sum(x[i] for i in range(x.shape[0])), M, NotSupportedError, "stays symbolic"),
    (lambda x: next(iter(x)) * 2, M, NotSupportedError, "iterating over the named dim 'b'"),
    (lambda x: np.sort(x), M, NotSupportedError, r"np.sort is not supported.* Supported are .*exp"),
    (lambda x: np.linalg.inv(x), {"x": "n n"}, NotSupportedError, "np.linalg.inv"),
    (lambda x: np.fft.fft(x), M, NotSupportedError, "np.fft.fft"),
    (lambda x: np.argmax(x), M, NotSupportedError, "np.argmax"),
    (lambda x: x.argmax(), M, NotSupportedError, r"\.argmax"),
    (lambda x: x.frobnicate, M, NotSupportedError, r"\.frobnicate"),
    (lambda x: x[x > 0].max(), M, NotSupportedError, "np.where"),
    (lambda x: x + np.random.randn(3), M, NotSupportedError, "randomness"),
    (lambda x: x * np.random.default_rng(1).normal(), M, NotSupportedError, "randomness"),
    (lambda x: x * GENERATOR.normal(), M, NotSupportedError, "randomness"),
    (lambda x: x * random.random(), M, NotSupportedError, "randomness"),
    (lambda x: x * random.betavariate(1, 1), M, NotSupportedError, "randomness"),
    (lambda x: np.exp(x, where=x > 0), M, NotSupportedError, "where="),
    (lambda x: np.cumsum(x), M, NotSupportedError, "needs an axis"),
    (lambda x: np.asarray(x, dtype=complex), M, NotSupportedError, "complex"),
    (lambda x: x * 1j, M, NotSupportedError, "complex"),
    (lambda x: x * float("nan"), M, NotSupportedError, "NaN"),
    (lambda x: x * np.arange(1000) ** 2, M, NotSupportedError, "make it an argument"),
    (lambda x: x * "a", M, NotSupportedError, "str is not something"),
    (lambda x: x + None, M, NotSupportedError, "NoneType is not something"),
    (lambda x: x.reshape(x.shape[1], x.shape[0]), M, NotSupportedError, "does not keep named dims"),
    (lambda x: x[0.5], M, NotSupportedError, "whole"),
    (lambda x, w: x[w], {"x": "n", "w": "b"}, NotSupportedError, "integers"),
    (lambda x: x.ndim * x, {"x": "... n"}, NotSupportedError, "name the dims"),
    (lambda x: x.sum(axis=0), {"x": "... n"}, InputError, "from the end"),
    (lambda x, w: x * w, {"x": "b n", "w": "b"}, InputError, "dims 'n' and 'b' do not line up"),
    (lambda x, w: x @ w, {"x": "b n", "w": "b n"}, InputError, "'n' and 'b' do not match"),
    (lambda x: np.sum(x, axis=3), M, InputError, "axis 3 is out of range"),
    (lambda x: np.sum(x, axis=(0, 0)), M, InputError, "twice"),
    (lambda x: x[0, 0, 0], M, InputError, "3 indices"),
    (lambda x: x[5], {"x": "3"}, InputError, "out of range"),
    (lambda x: np.einsum("ij,jk->ik", x), M, InputError, "names 2 arrays"),
    (lambda x: np.einsum("ijk->i", x), M, InputError, "does not name"),
    (lambda x: np.einsum("ij->z", x), M, InputError, "stands in no input"),
    (lambda x: x.squeeze(0), M, InputError, "not of length 1"),
    (lambda x: np.split(x, 2), {"x": "5"}, InputError, "equal parts"),
]


@pytest.mark.parametrize(("forward", "domains", "error", "words"), CASES)
def test_what_cannot_be_traced_says_why_and_where(
    forward: Callable[..., Any], domains: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        trace(forward, domains)
    lines, first = inspect.getsourcelines(forward)
    assert isinstance(caught.value, SymderiveError)
    file, _, rest = str(caught.value).partition(".py:")
    assert file + ".py" == __file__
    assert first <= int(rest.split(":")[0]) < first + len(lines)


@pytest.mark.parametrize(
    ("forward", "domains", "error", "words"),
    [
        (lambda x, w: x * w, {"x": "n"}, InputError, "dims of argument 'w' are missing"),
        (lambda xs: xs, {"x": "n"}, InputError, r"takes xs\. Did you mean 'xs'\?"),
        (lambda x: (x, x), M, InputError, "returns 2 values"),
        (lambda x: None, M, InputTypeError, "is a return missing"),
        (lambda x: "text", M, InputTypeError, "not str"),
        (5, {}, InputTypeError, "not int"),
        (lambda x: x, {"x": 3}, InputTypeError, "must be a string"),
        (lambda x: x, {"x": "b (n"}, InputError, "is not closed"),
        (lambda x: x, {"x": "b n)"}, InputError, "closes nothing"),
        (lambda x: x, {"x": "b ((n))"}, InputError, "nested"),
        (lambda x: x, {"x": "b n-1"}, InputError, "neither a name nor a length"),
        (lambda x: x, {"x": "n ..."}, InputError, "comes first"),
        (lambda x: x, {"x": "0 n"}, InputError, "length 0"),
    ],
)
def test_wrong_input_is_refused(
    forward: Any, domains: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        trace(forward, domains)


def test_randomness_leaves_the_modules_as_they_were() -> None:
    before = np.random.randn, np.zeros, random.random, len
    with pytest.raises(NotSupportedError):
        trace(lambda x: x + np.random.randn(), M)
    assert before == (np.random.randn, np.zeros, random.random, len)
    assert np.zeros(3).shape == (3,)


def test_a_symbolic_array_ends_with_its_trace() -> None:
    kept = []
    trace(lambda x: kept.append(x * 2) or x, {"x": "n"})
    with pytest.raises(NotSupportedError, match="after its trace ended"):
        np.exp(kept[0])


def test_labels_are_not_differentiated_but_count() -> None:
    program = trace(lambda x, t: x * (t > 0), {"x": "n", "t": integers("n", below=3)})
    assert "t_i" in str(program)


def test_known_lengths_are_plain_numbers() -> None:
    def forward(x):
        assert x.shape[1] == 3
        return sum(x[:, k] for k in range(x.shape[1]))

    (assignment,) = trace(forward, {"x": "b 3"}).assignments
    assert sorted(map(str, assignment.value.args)) == ["x_b0", "x_b1", "x_b2"]


def test_lengths_are_compared_as_named_dims() -> None:
    def forward(x, w):
        assert x.shape[1] == w.shape[0]
        assert x.shape[0] > 0
        return x if x.shape[0] == 1 else x @ w

    program = trace(forward, {"x": "b n", "w": "n"})
    assert str(program) == "y_b = Σ_i w_i x_bi"
    assert program.notes


@pytest.mark.parametrize(
    "forward",
    [
        lambda x: x.T,
        lambda x: x[0],
        lambda x: x[:, 0],
        lambda x: x * x.shape[0],
        lambda x: x * len(x),
        lambda x: x.sum(axis=-2),
        lambda x: x.swapaxes(-1, -2),
        lambda x: x.reshape(-1, x.shape[-1]),
        lambda x: np.expand_dims(x, 1),
        lambda x: x[:, None],
        lambda x: np.flip(x),
        lambda x: next(iter(x.shape)) * x,
    ],
)
def test_what_means_another_axis_under_any_batch_dims_is_refused(forward: Any) -> None:
    with pytest.raises(SymderiveError, match=r"\.\.\."):
        trace(forward, {"x": "... n"})


@pytest.mark.parametrize(
    ("forward", "dims"),
    [
        (lambda x: x[1:].sum() + x[0], "1"),
        (lambda x: x[:, :-1] * 2, "b 1"),
        (lambda x: np.diff(x.sum(-1, keepdims=True), axis=-1), "b n"),
        (lambda x: x[:, None][:, 0:0], "n"),
    ],
)
def test_nothing_is_left_of_an_axis_of_length_one(forward: Any, dims: str) -> None:
    with pytest.raises(InputError, match="of an axis of length 1 is empty"):
        derive(forward, x=dims)


@pytest.mark.parametrize("most", [9, "k"])
def test_labels_stay_below_the_length_of_the_axis_that_they_are_looked_up_on(most: Any) -> None:
    with pytest.raises(InputError, match="say below="):
        derive(lambda w, t: w[t], w="4 n", t=integers("b", below=most))


def test_every_room_but_the_catalogue_is_machinery() -> None:
    package = Path(symderive.__file__).parent
    rooms = {p for p in package.iterdir() if p.is_dir() and (p / "__init__.py").exists()}
    ours = {p.name for p in rooms if not is_machinery_file(str(p / "module.py"))}
    assert ours == {"operators"}, "a line of these would be named as the user's own"
