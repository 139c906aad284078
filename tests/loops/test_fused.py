"""Whether statements fit one kernel is asked of nodes: nothing is printed, nothing done twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

import symderive as sd
from symderive.index.memo import forget
from symderive.loops import fused
from symderive.loops.fused import Group, fits
from symderive.targets.c.driver import Driver
from symderive.targets.c.layout import Row
from symderive.targets.c.module import view
from symderive.targets.c.values import Spelling
from symderive.targets.c.words import LANGUAGE

MIXED = ("attention", "linear_gelu", "info_nce")


@pytest.mark.parametrize("name", MIXED)
def test_deciding_what_is_a_kernel_prints_no_kernel(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> Any:
        raise AssertionError("something was printed")

    monkeypatch.setattr(Spelling, "at", never)
    monkeypatch.setattr(Row, "__post_init__", never, raising=False)
    driver = Driver(sd.derive(name).schedule, name)
    forget()
    driver.view()
    assert driver.calls


@pytest.mark.parametrize("name", MIXED)
def test_no_group_is_lowered_twice(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: Counter[Group] = Counter()
    lower = fused._fused

    def counted(group: Group, *rest: Any) -> Any:
        seen[group] += 1
        return lower(group, *rest)

    monkeypatch.setattr(fused, "_fused", counted)
    plan = sd.derive(name).schedule
    forget()
    assert view(plan) == view(plan)
    assert set(seen.values()) == {1}


def test_a_product_of_matrices_fits_no_kernel_and_what_surrounds_it_does() -> None:
    plan = sd.derive("linear_gelu").schedule
    told = {
        s.name: fits(Group((s,), (s.tensor,), plan.parameters, plan.requires), LANGUAGE)
        for s in plan.forward.statements
    }
    assert set(told.values()) == {True, False}, told
