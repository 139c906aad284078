"""Expressions as LaTeX and MathML: order, signs, brackets, fractions, names."""

from __future__ import annotations

from fractions import Fraction
from xml.etree import ElementTree

import pytest

from symderive.index import nodes
from symderive.index.dims import Dim, Index
from symderive.index.nodes import Expr, Tensor, bracket, call, delta, mod, num, power, size, sum_
from symderive.proofs.latex import latex
from symderive.proofs.mathematics import typeset
from symderive.proofs.mathml import mathml
from symderive.proofs.names import names_of

N, B, ROWS = Dim("n"), Dim("b"), Dim("...")
i, j, k, b, r = Index(N), Index(N, 1), Index(N, 2), Index(B), Index(ROWS)
x, y, dy, w = (Tensor(t, (N,)) for t in ("x", "y", "dy", "w"))
m = Tensor("m", (B, N))
s, eps, log_var = Tensor("s"), Tensor("eps"), Tensor("log_var")
NAMES = names_of(["x", "y", "w", "m", "s", "eps", "log_var"], {"dy": "y"})

CASES: dict[str, tuple[Expr, str]] = {
    "closed form": (
        y[i] * (dy[i] - sum_([j], y[j] * dy[j])),
        r"y_i\Bigl(\bar{y}_i - \sum_{j} y_j\bar{y}_j\Bigr)",
    ),
    "quotient": (x[i] / s[()], r"\frac{x_i}{s}"),
    "mean": (sum_([j], x[j]) / size(N), r"\frac{1}{n}\,\sum_{i} x_i"),
    "other length": (size(B), "N_b"),
    "root": (power(s[()] + eps[()], nodes.HALF), r"\sqrt{\varepsilon + s}"),
    "minus sum": (sum_([j], -x[j]), r"-\sum_{i} x_i"),
    "minus minus": (y[i] - sum_([j], -x[j]), r"y_i + \sum_{j} x_j"),
    "sum of a sum": (sum_([j], x[j] + y[j]), r"\sum_{i} (x_i + y_i)"),
    "sum in a product": (
        sum_([j], x[j]) * sum_([k], y[k]),
        r"\Bigl(\sum_{i} x_i\Bigr)\,\sum_{i} y_i",
    ),
    "minus in a product": (x[i] * (num(-1) * y[i]), "-x_iy_i"),
    "power of a function": (1 - call("tanh", x[i]) ** 2, r"1 - \tanh^2(x_i)"),
    "power of an element": (x[i] ** 2, "x_i^2"),
    "power of a sum": ((x[i] - y[i]) ** 2, "(x_i - y_i)^2"),
    "negative power": (power(x[i], num(-2)), r"\frac{1}{x_i^2}"),
    "half": (num(Fraction(1, 2)) * x[i], r"\frac{x_i}{2}"),
    "decimal": (num(Fraction("0.044715")) * x[i], "0.044715x_i"),
    "small decimal": (num(Fraction("1e-7")), "10^{-7}"),
    "delta": (delta(k, i), r"\delta_{ik}"),
    "bracket": (bracket("gt", x[i], 0), r"[x_i > 0]"),
    "turned bracket": (bracket("gt", 1, x[i]), r"[x_i < 1]"),
    "two indices": (m[b, i], "m_{bi}"),
    "shifted index": (x[nodes.idx(i) + 1], "x_{1 + i}"),
    "around the end": (x[mod(nodes.idx(i) + 1, size(N))], r"x_{(1 + i) \bmod n}"),
    "back from around the end": (
        x[size(N) - mod(nodes.idx(i) + 1, size(N))],
        r"x_{n - ((1 + i) \bmod n)}",
    ),
    "an array called mod": (Tensor("mod", (N,))[i], r"\mathrm{mod}_i"),
    "long name": (log_var[()], r"\mathrm{log\_var}"),
    "absolute value": (call("abs", x[i]), "|x_i|"),
    "maximum": (nodes.reduce_("max", [j], x[j]), r"\max_{i} x_i"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_latex(case: str) -> None:
    expr, wanted = CASES[case]
    assert latex(typeset(expr, NAMES)) == wanted


@pytest.mark.parametrize("case", CASES)
def test_mathml_is_well_formed(case: str) -> None:
    ElementTree.fromstring(mathml(typeset(CASES[case][0], NAMES)))


def test_leading_axes_are_left_out_or_named() -> None:
    tensor = Tensor("x", (ROWS, N))
    element = tensor[r, i]
    assert latex(typeset(element, names_of(["x"], {}))) == "x_i"
    assert latex(typeset(element, names_of(["x"], {}, row_letter=True))) == "x_{ri}"
    assert latex(typeset(element, names_of(["x", "r"], {}, row_letter=True))) == "x_{bi}"


def test_two_names_never_print_alike() -> None:
    names = names_of(["eps", "epsilon", "mu", "μ"], {})
    printed = [latex(names.tensor(n)) for n in ("eps", "epsilon", "mu", "μ")]
    assert len(set(printed)) == 4


def test_machine_made_indices_get_letters() -> None:
    odd = Index(N, 1_000_017)
    assert latex(typeset(x[odd], NAMES)) == "x_i"
    assert latex(typeset(x[i] * y[odd], NAMES)) == "x_iy_j"
