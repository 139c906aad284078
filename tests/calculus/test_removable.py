"""Single points that were filled in have the slope of what is around them, in every spelling."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from scipy.special import erf

import symderive as sd
from symderive.verify.edges import check_edges
from tests.oracles.one_sided import DIGITS, REAL, function

from .test_smooth import derived, gradients, inputs

Array = Any

X = "x=0 1 -0.5"
PAIR = "x=0.5 1 2; y=0.5 2 2"
ANY = "x=0 1 -0.5; y=0.3 0 2"
LINES: dict[str, tuple[str, ...]] = {
    X: (
        "np.where(x == 0, 1, np.expm1(x)/x)",
        "np.where(x != 0, np.expm1(x)/x, 1)",
        "np.where(x == 0, 1, np.expm1(np.where(x == 0, 1, x))/np.where(x == 0, 1, x))",
        "np.where(np.abs(x) > 0, np.expm1(x)/x, 1)",
        "np.where(x**2 > 0, np.expm1(x)/x, 1)",
        "np.where(x == 0, 1, (np.exp(x) - 1)/np.where(x != 0, x, 1))*np.cos(x)",
        "np.where(x == 0, 1, np.log1p(x)/x)",
        "np.where(x == 0, 1, x/np.sinh(x))",
        "np.where(x == 0, (x+1)/2, (np.exp(x) - 1 - x)/x**2)",
        "np.where(x == 0, (x+1)/6, (np.exp(x) - 1 - x - x**2/2)/x**3)",
        "np.where(x == 0, 0.5, (1 - np.cos(x))/x**2)",
        "np.where(x == 0, 0, np.sin(x)**2/x)",
        "np.where(x == 0, 0, 1/np.tanh(x) - 1/x)",
        "np.where(x == 0, 0.25, (1/(1 + np.exp(-x)) - 0.5)/x)",
        "np.where(x == 0, 0.5, (np.sqrt(1 + x) - 1)/x)",
        "np.where(2*x == 2, 2, (x**2 - 1)/(x - 1))",
        "x*np.where(x == 0, 1, np.tanh(x)/x)**2",
        "np.where(x == 0, 1, np.where(x == 1, 1, (x - x**2)/(x*(1 - x))))",
        "np.where(x == 0, 1, np.where(x == 1, np.expm1(x), np.expm1(x)/x))",
        "np.where(x == 0, 1, np.arctan(x)/x)",
    ),
    PAIR: (
        "np.where(x == y, x, (x - y)/(np.log(x) - np.log(y)))",
        "np.where(x == y, np.exp(x), (np.exp(x) - np.exp(y))/(x - y))",
        "np.where(x - y == 0, np.exp(y), (np.exp(x) - np.exp(y))/np.where(x == y, 1, x - y))",
        "np.where(x != y, (x**3 - y**3)/(x - y), 3*x*y)",
        "np.where(y == x, x/2, x*y/(x + y))",
    ),
    ANY: (
        "np.where(x == 0, y, np.expm1(x*y)/x)",
        "np.where(x == 0, 0, x*np.exp(y))",
        "np.where(x == 0, np.cos(y), np.cos(x + y)*np.sin(x)/x)",
        "np.where(y == 0, np.log(2 + x), ((2 + x)**y - 1)/y)",
    ),
}
CASES = [(text, places) for places, texts in LINES.items() for text in texts]


H = REAL.mpf(10) ** -10
ASIDE = REAL.mpf(10) ** -14  # so that no other input stands at a point, where 0 / 0 has no value


def around(text: str, given: dict[str, Array], name: str, order: int) -> Array:
    """The slope of each element from values on both sides of it, none of which is at a point."""
    loss = function(text, tuple(given), DIGITS)

    def at(element: int, steps: int) -> Any:
        moved = {
            n: REAL.mpf(x[element]) + (n == name) * steps * H + (k + 1) * ASIDE
            for k, (n, x) in enumerate(given.items())
        }
        return np.asarray(loss(**{n: np.array([v], object) for n, v in moved.items()}))[0]

    def slope(element: int) -> float:
        if order == 1:
            return float((at(element, 1) - at(element, -1)) / (2 * H))
        outer, inner = at(element, 2) + at(element, -2), at(element, 1) + at(element, -1)
        return float((outer - inner) / (3 * H**2))

    return np.array([slope(n) for n in range(given[name].size)])


@pytest.mark.parametrize(("text", "places"), CASES)
def test_a_filled_point_has_the_slope_of_what_is_around_it(text: str, places: str) -> None:
    given = inputs(places, text)
    derivation = derived(text, given)
    found = gradients(derivation, "numpy", given)
    for name in given:
        np.testing.assert_allclose(found[name], around(text, given, name, 1), rtol=1e-6, atol=1e-7)


SIZES = (  # smooth, though the size itself is not where it is 0
    "np.hypot(x, y)**2",
    "np.hypot(x, y)**4 + np.hypot(x, y)**2",
    "np.exp(-np.hypot(x, y)**2)*x",
    "np.cos(np.hypot(x, y))",
    "np.sqrt(1 + np.hypot(x, y)**2)",
    "np.sqrt(x**2 + y**2)**2/(1 + x)",
    "np.where(np.hypot(x, y) == 0, 1, np.sin(np.hypot(x, y))/np.hypot(x, y))",
)
SECOND = CASES[::2] + [(text, "x=0 0 1; y=0 1 -2") for text in SIZES]


@pytest.mark.parametrize(("text", "places"), SECOND)
def test_in_second_order(text: str, places: str) -> None:
    given = inputs(places, text)
    again = sd.derive(derived(text, given).backward["x"])
    found = gradients(again, "numpy", given)["x"]
    np.testing.assert_allclose(found, around(text, given, "x", 2), rtol=1e-6, atol=1e-6)


def test_the_square_of_a_norm_in_second_order() -> None:
    first = sd.derive(lambda x: np.linalg.norm(x, axis=-1) ** 2, x="b n")
    again = sd.derive(first.backward["x"]).build()
    x, dy = np.zeros((2, 3)), np.ones(2)
    found, _ = again.bwd(again.fwd(x, dy)[1], np.ones((2, 3)))
    np.testing.assert_array_equal(found, np.full((2, 3), 2.0))


@pytest.mark.parametrize("target", ["numpy-tuned", "c"])
def test_on_every_target(target: str) -> None:
    text, given = CASES[0][0], inputs(X, "")
    found = gradients(derived(text, given), target, given)["x"]
    np.testing.assert_allclose(found, around(text, given, "x", 1), rtol=1e-9)


def test_numpys_own_patches() -> None:
    """np.divide with where=, a constant of the author's with all its digits, and sinc."""

    def forward(x: Any) -> Any:
        ratio = np.divide(np.expm1(x), x, out=np.ones_like(x), where=x != 0)
        return ratio + np.sinc(x) + np.where(x == 0, 1.1283791670955126, erf(x) / x)

    kernel = sd.derive(forward, x="n").build()
    (dx,) = kernel.bwd(kernel.fwd(np.zeros(2))[1], np.ones(2))
    np.testing.assert_allclose(dx, 0.5)


KEPT = (
    ("np.where(x == 0, 2, np.expm1(x)/x)", 0.0),  # a jump
    ("np.where(x == 0, 1, np.expm1(np.abs(x))/np.abs(x))", 0.0),  # a kink
    ("np.where(x == 0, 3*x, np.cos(1/x)*x)", 3.0),  # no series
    ("np.where(x == 0, 0, x*np.log(np.abs(x)))", 0.0),
)


@pytest.mark.parametrize(("text", "wanted"), KEPT)
def test_what_does_not_go_on_keeps_the_slope_of_the_branch(text: str, wanted: float) -> None:
    given = {"x": np.array([0.0, 0.5])}
    assert gradients(derived(text, given), "numpy", given)["x"][0] == wanted


def test_the_certificate_compares_filled_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the branch's own slope, 0, its line on kinks fails."""

    def failed() -> list[str]:
        d = sd.derive(lambda x: np.where(x == 0, 1, np.expm1(x) / x), x="n")
        return [c.name for c in check_edges(d.derived, d.build()) if not c.ok]

    assert failed() == []
    module = sys.modules["symderive.calculus.derive"]
    monkeypatch.setattr(module, "with_points_filled", lambda program: program)
    assert failed() == ["edge: ties and kinks"]
