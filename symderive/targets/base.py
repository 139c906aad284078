"""What a target offers: a schedule as the named pieces of text that its template lays out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from ..index.functions import spelled_out
from ..index.nodes import Call, Expr
from ..index.walk import transform, walk
from ..schedule import Procedure, Schedule


def expressed(plan: Schedule, has_name: Callable[[str], bool]) -> Schedule:
    """The schedule with their definitions for the functions that a target has no name for."""

    def leaf(node: Expr) -> Expr | None:
        if not isinstance(node, Call) or has_name(node.function):
            return None
        return transform(spelled_out(node), leaf)

    def of(procedure: Procedure) -> Procedure:
        lines = tuple(replace(s, value=transform(s.value, leaf)) for s in procedure.statements)
        return replace(procedure, statements=lines)

    lines = (*plan.forward.statements, *plan.backward.statements)
    called = {n.function for s in lines for n in walk(s.value) if isinstance(n, Call)}
    if all(map(has_name, called)):
        return plan
    return replace(plan, forward=of(plan.forward), backward=of(plan.backward))


@dataclass(frozen=True)
class Live:
    """Generated code, ready to be called: its text, the module, and the operator's functions."""

    source: str
    module: ModuleType
    value: Callable[..., Any]
    fwd: Callable[..., Any]
    bwd: Callable[..., Any]


@dataclass(frozen=True)
class Workshop:
    """What a target that compiles needs: its text, templates rendered, the NumPy module.

    python: the text of a module, live, with these names in it beforehand.
    """

    text: Callable[[], str]
    render: Callable[[str, Mapping[str, Any]], str]
    numpy: Callable[[], Live]
    python: Callable[[str, Mapping[str, Any]], Live]


@dataclass(frozen=True)
class Target:
    """A printer and its template. `view` gives every name that the template uses, all decided.

    live: how the text becomes functions, where Python cannot run it as it is.  has_tools: whether
    what that takes is installed.  precision: the dtype for which it is ready at once.
    """

    name: str
    template: str
    suffix: str
    view: Callable[[Schedule], Mapping[str, Any]]
    live: Callable[[Schedule, Workshop], Live] | None = None
    has_tools: Callable[[], bool] = lambda: True
    precision: str = "float64"

    @property
    def runs_here(self) -> bool:
        """True where the text becomes functions on this machine."""
        return (self.suffix == ".py" or self.live is not None) and self.has_tools()
