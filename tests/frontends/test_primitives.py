"""A scalar function that the package does not have is one record: with it forwards are derived,
built for every target, certified, proved and audited."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy import special

import symderive as sd
from symderive.errors import InputError, SymderiveError
from symderive.frontends.registry import RULES
from symderive.index.functions import FUNCTIONS, Kink
from symderive.index.nodes import HALF, KNOWN, ONE, ZERO, Expr, bracket, call, const, num, sqrt
from symderive.targets import TARGETS

Made = Callable[..., Any]


@pytest.fixture(autouse=True)
def _tables() -> Iterator[None]:
    kept = [(table, dict(table)) for table in (FUNCTIONS, KNOWN, RULES)]
    yield
    for table, before in kept:
        table.clear()
        table.update(before)


def dawson(u: Expr) -> Expr:
    """Rybicki's sum 1/√π Σ e^(-(u - nh)²) / n over odd n, and from 7 on the expansion at ∞."""
    near, far = (call(name, call("abs", u), 7) for name in ("minimum", "maximum"))
    h, inner, outer = Fraction(1, 4), ZERO, ONE
    for n in range(1, 55, 2):
        inner -= call("exp", -((near - n * h) ** 2)) * call("expm1", -4 * n * h * near) / n
    for k in range(15, 0, -1):
        outer = 1 + num(2 * k - 1) / (2 * far**2) * outer
    below, above = bracket("gt", 7, call("abs", u)), bracket("ge", call("abs", u), 7)
    return call("sign", u) * (below * inner / sqrt(const("pi")) + above * outer / (2 * far))


def sech() -> Made:
    return sd.primitive(
        "sech",
        lambda u: 1 / call("cosh", u),
        slopes=(lambda u, y: -y * call("tanh", u),),
        parity="even",
        bounded=True,
    )


def gudermannian() -> Made:
    return sd.primitive(
        "gd",
        lambda u: 2 * call("arctan", call("tanh", u / 2)),
        numpy=lambda u: np.arctan(np.sinh(u)),
        parity="odd",
        rising=True,
        bounded=True,
    )


def soft_shrink() -> Made:
    return sd.primitive(
        "softshrink",
        lambda u: bracket("gt", u, HALF) * (u - HALF) + bracket("gt", -HALF, u) * (u + HALF),
    )


def log_sum_of_powers() -> Made:
    two = call("log", 2)
    return sd.primitive(
        "logaddexp_2", lambda u, v: call("logaddexp", u * two, v * two) / two, arity=2
    )


def area_cosine() -> Made:
    return sd.primitive("arcosh", lambda u: call("log", u + sqrt(u - 1) * sqrt(u + 1)))


def of_an_integral() -> Made:
    return sd.primitive(
        "dawson",
        slopes=(lambda u, y: 1 - 2 * u * y,),
        computed=dawson,
        numpy=special.dawsn,
        mpmath=lambda mp, u: mp.sqrt(mp.pi) / 2 * mp.exp(-u * u) * mp.erfi(u),
        parity="odd",
        bounded=True,
    )


def stronger() -> Made:
    """The one further away from 0, with a kink that the record states."""
    return sd.primitive(
        "hinge",
        slopes=(lambda u, y: bracket("gt", u, 1),),
        numpy=lambda u: np.maximum(u - 1, 0.0),
        computed=lambda u: call("maximum", u - 1, 0),
        mpmath=lambda mp, u: max(u - 1, mp.mpf(0)),
        sign="nonnegative",
        kink=Kink(lambda u: (u, ONE), lambda u: u - 1, lambda u: ZERO),
        note="the slope of a hinge at 1 is 0",
    )


REAL = np.array([-2.5, -1.0, -0.3, 0.0, 0.4, 0.9, 3.0])
ABOVE = np.array([1.25, 1.5, 2.0, 3.0, 9.0, 20.0, 1.125])
CASES: dict[str, tuple[Callable[[], Made], Callable[..., Any], tuple[Any, ...]]] = {
    "sech": (sech, mpmath.sech, (REAL,)),
    "gd": (gudermannian, lambda u: 2 * mpmath.atan(mpmath.tanh(u / 2)), (REAL,)),
    "softshrink": (
        soft_shrink,
        lambda u: mpmath.sign(u) * max(abs(u) - mpmath.mpf(1) / 2, 0),
        (REAL,),
    ),
    "logaddexp_2": (
        log_sum_of_powers,
        lambda u, v: mpmath.log(mpmath.mpf(2) ** u + mpmath.mpf(2) ** v, 2),
        (REAL, REAL[::-1].copy()),
    ),
    "arcosh": (area_cosine, mpmath.acosh, (ABOVE,)),
    "dawson": (
        of_an_integral,
        lambda u: mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(-u * u) * mpmath.erfi(u),
        (10 * REAL,),
    ),
    "hinge": (stronger, lambda u: max(u - 1, 0), (REAL,)),
}


def derived(function: Made, arity: int) -> Any:
    if arity == 1:
        return sd.derive(lambda u: u * function(u), u="n")
    return sd.derive(lambda u, v: u * function(u, v), u="n", v="n")


def values(function: Callable[..., Any], inputs: tuple[Any, ...]) -> Any:
    by_element = np.frompyfunc(lambda *x: function(*map(mpmath.mpf, x)), len(inputs), 1)
    return by_element(*inputs)


def slopes(exact: Callable[..., Any], inputs: tuple[Any, ...], position: int) -> Any:
    """Central differences of u f(u, ...) by one argument; half of the two sides at a kink."""
    step = mpmath.mpf(10) ** -16

    def slope(*x: Any) -> Any:
        low, high = ([a + by * (k == position) for k, a in enumerate(x)] for by in (-step, step))
        return (high[0] * exact(*high) - low[0] * exact(*low)) / (2 * step)

    return values(slope, inputs).astype(float)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("target", TARGETS)
def test_every_target_computes_it_and_its_slope(name: str, target: str) -> None:
    make, exact, inputs = CASES[name]
    module = derived(make(), len(inputs)).build(target)
    y, residuals = module.fwd(*(x.copy() for x in inputs))
    expected = values(lambda u, *v: u * exact(u, *v), inputs)
    np.testing.assert_allclose(y, expected.astype(float), rtol=2e-15, atol=1e-15)
    gradients = module.bwd(residuals, np.ones_like(inputs[0]))
    with mpmath.workdps(40):
        for n, gradient in enumerate(gradients):
            np.testing.assert_allclose(gradient, slopes(exact, inputs, n), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", CASES)
def test_its_certificate_holds_and_its_proof_names_it(name: str) -> None:
    make, _, inputs = CASES[name]
    derivation = derived(make(), len(inputs))
    certificate = derivation.verify(quick=name != "gd")
    assert certificate.ok, certificate
    own = not FUNCTIONS[name].abbreviates  # else the proof has what it stands for
    assert (f"{{{name}}}" in derivation.latex()) == own
    assert name != "hinge" or "the slope of a hinge" in derivation.latex("zh")


@pytest.mark.parametrize(("factor", "kind"), [(1, "equal"), (2, "different")])
def test_code_that_calls_it_is_judged(factor: int, kind: str) -> None:
    function = sech()

    class Bell:
        def forward(self, x: Any) -> Any:
            self.x, self.y = x, function(x)
            return self.y

        def backward(self, g: Any) -> Any:
            return -factor * g * self.y * np.tanh(self.x)

    assert sd.audit(Bell, x="n").kind == kind


def test_a_kink_that_cancels_takes_one_side() -> None:
    """hinge(x) - hinge(2 - x) is x - 1 everywhere: its slope at 1 is 1."""
    hinge = stronger()
    module = sd.derive(lambda x: hinge(x) - hinge(2 - x), x="n").build()
    _, residuals = module.fwd(np.array([0.0, 1.0, 2.0]))
    np.testing.assert_array_equal(module.bwd(residuals, np.ones(3))[0], np.ones(3))


def test_an_abbreviation_is_as_stable_as_what_it_stands_for() -> None:
    softplus = sd.primitive("log_one_and", lambda u: call("log", 1 + call("exp", u)))
    module = sd.derive(lambda x: softplus(x), x="n").build()
    y, residuals = module.fwd(np.array([-1000.0, 0.0, 1000.0]))
    np.testing.assert_allclose(y, [0.0, np.log(2), 1000.0])
    np.testing.assert_allclose(module.bwd(residuals, np.ones(3))[0], [0.0, 0.5, 1.0])


def test_it_is_a_function_of_numpy_arrays_too() -> None:
    function = sech()
    x = np.linspace(-1, 1, 5, dtype=np.float32)
    assert function(x).dtype == np.float32
    np.testing.assert_allclose(function(x), 1 / np.cosh(x), rtol=1e-6)
    with pytest.raises(TypeError, match="takes 1 arguments"):
        function(x, x)


LIES: dict[str, dict[str, Any]] = {
    "slopes": {"slopes": (lambda u, y: 2 * u * y,)},
    "numpy": {"numpy": lambda u: np.exp(-u * u) + 1e-3},
    "mpmath": {"mpmath": lambda mp, u: mp.exp(-abs(u))},
    "computed": {"computed": lambda u: 1 / (1 + u**2), "numpy": ""},
    "sign": {"sign": "positive", "definition": lambda u: call("sinh", u), "numpy": np.sinh},
}


@pytest.mark.parametrize("what", LIES)
def test_a_record_that_is_wrong_is_found_out(what: str) -> None:
    truth = {"definition": lambda u: call("exp", -(u**2)), "numpy": lambda u: np.exp(-u * u)}
    told = {**truth, **LIES[what]}
    function = sd.primitive("bell", **told)
    with pytest.raises((SymderiveError, AssertionError)):
        derivation = sd.derive(lambda x: np.abs(function(1 - x)) + x * function(x - 1), x="n")
        assert derivation.verify(quick=what != "mpmath").ok


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"name": "tanh", "definition": lambda u: u}, "already"),
        ({"name": "nothing"}, "needs a definition"),
        ({"name": "two", "numpy": np.add, "arity": 2, "slopes": (lambda u, v, y: ONE,)}, "2 argum"),
    ],
)
def test_a_record_that_says_too_little_is_refused(facts: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        sd.primitive(**facts)


def test_a_target_without_a_spelling_says_what_the_record_needs() -> None:
    cube = sd.primitive(
        "cubed", slopes=(lambda u, y: 3 * u**2,), numpy=lambda u: u**3, mpmath=lambda mp, u: u**3
    )
    with pytest.raises(SymderiveError, match="its record needs a definition"):
        sd.derive(lambda x: cube(x), x="n").build()
