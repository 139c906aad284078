"""Every derivative that a record states is the one that SymPy finds, and so is one that is derived
from a definition."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sympy

from symderive.index.bridge import symbol_of, to_sympy
from symderive.index.evaluate import Evaluator
from symderive.index.functions import ARGUMENTS, FUNCTIONS, SIDED, Function
from symderive.index.nodes import Expr, call
from symderive.index.partials import partial
from symderive.verify.precise import arithmetic

PLACES = ((0.3, 0.8), (0.7, 0.45), (-0.6, 0.35), (2.3, 1.7), (-1.4, -0.9))
NAMES = [name for name in FUNCTIONS if name != SIDED]


def compared(function: Function, position: int) -> int:
    """The places where both derivatives are real; they agree there to 20 digits."""
    args = function.arguments
    value = call(function.name, *args)
    u = symbol_of(ARGUMENTS[position])
    expected = sympy.diff(to_sympy(value), u).doit()
    found = to_sympy(partial(function.name, position, args, value))
    count = 0
    for place in PLACES:
        values = map(sympy.Rational, map(str, place))
        given = dict(zip(map(symbol_of, ARGUMENTS), values, strict=True))
        a, b = (sympy.N(e.subs(given), 30) for e in (found, expected))
        if b.is_real and b.is_finite:
            assert abs(a - b) <= 1e-20 * (1 + abs(b)), (function.name, position, place)
            count += 1
    return count


def valued(expr: Expr, place: Sequence[Any]) -> Any:
    """The value of a formula at a place, to 50 digits."""
    exact = arithmetic(50)
    arrays = {t.name: exact.lift(np.array(x)) for t, x in zip(ARGUMENTS, place, strict=True)}
    return exact.lift(Evaluator(arrays, {}, exact.functions)(expr))[()] * exact.context.mpf(1)


@pytest.mark.parametrize("name", [n for n in NAMES if FUNCTIONS[n].smooth])
def test_sympy_finds_the_same_derivative(name: str) -> None:
    function = FUNCTIONS[name]
    for position in range(function.arity):
        assert compared(function, position) > 0


@pytest.mark.parametrize("name", NAMES)
def test_differences_in_50_digits_find_the_same_derivative(name: str) -> None:
    exact, function = arithmetic(50), FUNCTIONS[name]
    step, value = exact.context.mpf(10) ** -20, call(name, *function.arguments)
    for position in range(function.arity):
        slope, checked = partial(name, position, function.arguments, value), 0
        for place in PLACES:
            at = [exact.context.mpf(str(x)) for x in place]
            sides = []
            for by in (step, -step):
                moved = [x + by * (n == position) for n, x in enumerate(at)]
                sides.append(valued(value, moved))
            found, expected = valued(slope, at), (sides[0] - sides[1]) / (2 * step)
            if exact.context.isfinite(expected):
                assert abs(found - expected) < 1e-15 * (1 + abs(expected))
                checked += 1
        assert checked


@pytest.mark.parametrize("name", NAMES)
def test_float64_and_50_digits_compute_the_same(name: str) -> None:
    function = FUNCTIONS[name]
    value = call(name, *function.arguments)
    for place in PLACES:
        arrays = {t.name: np.array(x) for t, x in zip(ARGUMENTS, place, strict=True)}
        found, expected = Evaluator(arrays, {})(value), valued(value, place)
        np.testing.assert_allclose(float(found), float(expected), rtol=1e-14)


@pytest.mark.parametrize(
    "name", [n for n in NAMES if FUNCTIONS[n].definition and not FUNCTIONS[n].steps]
)
def test_a_definition_alone_is_enough(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = replace(FUNCTIONS[name], slopes=())
    monkeypatch.setitem(FUNCTIONS, name, bare)
    for position in range(bare.arity):
        assert compared(bare, position) > 0


def test_the_output_stands_for_the_value_where_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    """1/u has the slope -y²: the definition's own value is not computed again."""
    u: Expr = FUNCTIONS["exp"].arguments[0]
    monkeypatch.setitem(FUNCTIONS, "inverse", Function("inverse", lambda u: 1 / u))
    y = ARGUMENTS[1][()]
    assert partial("inverse", 0, (u,), y) == -(y**2)


def test_deriving_softmax_does_not_load_sympy() -> None:
    code = "import sys, symderive; symderive.derive('softmax').verify(quick=True); "
    code += "sys.exit('sympy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
