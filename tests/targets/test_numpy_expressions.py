"""What the evaluator can evaluate can be printed, and the text gives the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symderive.arrays.scope import Scope
from symderive.arrays.statements import lines_of
from symderive.index import nodes
from symderive.index.dims import Dim, Index
from symderive.index.domains import integers
from symderive.index.evaluate import Evaluator
from symderive.index.nodes import Expr, Tensor, bracket, call, delta, idx, power, size, sum_
from symderive.program import Argument, Output
from symderive.schedule import Procedure, Statement
from symderive.targets.numpy.words import numpy_words
from symderive.targets.python.rows import rows_of
from symderive.targets.python.syntax import text

B, N, M = Dim("b"), Dim("n"), Dim("m")
SHORT = Dim("p", None, (("", -1), ("n", 1)))  # n - 1
LONG = Dim("q", None, (("m", 1), ("n", 1)))  # n + m
THREE = Dim("k", 3)
LENGTHS = {"b": 3, "n": 4, "m": 5, "...": 6}
b, i, j, m, p, q, k = (Index(d) for d in (B, N, N, M, SHORT, LONG, THREE))
j, b2, m2 = Index(N, 1), Index(B, 1), Index(M, 1)
x, z, y = Tensor("x", (B, N)), Tensor("z", (B, M)), Tensor("y", (N,))
w, s, A = Tensor("w", (N, M)), Tensor("s", (B,)), Tensor("A", (N, N))
c = Tensor("c")
t, u = Tensor("t", (B,), integers("b", below="n")), Tensor("u", (B, M), integers("b m", below="n"))
TENSORS = (x, z, y, w, s, A, c, t, u)

CASES: dict[str, tuple[tuple[Index, ...], Expr, str]] = {
    "two matrix products": (
        (b, m),
        sum_([i], x[b, i] * w[i, m] + y[i] * s[b] * w[i, m]),
        'np.einsum("b,nm->bm", s, y[:, None] * w) + x @ w',
    ),
    "product": ((b, i), x[b, i] * y[i], "y * x"),
    "column": ((b, i), x[b, i] * s[b], "s[:, None] * x"),
    "transpose": ((i, b), x[b, i] + 0, "x.T.copy()"),
    "outer": ((i, m), y[i] * z[0, m], "y[:, None] * z[0]"),
    "negative": ((i,), -(y[i] ** 2), "-(y**2)"),
    "difference": ((i,), y[i] - (y[i] * y[i] - 2), ""),
    "quotient": ((b, i), x[b, i] / (s[b] * y[i]), "x / (s[:, None] * y)"),
    "half": ((i,), y[i] / 2, "0.5 * y"),
    "third": ((i,), y[i] / 3, "y / 3"),
    "root": (
        (i,), power(call("abs", y[i]) + 1, nodes.num(-1) * nodes.HALF), "1 / np.sqrt(1 + np.abs(y))"
    ),
    "constant root": ((i,), y[i] / power(size(N), nodes.HALF), "y / x.shape[-1] ** 0.5"),
    "where": ((i,), bracket("gt", y[i], 0) * y[i], "np.where(y > 0, y, 0)"),
    "either": (
        (i,),
        bracket("gt", y[i], 0) * y[i] + bracket("ge", 0, y[i]) * call("exp", y[i]),
        "np.where(y > 0, y, np.exp(y))",
    ),
    "unless": ((b,), (1 - bracket("eq", t[b], 1)) * s[b], "np.where(t != 1, s, 0)"),
    "both": ((i,), bracket("gt", y[i], 0) * bracket("gt", 1, y[i]) * y[i], ""),
    "bracket alone": ((i,), bracket("gt", y[i], 0), "(y > 0).astype(x.dtype)"),
    "one hot": ((b, i), delta(idx(i), t[b]), ""),
    "one hot difference": (
        (b, i), x[b, i] - delta(idx(i), t[b]), "x - (np.arange(x.shape[-1]) == t[:, None])"
    ),
    "index as number": ((i,), idx(i) * y[i], ""),
    "sum": ((b,), sum_([j], x[b, j]), "x.sum(axis=-1)"),
    "sum of rows": ((i,), sum_([b], x[b, i]), "x.sum(axis=0)"),
    "sum of all": ((), sum_([b, j], x[b, j]), "x.sum()"),
    "mean": ((b,), sum_([j], x[b, j]) / size(N), "x.mean(axis=-1)"),
    "dot": ((b,), sum_([j], x[b, j] * y[j]), "np.vecdot(y, x)"),
    "weighted dot": ((), sum_([j], y[j] ** 2), "np.vecdot(y, y)"),
    "matmul": ((b, m), sum_([j], x[b, j] * w[j, m]), "x @ w"),
    "matmul transposed": ((b2, b), sum_([j], x[b, j] * x[b2, j]), "x @ x.T"),
    "matmul swapped": ((m, b), sum_([j], x[b, j] * w[j, m]), "w.T @ x.T"),
    "matmul of both axes": ((i, m), sum_([b], x[b, i] * z[b, m]), "x.T @ z"),
    "matrix vector": ((m,), sum_([j], w[j, m] * y[j]), "y @ w"),
    "quadratic": ((b,), sum_([i, m], x[b, i] * w[i, m] * z[b, m]), ""),
    "einsum": ((b,), sum_([i, j], x[b, i] * A[i, j] * x[b, j]), ""),
    "max": ((b,), nodes.reduce_("max", [j], x[b, j]), "x.max(axis=-1)"),
    "product over": ((b,), nodes.reduce_("prod", [j], x[b, j]), "x.prod(axis=-1)"),
    "sum of a broadcast": ((b,), sum_([j], s[b]), ""),
    "sum of a part": ((b,), sum_([j, m], x[b, j]), ""),
    "trace": ((), sum_([i], A[i, i]), ""),
    "diagonal": ((i,), A[i, i], "np.diagonal(A, axis1=-2, axis2=-1).copy()"),
    "diagonal matrix": ((i, j), delta(idx(i), idx(j)) * y[i], ""),
    "symmetric": ((i, j), A[i, j] + A[j, i], "A + A.T"),
    "count": ((b,), sum_([j], bracket("eq", x[b, j], nodes.reduce_("max", [i], x[b, i]))), ""),
    "gather": ((b,), x[b, t[b]], "x[np.arange(len(t)), t]"),
    "all but the diagonal": (
        (i, j),
        bracket("ne", idx(i), idx(j)) * A[i, j],
        "np.where(np.arange(x.shape[-1]) != np.arange(x.shape[-1])[:, None], A, 0)",
    ),
    "product with a mask": (
        (b, m),
        sum_([j], bracket("ge", idx(b), idx(j)) * x[b, j] * w[j, m]),
        "np.where(np.arange(x.shape[0])[:, None] >= np.arange(x.shape[-1]), x, 0) @ w",
    ),
    "gather many": ((b, m), x[b, u[b, m]], ""),
    "gather rows": ((b, m), w[t[b], m], "w[t]"),
    "scatter": ((i, m), sum_([b], delta(idx(i), t[b]) * z[b, m]), ""),
    "scatter last": ((m, i), sum_([b], delta(idx(i), t[b]) * z[b, m]), ""),
    "first": ((b,), x[b, 0], "x[:, 0].copy()"),
    "last": ((b,), x[b, size(N) - 1], ""),
    "shift": ((b, p), x[b, idx(p) + 1], "x[:, 1:].copy()"),
    "slope": ((p,), y[idx(p) + 1] - y[p], "y[1:] - y[:-1]"),
    "flip": ((i,), y[size(N) - 1 - idx(i)], "y[::-1].copy()"),
    "guarded shift": ((i,), bracket("ge", idx(i), 1) * y[idx(i) - 1], ""),
    "concatenate": (
        (b, q),
        bracket("gt", size(N), idx(q)) * x[b, q]
        + bracket("ge", idx(q), size(N)) * z[b, idx(q) - size(N)],
        "np.concatenate([x, z], axis=-1)",
    ),
    "stack": ((k, i), sum((delta(idx(k), n) * y[i] ** (n + 1) for n in range(3)), nodes.ZERO), ""),
    "running sum": (
        (b, i), sum_([j], bracket("ge", idx(i), idx(j)) * x[b, j]), "_cumsum(x, -1)"
    ),
    "running sum backwards": ((b, i), sum_([j], bracket("ge", idx(j), idx(i)) * x[b, j]), ""),
    "strictly below": ((b, i), sum_([j], bracket("gt", idx(i), idx(j)) * x[b, j]), ""),
    "lower triangle": ((i, j), bracket("ge", idx(i), idx(j)) * A[i, j], ""),
    "full": ((b, i), s[b], "s[:, None] + np.zeros_like(x)"),
    "zeros": ((b, i), nodes.ZERO, "np.zeros_like(x)"),
    "scalar": ((b, i), c[()] * x[b, i], "c * x"),
    "every second": ((Index(Dim("h", 2)),), y[2 * idx(Index(Dim("h", 2)))], ""),
    "sigmoid": ((i,), call("sigmoid", y[i]), "_sigmoid(y)"),
}  # fmt: skip


def _written(indices: tuple[Index, ...], value: Expr) -> tuple[str, str]:
    """The rows of a statement, and the text of its value alone."""
    result = Tensor("result", tuple(a.dim for a in indices))
    arguments = tuple(Argument(a, tuple((d,) for d in a.dims)) for a in TENSORS)
    output = Output(result, tuple((d,) for d in result.dims))
    procedure = Procedure(arguments, (Statement(result, indices, value),), (output,))
    (line,) = lines_of(procedure, Scope(), {})
    spell = numpy_words()
    return "\n".join(rows_of([line], spell, 0)), text(spell.write(line.value))


def _arrays() -> dict[str, Any]:
    random = np.random.default_rng(3)
    arrays = {a.name: random.normal(size=[LENGTHS[d.name] for d in a.dims]) for a in TENSORS}
    arrays["t"] = random.integers(0, LENGTHS["n"], LENGTHS["b"])
    arrays["u"] = random.integers(0, LENGTHS["n"], (LENGTHS["b"], LENGTHS["m"]))
    return arrays


@pytest.mark.parametrize("name", CASES)
def test_the_text_means_what_the_expression_means(name: str) -> None:
    indices, value, wanted = CASES[name]
    arrays = _arrays()
    expected = Evaluator(arrays, LENGTHS)(value, indices)
    space: dict[str, Any] = {"np": np, "_sigmoid": lambda v: 1 / (1 + np.exp(-v)), **arrays}
    space["_cumsum"] = np.cumsum
    rows, code = _written(indices, value)
    exec(rows, space)
    assert np.shape(space["result"]) == expected.shape
    np.testing.assert_allclose(space["result"], expected, rtol=1e-12, atol=1e-13)
    if wanted:
        assert code == wanted
    for array in arrays.values():
        assert not np.shares_memory(space["result"], array)


@pytest.mark.parametrize("name", CASES)
def test_float32_arrays_give_float32(name: str) -> None:
    indices, value, _ = CASES[name]
    arrays = {n: a.astype("f4") if a.dtype.kind == "f" else a for n, a in _arrays().items()}
    half = np.float32(0.5)
    space: dict[str, Any] = {
        "np": np,
        "_sigmoid": lambda v: half * (1 + np.tanh(half * v)),
        "_cumsum": np.cumsum,
        **arrays,
    }
    rows, _ = _written(indices, value)
    exec(rows, space)
    assert np.asarray(space["result"]).dtype == np.float32


def test_a_product_with_a_bracket_selects() -> None:
    _, code = _written((i,), bracket("gt", y[i], 0) / y[i])
    with np.errstate(divide="ignore"):
        found = eval(code, {"np": np, "y": np.array([0.0, 2.0])})
    np.testing.assert_array_equal(found, [0, 0.5])
