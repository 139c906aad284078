"""The text of a generated module → its two functions line by line, each line with the mathematics
that it computes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from ..index.nodes import idx, ref
from ..schedule import Procedure, Schedule
from ..schedule import Statement as Computed
from .parts import Listing, Statement

_NUMBERED = re.compile(r"(?P<code>.*?\S|)\s+# .*\((?P<number>\d+)\)\s*$")


def listings(source: str, plan: Schedule) -> tuple[Listing, ...]:
    """The forward and the backward of a Python module that was generated from a schedule."""
    rows = source.splitlines()
    found = {n.name: n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)}
    listed = []
    for part, suffix, procedure in (
        ("forward", "fwd", plan.forward),
        ("backward", "bwd", plan.backward),
    ):
        function = found.get(f"{plan.name}_{suffix}")
        if function is not None:
            listed.append(Listing(part, _statements(rows, function, procedure)))
    return tuple(listed)


def _statements(
    rows: list[str], function: ast.FunctionDef, procedure: Procedure
) -> tuple[Statement, ...]:
    """The function's lines without its docstring. A line says the number of its equation in its
    comment, which the proof shows beside the line instead."""
    numbered = {s.equation: s for s in procedure.statements if s.equation}
    documented = ast.get_docstring(function) is not None
    first = function.body[0].end_lineno or function.lineno
    head = range(function.lineno, function.body[0].lineno)
    rest = range(first + 1 if documented else first, (function.end_lineno or function.lineno) + 1)
    return tuple(_tied([rows[n - 1] for n in (*head, *rest)], numbered))


def _tied(rows: list[str], numbered: Mapping[int, Computed]) -> Iterator[Statement]:
    """Each row with its equation; a comment that stands above its row is told by the row."""
    above = ""
    for row in rows:
        found = _NUMBERED.match(row + above)
        s = numbered.get(int(found["number"])) if found else None
        if found is None or s is None:
            yield Statement(row)
        elif found["code"].strip():
            left = ref(s.tensor, *map(idx, s.indices))
            yield Statement(found["code"], left, s.value, s.equation)
        above = f"  {row.strip()}" if found and not found["code"].strip() else ""
