"""Formulas as text: read by the syntax tree, the same programs as the functions give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from symderive.errors import InputError, InputTypeError, NotSupportedError, SymderiveError
from symderive.frontends.text import parse
from symderive.frontends.trace import trace
from symderive.index.domains import integers, positive

M = {"x": "b n"}
SAME: list[tuple[str, Callable[..., Any], dict[str, Any]]] = [
    ("exp(x) / sum(exp(x), axis=-1, keepdims=True)",
     lambda x: np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True), M),
    ("np.log(np.sum(np.exp(x), axis=-1))", lambda x: np.log(np.sum(np.exp(x), axis=-1)), M),
    ("x.T @ x", lambda x: x.T @ x, M),
    ("-x ** 2 + +x", lambda x: -(x**2) + x, M),
    ("where((x > 0) & ~(x > 1), x, 0.1 * x)",
     lambda x: np.where((x > 0) & ~(x > 1), x, 0.1 * x), M),
    ("x[..., 1:] - x[..., :-1]", lambda x: x[..., 1:] - x[..., :-1], M),
    ("x / sqrt(x.shape[-1]) + len(x) * pi", lambda x: x / np.sqrt(x.shape[-1]) + len(x) * np.pi, M),
    ("einsum('bi,i->b', x, w)", lambda x, w: np.einsum("bi,i->b", x, w), {"x": "b n", "w": "n"}),
    ("x / np.linalg.norm(x, axis=-1, keepdims=True)",
     lambda x: x / np.linalg.norm(x, axis=-1, keepdims=True), M),
    ("maximum(x, 0) + abs(x) + clip(x, -1, 1)",
     lambda x: np.maximum(x, 0) + np.abs(x) + np.clip(x, -1, 1), M),
    ("mean((x - x.mean(axis=-1, keepdims=True))**2)",
     lambda x: np.mean((x - x.mean(axis=-1, keepdims=True)) ** 2), M),
    ("-mean(log(p)[arange(len(t)), t])", lambda p, t: -np.mean(np.log(p)[np.arange(len(t)), t]),
     {"p": positive("b n"), "t": integers("b", below="n")}),
    ("concatenate([x, 2 * x], axis=0)", lambda x: np.concatenate([x, 2 * x], axis=0), M),
    ("x[:, None] * x[:, newaxis]", lambda x: x[:, None] * x[:, np.newaxis], M),
    ("x.reshape(x.shape[0], 2, -1).max(axis=-1)",
     lambda x: x.reshape(x.shape[0], 2, -1).max(axis=-1), M),
]  # fmt: skip


@pytest.mark.parametrize(("text", "forward", "domains"), SAME, ids=[c[0] for c in SAME])
def test_text_and_function_give_one_program(
    text: str, forward: Callable[..., Any], domains: dict[str, Any]
) -> None:
    assert str(parse(text, domains)) == str(trace(forward, domains))


def test_assignments_name_values() -> None:
    program = parse("e = exp(x); s = sum(e, axis=-1, keepdims=True)\ne / s", M, "rows")
    assert str(program) == "e_bi = exp(x_bi)\ns_b = Σ_i e_bi\ny_bi = e_bi / s_b"
    assert program.name == "rows"
    assert all(a.place is None for a in program.assignments)


def test_a_chain_of_comparisons_holds_where_all_do() -> None:
    chained = parse("where(0 < x < 1, x, 0)", {"x": ""})
    assert chained.assignments == parse("where((0 < x) & (x < 1), x, 0)", {"x": ""}).assignments


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("__import__('os').system('true')", "__import__"),
        ("x.__class__", "no such attribute"),
        ("x.__class__.__bases__[0]", "no such attribute"),
        ("(lambda: x)()", "not known"),
        ("[y for y in (x,)]", "not part of a formula"),
        ("x if x else 1", "not part of a formula"),
        ("(y := x)", "not part of a formula"),
        ("f'{x}'", "not part of a formula"),
        ("exec('1')", "not known"),
        ("open('a')", "not known"),
        ("x.sort()", "no such method"),
        ("x and x", "not part of a formula"),
        ("not x", "write ~a"),
        ("expp(x)", "Did you mean 'exp'"),
        ("exp", "a function is called"),
        ("exp(x, foo=3)", "foo"),
        ("exp(x, **{})", r"\*\*"),
        ("max(x, 0)", "maximum"),
        ("'a' * x", "arithmetic is for"),
        ("[1] * 100000000", "arithmetic is for"),
        ("x @ 1j", "real numbers"),
        ("y + 1", "dims are not given"),
        ("1", "does not use"),
        ("", "empty"),
        ("a = x", "must end in an expression"),
        ("for i in x: x", "must end|not part|only assignments"),
        ("del x; x", "only assignments"),
        ("x[0] = 1; x", "only names are assigned"),
        ("sum(x", "not a Python expression"),
        ("(" * 500 + "x" + ")" * 500, "not a Python expression"),
        ("x.shape", "must give one array"),
        ("x.shape[7]", "no such axis"),
        ("x.sum(1, 2, 3, 4, 5, 6)", "arguments"),
        ("x ** 9 ** 9 ** 9", "power"),
        ("x" + " + x" * 5000, "characters|nested"),
        ("np.random.rand(3) * x", "not a known constant"),
        ("x < x in x", "compare"),
    ],
)
def test_what_is_no_formula_is_refused(text: str, words: str) -> None:
    with pytest.raises(SymderiveError, match=words):
        parse(text, M)


def test_wrong_types_are_refused() -> None:
    with pytest.raises(InputTypeError, match="must be text"):
        parse(3, M)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="'w'"):
        parse("x * 2", {"x": "n", "w": "n"})
    with pytest.raises(NotSupportedError):
        parse("x; import os", M)
