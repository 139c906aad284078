"""The C target: statements → loops → text, compiled by the system's compiler."""

from __future__ import annotations

from ...schedule import Schedule
from ..base import Live, Target, Workshop
from .module import view


def _live(plan: Schedule, workshop: Workshop) -> Live:
    from .live import live  # processes and temporary folders: only for who compiles

    return live(plan, workshop)


def _has_compiler() -> bool:
    from .build import has_compiler

    return has_compiler()


C = Target(
    name="c", template="c/module.c.j2", suffix=".c", view=view, live=_live,
    has_tools=_has_compiler, precision="float32",
)  # fmt: skip

__all__ = ["C"]
