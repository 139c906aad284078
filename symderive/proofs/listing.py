"""The rows of a generated module → its functions line by line, each with what it computes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..index.nodes import idx, ref
from ..schedule import Procedure, Schedule
from ..targets.python.rows import Row
from .parts import Listing, Statement


def listings(code: Mapping[str, Sequence[str]], plan: Schedule) -> tuple[Listing, ...]:
    """The forward and the backward of a schedule: the rows of each, as a printer has made them."""
    procedures = {"forward": plan.forward, "backward": plan.backward}
    return tuple(
        Listing(part, tuple(_statements(rows, procedures[part]))) for part, rows in code.items()
    )


def _statements(rows: Sequence[str], procedure: Procedure) -> Iterator[Statement]:
    """A line says the number of its equation in its comment, which the proof shows beside the line
    instead.
    """
    numbered = {s.equation: s for s in procedure.statements if s.equation}
    for row in rows:
        if not isinstance(row, Row):
            yield Statement(row)
        elif row.code is not None:
            s = numbered.get(row.equation)
            if s is None:
                yield Statement(row)
            else:
                yield Statement(row.code, ref(s.tensor, *map(idx, s.indices)), s.value, s.equation)
