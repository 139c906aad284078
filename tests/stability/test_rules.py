"""Every rule fires on its example, keeps its value, and speaks both languages."""

from __future__ import annotations

import pytest

import symderive as sd
from symderive.index.evaluate import Evaluator
from symderive.stability import RULES, stabilise
from symderive.stability.cancelling import conjugates, half_angles
from symderive.stability.chain import equal, run, sample
from symderive.stability.complement import complements, name_complements
from symderive.stability.mixture import mixtures


def complemented(program):
    """With the names that the calculus is given, as it sees the program."""
    named = name_complements(program)
    return complements(named[0] if named else program)


AFTER = {  # rules that wait for the calculus
    "log-of-mixture": mixtures,
    "sum-of-others": complements,
    "log-near-one": complemented,
    "half-angle": half_angles,
    "conjugate": conjugates,
}
BACKWARD = {
    "from-the-middle",
    "shift-invariant",
    "product-of-exponentials",
}  # rules for gradients alone


@pytest.mark.parametrize("key", [key for key in RULES if key not in (*AFTER, *BACKWARD)])
def test_rule_fires_on_its_example_and_keeps_its_value(key):
    program = RULES[key].example()
    stabilised = stabilise(program)
    assert key in [step.rule for step in stabilised.steps]
    assert equal(program, stabilised.program)


@pytest.mark.parametrize("key", AFTER)
def test_late_rule_fires_on_its_example_and_keeps_its_value(key):
    program = RULES[key].example()
    after, steps = AFTER[key](program)
    assert key in [step.rule for step in steps]
    assert equal(program, after)
    assert AFTER[key](after) is None


@pytest.mark.parametrize("key", sorted(BACKWARD))
def test_rule_of_gradients_is_a_last_step_that_holds(key):
    d = sd.derive(RULES[key].example())
    assert any(told[-1].rule == key for told in d.derived.steps.values())
    assert d.verify(quick=True).ok


@pytest.mark.parametrize("key", RULES)
def test_rule_is_told_in_both_languages(key):
    rule = RULES[key]
    for text in (rule.title, rule.because, rule.where):
        assert set(text) == {"en", "zh"} and all(text.values())
        assert text["en"].isascii() or "Σ" in text["en"]
        assert not text["zh"].isascii()
    assert rule.latex


@pytest.mark.parametrize("key", RULES)
def test_each_step_holds_in_the_program_of_its_stage(key):
    import numpy as np

    stabilised = stabilise(RULES[key].example())
    for step, stage in zip(stabilised.steps, stabilised.stages, strict=True):
        arrays, lengths = sample(stage, 1)
        evaluator = Evaluator(arrays, lengths)
        for a in stage.assignments:
            evaluator.assign(a.tensor, a.indices, a.value)
        axes = tuple(sorted(step.before.free | step.after.free))
        np.testing.assert_allclose(
            evaluator(step.before, axes), evaluator(step.after, axes), rtol=1e-10, atol=1e-12
        )


def test_a_rewrite_that_changes_the_value_is_refused():
    from symderive.errors import DerivationError
    from symderive.stability.chain import checked

    before, other = RULES["shift-by-maximum"].example(), RULES["log-of-product"].example()
    with pytest.raises(DerivationError, match="changed the value"):
        checked(before, other, "a rule")


def test_run_gives_the_output():
    program = RULES["shift-by-maximum"].example()
    (value,) = run(program, {"x": [0.0, 0.0]}, {"n": 2})
    assert value.tolist() == [0.5, 0.5]
