"""The text of a generated module → its two functions line by line, each line with the mathematics that it computes."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from ..index.nodes import idx, ref
from ..schedule import Procedure, Schedule
from .parts import Listing, Statement

Equations = Mapping[str, tuple[Statement, ...]]


def listings(source: str, plan: Schedule) -> tuple[Listing, ...]:
    """The forward and the backward of a Python module that was generated from a schedule."""
    rows = source.splitlines()
    found = {n.name: n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)}
    listed = []
    for part, suffix, procedure in (("forward", "fwd", plan.forward), ("backward", "bwd", plan.backward)):
        function = found.get(f"{plan.name}_{suffix}")
        if function is not None:
            listed.append(Listing(part, _statements(rows, function, procedure)))
    return tuple(listed)


def _statements(rows: list[str], function: ast.FunctionDef, procedure: Procedure) -> tuple[Statement, ...]:
    """The function's lines without its docstring; a name that is computed twice takes its equations in order."""
    waiting = {s.name: [t for t in procedure.statements if t.name == s.name] for s in procedure.statements}
    documented = ast.get_docstring(function) is not None
    body = function.body[1:] if documented else function.body
    starts: dict[int, Statement] = {}
    for node in body:
        computed = waiting.get(_target(node), [])
        if computed:
            s = computed.pop(0) if len(computed) > 1 else computed[0]
            left = ref(s.tensor, *map(idx, s.indices))
            starts.setdefault(node.lineno, Statement(rows[node.lineno - 1], left, s.value, s.equation))
    first = function.body[0].end_lineno or function.lineno if documented else _body_line(function) - 1
    head = range(function.lineno, _body_line(function))
    rest = range(first + 1, (function.end_lineno or function.lineno) + 1)
    return tuple(starts.get(n, Statement(rows[n - 1])) for n in (*head, *rest))


def _body_line(function: ast.FunctionDef) -> int:
    return function.body[0].lineno


def _target(node: ast.stmt) -> str:
    """The name that a statement assigns to or updates, "" for any other statement."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        return node.targets[0].id if isinstance(node.targets[0], ast.Name) else ""
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    return ""
