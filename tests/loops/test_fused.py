"""Whether statements fit one kernel is asked of nodes: nothing is printed, nothing done twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

import symderive as sd
from symderive.index.memo import forget
from symderive.loops import fused
from symderive.loops.fused import Group, fits
from symderive.loops.kernel import Kernel
from symderive.loops.names import Language
from symderive.targets.c.driver import Driver
from symderive.targets.c.layout import Row
from symderive.targets.c.module import Parts, view, written
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
def test_no_group_is_tried_twice_and_kernels_alone_are_lowered(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: Counter[Group] = Counter()
    kernels: list[Kernel] = []
    ready, lower = fused._ready, fused.lowered

    def counted(group: Group, language: Language) -> Any:
        tried[group] += 1
        return ready(group, language)

    def gathered(kernel: Kernel) -> Any:
        kernels.append(kernel)
        return lower(kernel)

    monkeypatch.setattr(fused, "_ready", counted)
    monkeypatch.setattr(fused, "lowered", gathered)
    plan = sd.derive(name).schedule
    forget()
    assert view(plan) == view(plan)
    assert set(tried.values()) == {1}
    made = written(plan)
    assert isinstance(made, Parts)
    assert len(kernels) == len(made.calls)


def test_a_product_of_matrices_fits_no_kernel_and_what_surrounds_it_does() -> None:
    plan = sd.derive("linear_gelu").schedule
    told = {
        s.name: fits(Group((s,), (s.tensor,), plan.parameters, plan.requires), LANGUAGE)
        for s in plan.forward.statements
    }
    assert set(told.values()) == {True, False}, told
