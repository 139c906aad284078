"""A right derivation gets its certificate; a spoiled one does not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from symderive.verify import verify

pytestmark = pytest.mark.thinned(3)


def verdicts(certificate: Any) -> dict[str, str]:
    return {c.name: c.verdict for c in certificate.checks}


def test_right_derivations_are_certified(example: Any) -> None:
    certificate = verify(example.derived, example.kernel)
    assert certificate.ok, certificate.text()
    assert certificate.checks[0].verdict == "passed"


def test_quick_certificate_makes_few_of_the_checks(softmax_example: Any) -> None:
    derived, kernel = softmax_example.derived, softmax_example.kernel
    quick, whole = verify(derived, kernel, quick=True), verify(derived, kernel)
    assert quick.ok
    assert {c.name for c in quick.checks} <= {c.name for c in whole.checks}
    assert 3 * len(quick.checks) < len(whole.checks)


def test_text_and_json_say_the_same(softmax_example: Any) -> None:
    certificate = verify(softmax_example.derived, softmax_example.kernel)
    read = json.loads(certificate.json())
    assert read["ok"] is True
    assert [c["name"] for c in read["checks"]] == [c.name for c in certificate.checks]
    assert all(c.name in certificate.text() for c in certificate.checks)
    assert "\n" not in certificate.line()


def test_the_same_seed_gives_the_same_bytes(softmax_example: Any) -> None:
    first = verify(softmax_example.derived, softmax_example.kernel, seed=3)
    assert verify(softmax_example.derived, softmax_example.kernel, seed=3).json() == first.json()


def test_a_wrong_step_is_caught(softmax_example: Any) -> None:
    derived = softmax_example.derived
    good = derived.steps["x"][1]
    for bad in (replace(good, after=-good.after), replace(good, after=good.after * 2)):
        spoiled = replace(derived, steps={"x": (bad,)})
        certificate = verify(spoiled, softmax_example.kernel)
        assert verdicts(certificate)["steps"] == "failed"
        assert not certificate.ok
        assert "rule factor" in certificate.text()


def test_a_wrong_kernel_is_caught_by_every_gradient_check(example: Any) -> None:
    right = example.kernel.bwd

    def flipped(residuals: Any, dy: Any) -> Any:
        return tuple(-g for g in right(residuals, dy))

    found = verdicts(verify(example.derived, example.with_kernel(bwd=flipped)))
    assert found["gradient by central differences"] == "failed"
    assert found["gradient by complex steps"] == "failed"


def test_a_relative_error_of_1e_6_is_caught(example: Any) -> None:
    right = example.kernel.bwd

    def off(residuals: Any, dy: Any) -> Any:
        return tuple(g * (1 + 1e-6) for g in right(residuals, dy))

    found = verdicts(verify(example.derived, example.with_kernel(bwd=off)))
    assert found["gradient by central differences"] == "failed"


def test_a_nan_in_the_gradient_is_caught(softmax_example: Any) -> None:
    right = softmax_example.kernel.bwd
    kernel = softmax_example.with_kernel(
        bwd=lambda r, dy: (np.where(right(r, dy)[0] > 0.05, np.nan, 0),)
    )
    certificate = verify(softmax_example.derived, kernel)
    assert not certificate.ok
    json.loads(certificate.json())
