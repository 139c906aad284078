"""What the record of a function claims is so: tried in 50 digits at many places, and in float64
at the ends of its range."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest

from symderive.index.evaluate import Evaluator
from symderive.index.functions import ARGUMENTS, FUNCTIONS, SIDED, Function, Kink
from symderive.index.nodes import Expr, call, num
from symderive.verify.complex_step import COMPLEX
from symderive.verify.precise import arithmetic

NAMES = [name for name in FUNCTIONS if name != SIDED]
LINE = (-3.7, -2.5, -1.0, -0.75, -0.5, -0.1, 0.0, 0.1, 0.5, 0.75, 1.0, 1.5, 2.0, 3.25)
FAR = (-1e300, -1e9, -40.0, 40.0, 1e9, 1e300)


def claiming(claim: Callable[[Function], Any]) -> list[str]:
    return [name for name in NAMES if claim(FUNCTIONS[name])]


def places(function: Function, line: tuple[float, ...] = LINE) -> list[tuple[float, ...]]:
    return list(product(line, repeat=function.arity))


def exact(expr: Expr, place: tuple[float, ...]) -> Any:
    """The value of a formula to 50 digits; NaN outside of its domain."""
    digits = arithmetic(50)
    arrays = {t.name: digits.lift(np.array(x)) for t, x in zip(ARGUMENTS, place, strict=False)}
    return Evaluator(arrays, {}, digits.functions)(expr)[()] * digits.context.mpf(1)


def value(function: Function, place: tuple[float, ...]) -> Any:
    return exact(call(function.name, *function.arguments), place)


def same(a: Any, b: Any) -> bool:
    return bool((a != a and b != b) or a == b or abs(a - b) <= 1e-40 * (abs(a) + abs(b)))


@pytest.mark.parametrize("name", claiming(lambda f: f.parity))
def test_parity(name: str) -> None:
    function = FUNCTIONS[name]
    sign = -1 if function.parity == "odd" else 1
    for (u,) in places(function):
        assert same(value(function, (-u,)), sign * value(function, (u,)))


@pytest.mark.parametrize("name", claiming(lambda f: f.sign))
def test_sign(name: str) -> None:
    function = FUNCTIONS[name]
    for place in places(function):
        found = value(function, place)
        assert found != found or (found > 0 if function.sign == "positive" else found >= 0)


@pytest.mark.parametrize("name", claiming(lambda f: f.stated))
def test_known_values(name: str) -> None:
    function = FUNCTIONS[name]
    assert function.stated is not None
    place, known = function.stated
    assert call(name, num(place)) is known
    found = value(function, (float(place),))
    assert same(found, exact(known, ()))


@pytest.mark.parametrize("name", claiming(lambda f: f.rising))
def test_rising(name: str) -> None:
    function = FUNCTIONS[name]
    found = [v for v in (value(function, p) for p in places(function)) if v == v]
    assert len(found) > 4
    assert all(a < b for a, b in pairwise(found))


@pytest.mark.parametrize("name", claiming(lambda f: f.bounded or f.exact))
def test_finite_wherever_the_arguments_are(name: str) -> None:
    function = FUNCTIONS[name]
    for place in places(function, (*FAR, *LINE)):
        arrays = {t.name: np.array(x) for t, x in zip(ARGUMENTS, place, strict=False)}
        assert np.isfinite(Evaluator(arrays, {})(call(name, *function.arguments)))


@pytest.mark.parametrize("name", claiming(lambda f: f.exact))
def test_nothing_is_rounded(name: str) -> None:
    """float32 numbers give float32 numbers: arguments, their negatives, or whole numbers."""
    function = FUNCTIONS[name]
    for place in places(function, (0.1, -0.7, 2.3, -1e9, 0.0)):
        rounded = [np.float32(x) for x in place]
        arrays = {t.name: np.array(float(x)) for t, x in zip(ARGUMENTS, rounded, strict=False)}
        found = float(Evaluator(arrays, {})(call(name, *function.arguments)))
        assert found == int(found) or abs(found) in [abs(float(x)) for x in rounded]


@pytest.mark.parametrize("name", claiming(lambda f: f.steps))
def test_steps_are_at_whole_numbers(name: str) -> None:
    function = FUNCTIONS[name]
    before, behind = ((7 - 1e-9, 1.0), (7 + 1e-9, 1.0))
    half = ((6.5 - 1e-9, 1.0), (6.5 + 1e-9, 1.0))
    pairs = [(before, behind), half] if name == "round" else [(before, behind)]
    jumps = [abs(value(function, b) - value(function, a)) > 0.5 for a, b in pairs]
    assert any(jumps)


@pytest.mark.parametrize("name", claiming(lambda f: f.kink))
def test_both_sides_of_a_kink(name: str) -> None:
    function = FUNCTIONS[name]
    kink = function.kink
    assert isinstance(kink, Kink)
    assert not function.smooth
    left, right = kink.between(*function.arguments)
    for place in places(function):
        difference = exact(left, place) - exact(right, place)
        sign = int(difference > 0) - int(difference < 0)
        assert same(exact(kink.at(sign, function.arguments), place), value(function, place))
        if sign == 0 and not kink.jumps:
            below, above = (exact(kink.at(s, function.arguments), place) for s in (-1, 1))
            assert same(below, above)


@pytest.mark.parametrize("name", claiming(lambda f: f.exponentials or f.definition))
def test_definitions(name: str) -> None:
    """Where the definition has a value, it is that of the function; xlogy's kin say otherwise
    below 0, and a quotient that is whole may be rounded."""
    function = FUNCTIONS[name]
    compared = 0
    line = LINE if function.analytic else tuple(x for x in LINE if x > 0)
    for formula in filter(None, (function.exponentials, function.definition)):
        for u, *rest in places(function, line):
            place = (u, *(v + 0.0123 for v in rest))
            found = exact(formula(*function.arguments), place)
            if arithmetic(50).context.isfinite(found):
                assert abs(found - value(function, place)) <= 1e-38, place
                compared += 1
    assert compared


@pytest.mark.parametrize("name", claiming(lambda f: f.smooth and f.analytic))
def test_complex_arguments_carry_the_slope(name: str) -> None:
    function = FUNCTIONS[name]
    step = 1e-100
    for place in places(function, (-0.6, 0.3, 0.8, 2.25)):
        true = value(function, place)
        if true != true or abs(true) == np.inf:
            continue
        for position in range(function.arity):
            moved = [x + 1j * step * (n == position) for n, x in enumerate(place)]
            arrays = {t.name: np.array(x) for t, x in zip(ARGUMENTS, moved, strict=False)}
            found = complex(Evaluator(arrays, {}, COMPLEX)(call(name, *function.arguments)))
            tiny = arithmetic(50).context.mpf(10) ** -20
            by = [
                tuple(x + s * (n == position) for n, x in enumerate(place)) for s in (tiny, -tiny)
            ]
            slope = (value(function, by[0]) - value(function, by[1])) / (2 * tiny)
            assert found.real == pytest.approx(float(true), rel=1e-9, abs=1e-12)
            if slope == slope:
                assert found.imag / step == pytest.approx(float(slope), rel=1e-7, abs=1e-7)
