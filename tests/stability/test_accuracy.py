"""The figures of docs/accuracy.md hold where they are promised."""

from __future__ import annotations

from math import inf

import pytest

from benchmarks.accuracy import measure
from benchmarks.accuracy_page import over
from benchmarks.figures import SCALES

PROMISED = {"softmax": 3, "log_softmax": 3, "logsumexp": 3, "sigmoid": 3, "cross_entropy": 3}


@pytest.mark.parametrize("name", PROMISED)
def test_errors_of_the_whole_chain_stay_within_a_few_units(name):
    figures = measure(name, (0,), rivals=False)["symderive"]
    assert set(figures) == {(d, s) for d in ("float32", "float64") for s in SCALES}
    for dtype in ("float32", "float64"):
        worst = over(figures, dtype)
        assert worst.forward <= PROMISED[name]
        assert worst.backward is not None and 0 < worst.backward <= PROMISED[name]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_textbook_form_is_seen_to_fail():
    figures = measure("softmax", (0,))
    assert over(figures["textbook"], "float32").forward == inf
    assert over(figures["textbook"], "float32", SCALES[:1]).forward <= 3
