"""The certificate runs the function as it was given."""

from __future__ import annotations

from typing import Any

import numpy as np

import symderive as sd
from symderive.cli.subject import Subject
from symderive.verify.origin import NAME, check_origin


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


def scaled(x: Any, power: int = 2, *, weight: Any) -> Any:
    return weight * x**power


def test_arguments_go_by_their_names() -> None:
    derivation = sd.derive(scaled, x="b n", weight="n")
    found = check_origin(derivation.derived, derivation.build(), derivation.function)
    assert found.verdict == "passed"


def test_the_command_line_hands_the_function_on(tmp_path: Any) -> None:
    (tmp_path / "layers.py").write_text("def twice(x):\n    return 2 * x\n")
    for subject in (
        Subject("softmax", None),
        Subject(f"{tmp_path}/layers.py:twice", None, ["x=b n"]),
        Subject(f"{tmp_path}/layers.py:twice", None, ["x=b n"], "double"),
    ):
        derivation = subject.derive()
        found = check_origin(derivation.derived, derivation.build(), derivation.function)
        assert found.verdict == "passed"


def test_a_cast_of_the_function_itself_is_allowed_its_rounding() -> None:
    derivation = sd.derive(lambda x: x.astype(np.float32).sum(), x="b n")
    check = next(c for c in derivation.verify(quick=True).checks if c.name == NAME)
    assert check.verdict == "passed"
