"""What is assigned, under which name, and from which line."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from symderive.frontends.trace import trace
from symderive.index.dims import Dim
from symderive.index.domains import POSITIVE, integers, simplex
from symderive.index.nodes import const, num, size, sqrt
from symderive.program import Program


def softmax(x):
    """Rows that sum to one."""
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    s = np.sum(e, axis=-1, keepdims=True)
    return e / s


def layer_norm(x, w, b, eps=1e-5):
    mu = np.mean(x, axis=-1, keepdims=True)
    var = np.var(x, axis=-1, keepdims=True)
    h = (x - mu) / np.sqrt(var + eps)
    return h * w + b


def attention(q, k, v):
    s = q @ k.T / np.sqrt(q.shape[-1])
    p = helper(s)
    return p @ v


def helper(s):
    e = np.exp(s)
    return e / e.sum(axis=-1, keepdims=True)


def unnamed(x):
    return np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)


def reused(x):
    h = x * 2
    h = np.tanh(h)
    h = h + x
    return h


def input_reused(x):
    x = x - x.mean()
    return x * x


def twice(x):
    return (x - 1) * (x - 1) + np.sin(x - 1)


def once(x):
    return (x - 1) * x


def dead(x):
    unused = np.exp(x)
    del unused
    return x * 2


def identity(x):
    return x


def underscore(x):
    _hidden = np.exp(x)
    return _hidden + 1


def comprehension(x):
    return sum([x * k for k in range(3)])


def called_with_unnamed(x):
    return helper(x * 2)


def called_and_changed(x):
    def centred(x):
        x = x - x.mean()
        return x * x

    return centred(x * 2)


class Layer:
    def __call__(self, x):
        self.out = np.exp(x)
        return self.out * 2


CASES: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
    (
        softmax,
        {"x": "b n"},
        "m_b = max_i x_bi\ne_bi = exp(x_bi - m_b)\ns_b = Σ_i e_bi\ny_bi = e_bi / s_b",
    ),
    (
        layer_norm,
        {"x": "b n", "w": "n", "b": "n"},
        "mu_b = Σ_i x_bi / n\nu_bi = x_bi - mu_b\nvar_b = Σ_i u_bi² / n\nr_b = √(eps + var_b)\n"
        "h_bi = u_bi / r_b\ny_bi = b_i + w_i h_bi",
    ),
    (
        attention,
        {"q": "n d", "k": "m d", "v": "m c"},
        "a_im = Σ_d k_md q_id\ns_im = a_im / √LENGTH\ne_im = exp(s_im)\nz_i = Σ_m e_im\n"
        "p_im = e_im / z_i\ny_ic = Σ_m p_im v_mc",
    ),
    (unnamed, {"x": "b n"}, "e_bi = exp(x_bi)\ns_b = Σ_i e_bi\ny_bi = e_bi / s_b"),
    (reused, {"x": "n"}, "h_i = 2 x_i\nh2_i = tanh(h_i)\nh3_i = h2_i + x_i"),
    (input_reused, {"x": "n"}, "mu = Σ_i x_i / n\nx2_i = x_i - mu\ny_i = x2_i²"),
    (twice, {"x": "n"}, "u_i = x_i - 1\nv_i = sin(u_i)\ny_i = u_i² + v_i"),
    (once, {"x": "n"}, "y_i = x_i (x_i - 1)"),
    (dead, {"x": "n"}, "y_i = 2 x_i"),
    (identity, {"x": "b n"}, "y_bi = x_bi"),
    (underscore, {"x": "n"}, "hidden_i = exp(x_i)\ny_i = 1 + hidden_i"),
    (comprehension, {"x": "n"}, "y_i = 3 x_i"),
    (
        called_with_unnamed,
        {"x": "n"},
        "e_i = exp(2 x_i)\ns = Σ_i e_i\ny_i = e_i / s",
    ),
    (called_and_changed, {"x": "n"}, "mu = Σ_i 2 x_i / n\nx2_i = 2 x_i - mu\ny_i = x2_i²"),
    (Layer(), {"x": "n"}, "out_i = exp(x_i)\ny_i = 2 out_i"),
]


@pytest.mark.parametrize(("forward", "domains", "expected"), CASES)
def test_program_reads_as_written(
    forward: Callable[..., Any], domains: dict[str, Any], expected: str
) -> None:
    length = repr(size(Dim("d")))  # how lengths are written is not decided here
    assert str(trace(forward, domains)) == expected.replace("LENGTH", length)


def _lines(forward: Callable[..., Any], program: Program) -> dict[str, str]:
    lines, first = inspect.getsourcelines(forward)
    places = {a.tensor.name: a.place for a in program.assignments}
    assert all(p is not None and p.file == __file__ for p in places.values())
    return {name: lines[p.line - first].strip() for name, p in places.items() if p}


def test_every_assignment_knows_its_line() -> None:
    lines = _lines(softmax, trace(softmax, {"x": "b n"}))
    assert lines["m"] == lines["e"] == "e = np.exp(x - np.max(x, axis=-1, keepdims=True))"
    assert lines["s"] == "s = np.sum(e, axis=-1, keepdims=True)"
    assert lines["y"] == "return e / s"
    assert _lines(identity, trace(identity, {"x": "n"}))["y"] == "return x"


def test_given_names_are_told_apart() -> None:
    program = trace(softmax, {"x": "b n"})
    assert {a.tensor.name: a.given for a in program.assignments} == {
        "m": False,
        "e": True,
        "s": True,
        "y": False,
    }


def test_no_letter_of_a_dim_or_keyword_is_a_default_name() -> None:
    def forward(x):
        return np.exp(x).sum(axis=-1) + x.max(axis=-1)

    names = {a.tensor.name for a in trace(forward, {"x": "e s n"}).assignments}
    assert not names & {"e", "s", "n", "i", "j", "k", "l", "x", "np", "lambda"}


def test_program_carries_its_function() -> None:
    program = trace(softmax, {"x": "b n"})
    assert program.name == "softmax"
    assert program.doc == "Rows that sum to one."
    assert program.source == inspect.getsource(softmax)
    assert trace(softmax, {"x": "b n"}, "rows").name == "rows"
    assert trace(lambda x: x * 2, {"x": "n"}).name == "f"


def test_positive_values_are_known_to_be_positive() -> None:
    program = trace(softmax, {"x": "b n"})
    domains = {a.tensor.name: a.tensor.domain for a in program.assignments}
    assert domains["e"] == domains["s"] == domains["y"] == POSITIVE
    assert domains["m"].kind == "real"


def test_the_same_forward_gives_the_same_program() -> None:
    first = trace(layer_norm, {"x": "b n", "w": "n", "b": "n"})
    trace(attention, {"q": "n d", "k": "m d", "v": "m c"})
    again = trace(layer_norm, {"x": "b n", "w": "n", "b": "n"})
    assert first == again
    assert [a.value.key for a in first.assignments] == [a.value.key for a in again.assignments]


def test_an_earlier_trace_function_is_put_back() -> None:
    def watcher(frame: Any, event: str, argument: Any) -> None:
        return None

    before = sys.gettrace()
    sys.settrace(watcher)
    try:
        program = trace(softmax, {"x": "b n"})
        assert sys.gettrace() is watcher
    finally:
        sys.settrace(before)
    assert program.assignment("e") is not None


def test_parameters_and_plain_defaults() -> None:
    def forward(x, eps=1e-5, shift=-0.5, p=2, unused=3.0):
        return x**p / (x.sum() + eps) + shift

    program = trace(forward, {"x": "n"})
    assert [(q.tensor.name, q.default) for q in program.parameters] == [
        ("eps", 1e-5),
        ("shift", -0.5),
    ]
    first = program.parameters[0].tensor.domain
    assert first.is_positive and first.fixed
    assert program.parameters[1].tensor.domain.kind == "real"


def test_a_parameter_that_decides_is_a_plain_number() -> None:
    def forward(x, alpha=0.5, beta=2.0):
        return (x * beta if alpha > 0 else x) * alpha

    program = trace(forward, {"x": "n"})
    assert [q.tensor.name for q in program.parameters] == ["beta"]
    assert str(program) == "y_i = beta x_i / 2"


def test_axis_of_an_operator_with_one_reduced_axis() -> None:
    def rows(x, axis=-1):
        e = np.exp(x)
        return e / e.sum(axis=axis, keepdims=True)

    def both(x, axis=-1):
        return x - x.mean(axis=axis, keepdims=True) - x.mean(axis=0)

    assert trace(rows, {"x": "b n"}).axis
    assert not trace(softmax, {"x": "b n"}).axis
    assert not trace(both, {"x": "b n"}).axis


def test_domains_reach_the_tensors() -> None:
    def forward(x, t, q):
        return x[np.arange(len(t)), t] * q.sum(axis=-1)

    program = trace(forward, {"x": "b n", "t": integers("b", below="n"), "q": simplex("b n")})
    kinds = [a.tensor.domain.kind for a in program.arguments]
    assert kinds == ["real", "integers", "simplex"]
    assert [a.differentiable for a in program.arguments] == [True, False, True]
    assert program.arguments[1].tensor.domain.below == "n"
    assert all(a.tensor.domain.dims == "" for a in program.arguments)


def test_layouts_show_merged_axes() -> None:
    def forward(x):
        return x.reshape(x.shape[0], 2, -1).sum(axis=2)

    program = trace(forward, {"x": "b n"})
    (argument,) = program.arguments
    assert [[d.name for d in axis] for axis in argument.layout] == [["b"], ["k2", "n_1"]]
    assert [d.length for d in argument.tensor.dims] == [None, 2, None]
    assert [[d.name for d in axis] for axis in program.output.layout] == [["b"], ["k2"]]


def test_numbers_stay_exact() -> None:
    def forward(x):
        return 0.044715 * x + np.pi * x**2 + x**3 / np.sqrt(2) + np.sqrt(2 / np.pi) * x**4

    program = trace(forward, {"x": ""})
    x, pi = program.arguments[0].tensor[()], const("pi")
    half = x**3 / sqrt(num(2))
    ratio = sqrt(2 / pi) * x**4
    assert program.assignments[-1].value is Fraction("0.044715") * x + pi * x**2 + half + ratio
