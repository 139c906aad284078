"""Domains: their facts, their draws, and one that the package does not have, from end to end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, nan
from typing import Any, ClassVar

import numpy as np
import pytest

import symderive as sd
from symderive.calculus.check import Point as Check
from symderive.cli.domains import domains_of
from symderive.errors import InputError
from symderive.index.domains import POSITIVE, REAL, UNIT, Domain, Integers, Wanted
from symderive.verify.points import points

Array = Any


@dataclass(frozen=True, repr=False)
class Interval(Domain):
    """Numbers from `least` to `most`."""

    least: float = 0.0
    most: float = 1.0
    options: ClassVar[tuple[str, ...]] = ("least", "most")
    example: ClassVar[str] = "x=interval n least 0.5 most 2"

    @property
    def low(self) -> float:
        return self.least

    @property
    def high(self) -> float:
        return self.most


class Centred(Domain):
    """Numbers whose rows sum to zero."""

    total = 0


class Odd(Integers):
    """Odd labels."""

    def inside(self, values: Array, bound: int = 1) -> Array:
        return np.asarray(values).astype(np.int64) % (bound // 2) * 2 + 1


def entropy(x: Array) -> Array:
    return np.sum(np.abs(x) * np.log(x), axis=-1)


def scaled(x: Array) -> Array:
    return x * (2 + np.sum(x, axis=-1, keepdims=True))


def picked(x: Array, t: Array) -> Array:
    return np.exp(x[np.arange(len(t)), t])


SPAN = Interval("b n", least=0.5, most=2.0)
CASES: Mapping[str, tuple[Callable[..., Array], dict[str, Any], Callable[[Array], Any]]] = {
    "interval": (entropy, {"x": SPAN}, lambda x: (x >= 0.5) & (x <= 2)),
    "centred": (scaled, {"x": Centred("b n")}, lambda x: x.sum(axis=-1) == 0),
    "odd": (picked, {"x": "b n", "t": Odd("b", below=6)}, lambda t: (t % 2 == 1) & (t < 6)),
}
SAID = {
    "interval": "0.5 ≤ x ≤ 2",
    "centred": "x sums to 0 along its axis -1",
    "odd": "t holds labels below 6",
}


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[str, sd.Derivation, Callable[[Array], Any]]:
    forward, domains, held = CASES[request.param]
    return request.param, sd.derive(forward, **domains), held


def test_every_sampler_stays_inside(case: Any) -> None:
    _, derivation, held = case
    name = derivation.program.arguments[-1].tensor.name
    for point in points(derivation.derived.written, 3):
        assert np.all(held(point.tensors[name]))
    for seed in range(4):
        at = Check(derivation.program, (), seed).evaluator
        assert np.all(held(np.asarray(at.arrays[name])))


def test_the_facts_reach_the_closed_form() -> None:
    forms = {
        name: str(sd.derive(f, **given).derived.backward) for name, (f, given, _) in CASES.items()
    }
    assert forms["interval"] == "dx_bi = dy_b (1 + u_bi)"  # |x| is x, u its log
    assert forms["centred"] == "dx_bi = 2 dy_bi + Σ_j x_bj dy_bj"  # no 2 + Σ x
    assert "sign(x_bi)" in str(sd.derive(entropy, x="b n").derived.backward)


def test_the_certificate_holds_and_says_it(case: Any) -> None:
    name, derivation, _ = case
    found = derivation.verify(quick=True)
    assert found.ok, found
    assert SAID[name] in found.assumed


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_proof_says_it(language: str) -> None:
    forward, given, _ = CASES["interval"]
    text = sd.derive(forward, **given).latex(language)
    assert r"0.5 \le" in text.replace(r"\leq", r"\le")


def test_code_is_audited_within_the_domain() -> None:
    verdict = sd.audit(Entropy, x=SPAN)
    assert verdict.ok, verdict.text()
    assert SAID["interval"] in verdict.assumed


class Entropy:
    """Right for positive x alone: it leaves the sign out."""

    def forward(self, x: Array) -> Array:
        self.x = x
        return np.sum(np.abs(x) * np.log(x), axis=-1)

    def backward(self, dout: Array) -> Array:
        return dout[..., None] * (1 + np.log(self.x))


def test_the_command_line_takes_it() -> None:
    assert domains_of(["x=interval b n least 0.5 most 2"]) == {"x": SPAN}
    with pytest.raises(InputError, match="wants one word after 'least'"):
        domains_of(["x=interval b n least 0.5 most"])


@pytest.mark.parametrize(
    ("domain", "sign", "held", "refused"),
    [
        (REAL, "real", (0, -inf, inf, nan), ()),
        (POSITIVE, "positive", (1e-9, inf, nan), (0, -1, -inf)),
        (UNIT, "positive", (0.5,), (0, 1, inf, nan)),
        (SPAN, "positive", (0.5, 2), (0.4, 3, inf, nan)),
        (Interval(least=-inf, most=0.0), "real", (0, -1, -inf, nan), (1, inf)),
        (Centred(), "real", (), (0, 1)),
        (Odd(below=5), "real", (), (0, 1)),
    ],
)
def test_facts_follow_from_the_bounds(
    domain: Domain, sign: str, held: tuple[float, ...], refused: tuple[float, ...]
) -> None:
    assert domain.sign == sign
    assert all(map(domain.holds, held)) and not any(map(domain.holds, refused))


@pytest.mark.parametrize("domain", [POSITIVE, UNIT, SPAN, Interval(least=-inf, most=-1.0)])
@pytest.mark.parametrize("within", [None, (-3.0, 3.0), (0.1, 0.9), (1.1, 2.5)])
def test_draws_stay_inside_and_spread(domain: Domain, within: tuple[float, float] | None) -> None:
    rng = np.random.default_rng(0)
    drawn = domain.draw(rng, (400,), Wanted(within, scale=20.0))
    assert all(map(domain.holds, drawn)) and len(set(drawn)) == 400
    assert np.array_equal(domain.inside(drawn), drawn)


def test_directions_stay_in_a_tied_domain() -> None:
    rng = np.random.default_rng(0)
    for domain in (sd.simplex("b n"), sd.simplex("b n", axis=0), Centred()):
        x, along = domain.draw(rng, (3, 4)), domain.tangent(rng.standard_normal((3, 4)))
        assert np.all(x.sum(axis=domain.axis) == domain.total)
        assert np.allclose(along.sum(axis=domain.axis), 0)
