"""Layers with a known verdict, all of them judged right."""

from __future__ import annotations

from typing import Any

import pytest

import symderive as sd
from tests.audit import harmless, owned, right, unknown, unsafe, wrong

pytestmark = pytest.mark.thinned(5)

Case = tuple[Any, dict[str, Any]]


def name(subject: Any) -> str:
    return subject.__name__ if isinstance(subject, type) else subject[0].__name__


def ids(cases: Any) -> list[str]:
    return [f"{name(case[0])}({'; '.join(map(str, case[1].values()))[:40]})" for case in cases]


def audited(subject: Any, dims: dict[str, Any]) -> Any:
    verdict = sd.audit(subject, **dims)
    assert verdict.text() and verdict.json()
    return verdict


@pytest.mark.parametrize(("subject", "dims"), right.CASES, ids=ids(right.CASES))
def test_right_code_is_equal(subject: Any, dims: dict[str, Any]) -> None:
    verdict = audited(subject, dims)
    assert verdict.kind == "equal", verdict.text()
    assert verdict.exit_code == 0
    assert all(f.how and f.derivation for f in verdict.findings)


@pytest.mark.parametrize(("subject", "dims", "mistake"), wrong.CASES, ids=ids(wrong.CASES))
def test_wrong_code_is_different(subject: Any, dims: dict[str, Any], mistake: str) -> None:
    verdict = audited(subject, dims)
    assert verdict.kind == "different", verdict.text()
    assert verdict.exit_code == 1
    bad = [f for f in verdict.findings if f.verdict == "different"]
    assert bool(bad) != ("fails on real arrays" in verdict.obstacle)
    if mistake:
        assert any(mistake in f.mistake for f in bad), [f.mistake for f in bad]
    for finding in bad:
        example = finding.counterexample
        assert (example is None) == ("dims" in finding.reason)
        if example is not None:
            assert abs(example.code - example.derivative) > 1e-6
            assert example.difference == pytest.approx(example.derivative, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize(("subject", "dims", "hazard"), unsafe.CASES, ids=ids(unsafe.CASES))
def test_code_that_touches_other_arrays_is_unsafe(
    subject: Any, dims: dict[str, Any], hazard: str
) -> None:
    verdict = audited(subject, dims)
    assert verdict.kind == "unsafe", verdict.text()
    assert verdict.exit_code == 1
    assert any(hazard in h for h in verdict.hazards), verdict.hazards


@pytest.mark.parametrize(("subject", "dims", "note"), harmless.CASES, ids=ids(harmless.CASES))
def test_what_does_no_harm_is_no_hazard(subject: Any, dims: dict[str, Any], note: str) -> None:
    verdict = audited(subject, dims)
    assert verdict.kind == "equal", verdict.text()
    assert any(note in n for n in verdict.notes) or not note, verdict.notes


@pytest.mark.parametrize(("subject", "dims"), owned.RIGHT, ids=ids(owned.RIGHT))
def test_parameters_that_a_layer_makes_itself_are_judged(
    subject: Any, dims: dict[str, Any]
) -> None:
    verdict = audited(subject, dims)
    assert verdict.kind == "equal", verdict.text()
    assert not any("so nothing is said" in n for n in verdict.notes) or verdict.assumed


@pytest.mark.parametrize(("subject", "dims", "argument"), owned.WRONG, ids=ids(owned.WRONG))
def test_what_parameters_start_with_hides_no_mistake(
    subject: Any, dims: dict[str, Any], argument: str
) -> None:
    verdict = audited(subject, dims)
    assert verdict.kind == "different", verdict.text()
    assert argument in [f.argument for f in verdict.findings if f.verdict == "different"]


@pytest.mark.parametrize(("subject", "dims", "obstacle"), unknown.CASES, ids=ids(unknown.CASES))
def test_what_no_proof_covers_is_said_to_be_so(
    subject: Any, dims: dict[str, Any], obstacle: str
) -> None:
    verdict = audited(subject, dims)
    assert verdict.kind == "cannot tell", verdict.text()
    assert verdict.exit_code == (3 if verdict.agrees else 2)
    assert obstacle in verdict.obstacle
    assert "unknown.py:" in verdict.obstacle, "the obstacle has its line"


def test_the_numerical_comparison_is_given_all_the_same() -> None:
    verdict = sd.audit(unknown.Solve, A="3 3", x="3")
    assert all("agrees" in f.reason for f in verdict.findings)
    assert verdict.numerical


def test_there_are_forty_layers_and_more() -> None:
    assert len(right.CASES) >= 40 and len(wrong.CASES) >= 40 and len(unsafe.CASES) >= 10
