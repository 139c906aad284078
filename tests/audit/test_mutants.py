"""Right layers, broken on purpose at one operator of their backward: none of them is called equal,
unless the change makes none in the numbers."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.audit.entry import subject_of
from symderive.audit.instance import Instance
from symderive.audit.numeric import instances
from symderive.audit.real import run_real
from symderive.audit.traced import traced
from tests.audit import right

pytestmark = pytest.mark.thinned(5)

MOST = 2  # mutants of one backward
CLASSES = [c for c in right.CASES if isinstance(c[0], type) and "backward" in vars(c[0])]
SWAPPED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
}


def operators(tree: ast.Module, kind: type) -> list[ast.BinOp | ast.AugAssign]:
    """The operators in the backward of a class."""
    found = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == kind.__name__)
    backward = next(
        n for n in found.body if isinstance(n, ast.FunctionDef) and n.name == "backward"
    )
    return [n for n in ast.walk(backward) if isinstance(n, ast.BinOp | ast.AugAssign)]


def mutants(kind: type) -> Iterator[tuple[type, str]]:
    """The class with one operator exchanged, or one operand dropped."""
    source = inspect.getsource(right)
    count = len(operators(ast.parse(source), kind))
    changes = [(place, what) for place in range(count) for what in ("swap", "left", "right")]
    for place, what in changes[:: max(1, len(changes) // MOST)]:
        tree = ast.parse(source)
        node = operators(tree, kind)[place]
        before = ast.unparse(node)
        if what == "swap" or isinstance(node, ast.AugAssign):
            node.op = SWAPPED.get(type(node.op), ast.Mult)()
        else:
            node.left, node.op, node.right = getattr(node, what), ast.Mult(), ast.Constant(1.0)
        module = ModuleType("mutants")
        exec(compile(ast.fix_missing_locations(tree), "<mutant>", "exec"), vars(module))
        yield getattr(module, kind.__name__), f"{before} => {ast.unparse(node)}"


def gradients(kind: type, dims: dict[str, Any]) -> list[dict[str, Any]]:
    """The code's gradients on real arrays."""
    subject = subject_of(kind, {})
    arguments = traced(subject_of(right_of(kind), {}), dims).forward.arguments
    wanted = [a.tensor.name for a in arguments if a.differentiable]
    made = [m for m in instances(subject, arguments) if isinstance(m, Instance)]
    return [dict(run_real(subject, m.values, m.cotangent, wanted).gradients) for m in made]


def right_of(kind: type) -> type:
    found: type = getattr(right, kind.__name__)
    return found


@pytest.mark.parametrize(("kind", "dims"), CLASSES, ids=[c[0].__name__ for c in CLASSES])
def test_a_broken_backward_is_never_equal(kind: type, dims: dict[str, Any]) -> None:
    expected = gradients(kind, dims)
    for mutant, change in mutants(kind):
        verdict = sd.audit(mutant, **dims)
        if verdict.kind not in ("equal", "unsafe"):
            assert verdict.kind in ("different", "cannot tell")
            continue
        if any("its default" in a for a in verdict.assumed):
            continue  # dout is 1, and may be left out
        for a, b in zip(expected, gradients(mutant, dims), strict=True):
            for name, found in b.items():
                np.testing.assert_allclose(found, a[name], rtol=1e-9, atol=1e-12, err_msg=change)
