"""Steps → a module of Python that calls the kernels, and has NumPy do what C does not.

It is the NumPy module with other lines: what is checked, and what happens to half precision and
to integers, is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...arrays.axes import Layout
from ...arrays.boundary import joined, split
from ...arrays.elementwise import LOWER
from ...arrays.lines import Line
from ...arrays.lowering import Lowering
from ...arrays.nodes import NUMBER, Applied, Array, Held
from ...arrays.scope import Scope
from ...arrays.statements import lines_of, saved_layouts
from ...errors import NotSupportedError
from ...index.dims import Dim, Index
from ...index.nodes import Tensor, ref
from ...index.text import mathematics
from ...loops.contractions import apart
from ...loops.fused import Fused, Group, fits, fused
from ...loops.steps import Step, steps
from ...program import Argument, Output, read_for
from ...program import Layout as Axes
from ...schedule import Procedure, Schedule, Statement
from ..numpy.module import view_with
from .words import LANGUAGE


@dataclass(frozen=True)
class Call:
    """A kernel as the module calls it: arrays, some of which only tell lengths, then numbers."""

    made: Fused
    arguments: tuple[Argument, ...]
    results: tuple[tuple[Tensor, Axes], ...]


@dataclass
class Driver:
    """The module of one operator under construction."""

    plan: Schedule
    name: str
    calls: list[Call] = field(default_factory=list)
    order: list[str] = field(default_factory=list)

    def view(self) -> Mapping[str, Any]:
        """Every name that `templates/numpy/module.py.j2` uses."""
        self.saved = saved_layouts(self.plan)
        return view_with(self.plan, self._lines)

    def _lines(self, procedure: Procedure, scope: Scope, known: Mapping[str, Layout]) -> list[Line]:
        """The lines of one procedure; `known` tells how the forward laid out what it saved."""
        ahead = procedure is self.plan.forward
        layouts = {o.tensor: split(o.layout) for o in procedure.results}
        if ahead:
            layouts = {**self.saved, **layouts}
        lines = lines_of(Procedure(procedure.arguments, (), ()), scope, known)
        self.order.append("The value:" if ahead else "The gradient:")
        for step in self._steps(procedure, layouts):
            lines += (
                self._call(step, scope, layouts, f"{self.name}_{'fwd' if ahead else 'bwd'}")
                if step.kernel
                else self._plain(step, scope, layouts)
            )
        return lines

    def _steps(self, procedure: Procedure, layouts: Mapping[Tensor, Layout]) -> tuple[Step, ...]:
        live = read_for(procedure.statements, layouts)[0]
        taken = {t.name for s in live for t in (s.tensor, *s.value.tensors)}
        taken |= {a.tensor.name for a in procedure.arguments} | {
            p.tensor.name for p in self.plan.parameters
        }

        def able(group: tuple[Statement, ...], results: tuple[Tensor, ...]) -> bool:
            odd = any(_bare(layouts[t]) != t.dims for t in results if t in layouts)
            return not odd and fits(self._group(group, results), LANGUAGE)

        parted = apart(live, taken, lambda s: able((s,), (s.tensor,)))
        results = tuple(s.tensor for s in parted if s.tensor in layouts)
        return steps(parted, results, able)

    def _group(self, statements: tuple[Statement, ...], results: tuple[Tensor, ...]) -> Group:
        return Group(statements, results, self.plan.parameters, self.plan.requires)

    def _plain(self, step: Step, scope: Scope, layouts: Mapping[Tensor, Layout]) -> list[Line]:
        """What NumPy does, as the numpy target writes it."""
        self.order += [f"    {_formula(s)}" for s in step.statements]
        outputs = tuple(Output(t, joined(layout)) for t, layout in layouts.items())
        return lines_of(Procedure((), step.statements, outputs), scope, {})

    def _call(
        self, step: Step, scope: Scope, layouts: Mapping[Tensor, Layout], prefix: str
    ) -> list[Line]:
        """A kernel and the line that calls it."""
        name = f"{prefix}_{step.writes[-1].name}"
        made = fused(name, self._group(step.statements, step.writes), LANGUAGE)
        given = [given_as(t, made.sources[t], scope) for t in made.signature.reads]
        given += tellers(made, [a for _, a in given], scope)
        results = []
        for tensor in made.signature.writes:
            outside = made.sources[tensor]
            layout = layouts.get(outside, outside.dims)
            results.append((tensor, _inside(layout, tensor)))
            scope.layouts[outside.name] = layout
        self.calls.append(Call(made, tuple(a for _, a in given), tuple(results)))
        names = ", ".join(made.sources[t].name for t in made.signature.writes)
        numbers = [Held(t.name, kind=NUMBER) for t in made.signature.numbers]
        value = Applied(name, (*(array for array, _ in given), *numbers))
        self.order.append(f"    {name} makes {names}")
        return [Line(names, value, "in C", 0)]


def given_as(inside: Tensor, outside: Tensor, scope: Scope) -> tuple[Array, Argument]:
    """An array that a kernel reads, and how its axes hold the dims."""
    layout = scope.layouts[outside.name]
    if _bare(layout) == outside.dims:
        return Held(outside.name), Argument(inside, _inside(layout, inside))
    serials = dict.fromkeys(outside.dims, 0)
    indices = []
    for dim in outside.dims:
        indices.append(Index(dim, serials[dim]))
        serials[dim] += 1
    array = Lowering(scope, LOWER).lower(ref(outside, *indices), tuple(indices))
    return array, Argument(inside, _inside(outside.dims, inside))


def tellers(made: Fused, arguments: list[Argument], scope: Scope) -> list[tuple[Array, Argument]]:
    """Arrays that a kernel does not read, but from which the lengths of dims are known."""
    dims = {d for axis in made.signature.lengths for d in axis}
    dims |= {d for t in made.signature.writes for d in t.dims}
    wanted = {n for d in dims for n in _names(d)}
    wanted |= {
        a.tensor.domain.below
        for a in arguments
        if a.tensor.domain.is_label and isinstance(a.tensor.domain.below, str)
    }
    told = {n for a in arguments for axis in a.layout for d in axis for n in _told(d)}
    bases = {twin.name: dim.name for twin, dim in made.bases.items()}
    found: list[tuple[Array, Argument]] = []
    for name in sorted(wanted - told):
        held, layout = _holder(bases.get(name, name), scope)
        place = next(n for n, d in enumerate(layout) if d and d.name == bases.get(name, name))
        dims_of = [Dim(name) if n == place else d for n, d in enumerate(layout)]
        tensor = Tensor(f"{held} for {name}", tuple(d for d in dims_of if d))
        found.append((Held(held), Argument(tensor, _inside(tuple(dims_of), tensor))))
    return found


def _names(dim: Dim) -> list[str]:
    """The names of the dims whose lengths tell that of a dim."""
    if dim.length is not None:
        return []
    return [n for n, _ in dim.extent if n] if dim.extent else [dim.name]


def _told(dim: Dim) -> list[str]:
    return [] if dim.length is not None or dim.extent else [dim.name]


def _holder(name: str, scope: Scope) -> tuple[str, Layout]:
    """An array with a dim of this name, one of real numbers if there is any."""
    for held, layout in sorted(scope.layouts.items(), key=lambda item: item[0] in scope.labels):
        if any(d and d.name == name for d in layout):
            return held, layout
    raise NotSupportedError(f"no array here has the dim '{name}', so that its length is not known")


def _bare(layout: Layout) -> tuple[Dim, ...]:
    """The dims of a layout without its axes of length one."""
    return tuple(d for d in layout if d is not None)


def _inside(layout: Layout, tensor: Tensor) -> Axes:
    """The real axes of an array in the dims of a kernel."""
    dims = iter(tensor.dims)
    return tuple(() if d is None else (next(dims),) for d in layout)


def _formula(s: Statement) -> str:
    """The equation of a statement, without the batch dims."""
    letters = [i.letter for i in s.indices if not i.dim.is_batch]
    joined = ("" if all(len(w) == 1 for w in letters) else ",").join(letters)
    return f"{s.name}{f'_{joined}' if joined else ''} = {mathematics(s.value, s.indices)}"
