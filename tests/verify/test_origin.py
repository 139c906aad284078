"""The certificate runs the function as it was given."""

from __future__ import annotations

from typing import Any

import numpy as np

import symderive as sd
from symderive.verify.origin import check_origin


def test_a_function_that_was_read_wrongly_is_found_out() -> None:
    derivation = sd.derive("softmax")
    good = check_origin(derivation.derived, derivation.build(), derivation.function)
    assert good.verdict == "passed"

    def other(x: Any) -> Any:
        return np.exp(x) / np.sum(np.exp(x))  # over all rows

    bad = check_origin(derivation.derived, derivation.build(), other)
    assert bad.verdict == "failed"
    assert check_origin(derivation.derived, derivation.build(), None).verdict == "skipped"


def test_a_function_of_chance_is_not_compared() -> None:
    rng = np.random.default_rng(0)
    derivation = sd.derive("relu")
    found = check_origin(
        derivation.derived, derivation.build(), lambda x: x + rng.standard_normal(x.shape)
    )
    assert found.verdict == "skipped"
