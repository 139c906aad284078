"""Every rewrite fires on its example, makes of it what it says, and keeps its value."""

from __future__ import annotations

import numpy as np
import pytest

from symderive.calculus.normal import normal
from symderive.calculus.rules import RULES
from symderive.index.evaluate import Evaluator
from symderive.index.nodes import Expr
from symderive.index.text import text

REWRITES = [key for key, rule in RULES.items() if rule.rewrite and rule.example]


def value(expr: Expr) -> np.ndarray:
    """The value over all free indices of an example."""
    rng = np.random.default_rng(3)
    arrays = {"f": rng.normal(size=4), "g": rng.normal(size=4), "c": 1.7}
    return Evaluator(arrays, {"n": 4})(expr, tuple(sorted(expr.free)))


@pytest.mark.parametrize("key", REWRITES)
def test_a_rewrite_fires_and_keeps_the_value(key: str) -> None:
    rule = RULES[key]
    example = rule.example()
    found = rule.rewrite(example.before)
    assert text(found) != text(example.before)
    assert normal(found) is normal(example.after)
    np.testing.assert_allclose(value(found), value(example.before), rtol=1e-12)


@pytest.mark.parametrize("key", RULES)
def test_a_rule_is_told_in_every_language(key: str) -> None:
    rule = RULES[key]
    for told in (rule.title, rule.because):
        assert set(told) == {"en", "zh"}
        assert all(told.values())
    assert rule.latex
