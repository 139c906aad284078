"""The certificate of generated kernels, for operators of every family."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

import symderive.pipeline as pipeline
from symderive.emit import build, module_text
from symderive.index.nodes import num
from symderive.verify import verify

pytestmark = pytest.mark.thinned(4)

OPERATORS = (
    *("softmax", "log_softmax", "logsumexp", "sigmoid", "tanh", "l2_normalize", "rms_norm"),
    *("layer_norm", "cross_entropy", "linear", "relu"),
)


@cache
def certificate(name: str) -> Any:
    return pipeline.derive(name).verify()


@pytest.mark.parametrize("name", OPERATORS)
def test_the_mathematics_holds(name: str) -> None:
    checks = [c for c in certificate(name).checks if not c.name.startswith(("edge", "handling"))]
    assert [str(c) for c in checks if not c.ok] == []
    assert sum(c.verdict == "passed" for c in checks) >= 8


@pytest.mark.parametrize("name", ["softmax", "layer_norm"])
def test_a_wrong_closed_form_is_caught_in_the_steps_and_in_the_generated_code(name: str) -> None:
    derived = pipeline.derive(name).derived
    backward = derived.backward
    last = backward.assignments[-1]
    steps = dict(derived.steps)
    *before, final = steps["x"]
    for factor in (-1, 2):
        wrong = replace(last, value=last.value * num(factor))
        spoiled = replace(
            derived,
            backward=replace(backward, assignments=(*backward.assignments[:-1], wrong)),
            steps={**steps, "x": (*before, replace(final, after=final.after * num(factor)))},
        )
        code = module_text(spoiled)
        found = {c.name: c.verdict for c in verify(spoiled, build(code, name), quick=True).checks}
        assert found["steps"] == "failed"
        assert found["gradient by central differences"] == "failed"


def test_a_second_derivative_has_its_own_certificate() -> None:
    again = pipeline.derive(pipeline.derive("softmax").backward)
    checks = verify(again.derived, again.build(), quick=True)
    assert checks.ok, checks.text()
