"""Functions of torch.autograd written in array operations."""

from __future__ import annotations

from typing import Any

import pytest

import symderive as sd

pytestmark = pytest.mark.torch
layers = pytest.importorskip("tests.audit.torch_layers")


@pytest.mark.parametrize(
    ("function", "given", "kind"), layers.CASES, ids=[c[0].__name__ for c in layers.CASES]
)
def test_a_function_of_torch_is_judged(function: Any, given: dict[str, Any], kind: str) -> None:
    verdict = sd.audit(function, **given)
    assert verdict.kind == kind, verdict.text()


def test_an_operation_without_a_rule_is_named_with_its_line() -> None:
    verdict = sd.audit(layers.Cummax, x="n")
    assert verdict.kind == "different"  # by numbers: its backward hands the cotangent on
    assert "torch.cummax" in verdict.obstacle and "torch_layers.py:" in verdict.obstacle


def test_the_module_of_the_code_holds_torch_again_afterwards() -> None:
    import torch

    sd.audit(layers.Swish, x="n")
    assert layers.torch is torch
