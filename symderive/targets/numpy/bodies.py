"""Schedule → the rows of the two functions, the checks before them, and the helpers they call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ...arrays.axes import Layout, NeedsLastAxis
from ...arrays.blocks import AHEAD, ALONG, SAME, Blocked, Room, blocked
from ...arrays.boundary import Entry, entering, leaving
from ...arrays.lines import Line
from ...arrays.nodes import Array, Held
from ...arrays.scope import Scope
from ...arrays.statements import lines_of
from ...errors import NotSupportedError
from ...index.dims import Dim
from ...program import Argument
from ...schedule import Procedure, Schedule
from ..python.layout import broken, definition
from ..python.module import kept_options, returned
from ..python.rows import rows_of, told
from ..python.spelling import SCALAR_HELPERS, Spelling
from ..python.syntax import (
    Name,
    Row,
    Slice,
    Syntax,
    call,
    literal,
    member,
    row,
    subscript,
    text,
)
from .arithmetic import dtype_of
from .checks import backward_checks, backward_mixed, forward_checks, value_checks
from .words import numpy_words

# in the order in which they are defined
HELPERS = (
    "_by_blocks", "_room", "_into", "_along", "_real", "_number", "_labels", "_truth", "_single",
    "_widened", "_narrowed", *SCALAR_HELPERS, "_cumsum", "_rows",
)  # fmt: skip
Writer = Callable[[Procedure, Scope, Mapping[str, Layout]], list[Line]]


@dataclass(frozen=True)
class Bodies:
    """The rows of the two functions, and the helpers that they call. value: the rows of the value
    alone, where these are others than a call of the forward.
    """

    forward: list[str]
    backward: list[str]
    helpers: set[str]
    asked: list[str]
    asked_back: list[str]
    mixed_back: list[str]
    out: bool = False
    value: tuple[str, ...] = ()


def for_any_axis(plan: Schedule, tuned: bool) -> Bodies:
    """The bodies for any reduced axis; where they cannot be, that axis is moved to the end."""
    try:
        return bodies(plan, plan.axis, moved=False, tuned=tuned)
    except NeedsLastAxis:
        pass
    try:
        return bodies(plan, any_axis=False, moved=plan.axis, tuned=tuned)
    except NeedsLastAxis as error:
        raise NotSupportedError(
            f"array code of NumPy cannot read {error} at these labels, which run over its leading "
            "batch dims as well; name the batch dims ('b n' for '... n')"
        ) from error


def bodies(
    plan: Schedule, any_axis: bool, moved: bool, tuned: bool, write: Writer = lines_of
) -> Bodies:
    """The bodies for one way of writing the reduced axis: `any_axis` where the caller names it,
    `moved` where it is brought to the end first.
    """
    scalars = frozenset(p.tensor.name for p in plan.parameters)
    ahead, behind = (Scope(any_axis, scalars=scalars, requires=plan.requires) for _ in range(2))
    end = plan.inputs[0].layout[-1][0] if moved else None
    forward = write(plan.forward, ahead, {})
    saved = {t.name: ahead.layouts[t.name] for t in plan.residuals}
    backward = write(plan.backward, behind, saved)
    made = _Bodies(plan, numpy_words(any_axis), end)
    parts = made.forward_parts(forward, ahead) if tuned else None
    back_parts = made.backward_parts(backward, behind) if tuned else None
    made.out = out = (parts is not None or back_parts is not None) and not _has_name(plan, "out")
    first = made.forward_rows(forward, parts)
    back = made.backward_rows(backward, behind, back_parts)
    value = made.value_rows(forward, ahead, parts) if parts else []
    spell, options = made.spell, kept_options(plan)
    asked = forward_checks(plan, spell, moved, out)
    asked_back = backward_checks(plan, spell, saved, options, moved, out)
    mixed_back = backward_mixed(plan, spell, options, out)
    spell.helpers.update({"_room"} if "_into" in spell.helpers else ())
    return Bodies(
        first, back, spell.helpers, asked, asked_back, mixed_back, out, tuple(value)
    )  # fmt: skip


def _has_name(plan: Schedule, name: str) -> bool:
    """True where an array of the operator has this name."""
    procedures = (plan.forward, plan.backward)
    arguments = {a.tensor.name for p in procedures for a in p.arguments}
    arguments |= {p.tensor.name for p in plan.parameters}
    return name in arguments or any(s.name == name for p in procedures for s in p.statements)


@dataclass
class _Bodies:
    """end: the dim of the axis that is moved to the end.  out: the caller may give arrays for the
    results.
    """

    plan: Schedule
    spell: Spelling
    end: Dim | None
    out: bool = False

    def forward_parts(self, lines: list[Line], scope: Scope) -> Blocked | None:
        """The forward over blocks of rows, where its arrays are as the caller holds them."""
        output = self.plan.output.tensor.name
        if self._forward_entries() or self._output() != Held(output):
            return None
        wanted = {output, *(t.name for t in self.plan.residuals)}
        results = [line.name for line in lines if line.name in wanted]
        return blocked(self.plan.forward, lines, scope, results, False)

    def backward_parts(self, lines: list[Line], scope: Scope) -> Blocked | None:
        """The backward over blocks of rows, where its arrays are as the caller holds them."""
        values = self._gradients()
        if self._backward_entries(scope) or any(v != Held(n) for n, v in values.items()):
            return None
        return blocked(self.plan.backward, lines, scope, list(values), True)

    def _forward_entries(self) -> list[Entry]:
        """What brings the inputs into their working layouts."""
        inputs, end = self.plan.inputs, self.end
        outside = {a.tensor.name: _outside(a) for a in inputs}
        return [e for a in inputs for e in entering(a.tensor.name, a.layout, outside, end)]

    def _backward_entries(self, scope: Scope) -> list[Entry]:
        """What brings the cotangent into its working layout."""
        cotangent = self.plan.cotangent
        known = {t.name: scope.layouts[t.name] for t in self.plan.residuals}
        known[cotangent.tensor.name] = _outside(cotangent)
        return entering(cotangent.tensor.name, cotangent.layout, known, self.end)

    def _entered(self, entries: list[Entry]) -> list[str]:
        return [f"    {e.name} = {text(self.spell.write(e.value))}" for e in entries]

    def _output(self) -> Array:
        return leaving(self.plan.output.tensor.name, self.plan.output.layout, self.end)

    def _gradients(self) -> dict[str, Array]:
        """Each gradient in the layout that the caller sees."""
        results = self.plan.backward.results
        return {o.tensor.name: leaving(o.tensor.name, o.layout, self.end) for o in results}

    def forward_rows(self, lines: list[Line], parts: Blocked | None) -> list[str]:
        """The rows of the forward."""
        output, saved = self.plan.output.tensor.name, [t.name for t in self.plan.residuals]
        given = [a.tensor.name for a in self.plan.inputs]
        new = [output, *(n for n in saved if n not in given and n != output)]
        values: dict[str, Syntax] = {n: Name(n) for n in saved}
        values[output] = self.spell.write(self._output())
        handed = {**values, **self._handed({n: values[n] for n in new}, parts)}
        rows = self._entered(self._forward_entries())
        rows += self._in_blocks(parts, new, given) if parts else rows_of(lines, self.spell)
        kept = [Name(n) if n == output else handed[n] for n in saved]
        return rows + returned(handed[output], row(*kept))

    def value_rows(self, lines: list[Line], scope: Scope, parts: Blocked) -> list[str]:
        """The value without the residuals: in a block they are gone when the next one comes. No
        rows where the forward makes no large array but the output.
        """
        plan, output = self.plan, self.plan.output.tensor.name
        alone = blocked(plan.forward, lines, scope, [output], False)
        saved = dict(parts.made).keys() - dict(alone.made).keys() if alone else ()
        large = scope.layouts[parts.arrays[0]]
        if alone is None or not any(scope.layouts.get(name) == large for name in saved):
            return []
        given = [a.tensor.name for a in plan.inputs]
        options = [p.tensor.name for p in plan.parameters] + (["axis"] if plan.axis else [])
        named = {n: n for n in (*options, *(["out"] if self.out else []))}
        handed = self._handed({output: Name(output)}, alone)[output]
        return [
            *value_checks(plan, self.spell, call(f"{plan.name}_fwd", *given, **named)),
            *self._in_blocks(alone, [output], given),
            f"    return {text(handed)}",
        ]

    def _handed(self, results: Mapping[str, Syntax], parts: Blocked | None) -> dict[str, Syntax]:
        """Each result, copied into the array that `out` has for it where no block put it there."""
        made = dict(parts.made) if parts else {}
        into = {
            name: self.spell.helper("_into", "out", literal(place), value)
            for place, (name, value) in enumerate(results.items())
            if self.out and name not in made
        }
        return {**results, **into}

    def backward_rows(self, lines: list[Line], scope: Scope, parts: Blocked | None) -> list[str]:
        """The rows of the backward."""
        gradients = self._gradients()
        written = {name: self.spell.write(value) for name, value in gradients.items()}
        values = list(self._handed(written, parts).values())
        rows = self._entered(self._backward_entries(scope))
        last = lines[-1]
        if values == [Name(last.name)] and not last.after and not parts:
            value = Row((self.spell.write(last.value),))
            rows += rows_of(lines[:-1], self.spell)
            return rows + told("return ", value, last.note, last.equation, 4)
        given = [a.tensor.name for a in self.plan.backward.arguments]
        rows += (
            self._in_blocks(parts, list(gradients), given) if parts else rows_of(lines, self.spell)
        )
        return rows + returned(*values) if len(values) > 1 else rows + returned(row(*values))

    def _in_blocks(self, parts: Blocked, results: list[str], read: list[str]) -> list[str]:
        """A function of some rows, and its calls. results: what `out` may have arrays for."""
        spell, rows = self.spell, []
        if parts.counted:
            name, length = parts.counted
            rows.append(f"    {name} = {text(spell.write(length))}")
        beside = [Name(n) for n in read if n in parts.arrays]
        for name, room in parts.made:
            made = self._room(room)
            if self.out and name in results:
                place = literal(results.index(name))
                made = spell.helper("_room", "out", place, made, *beside)
            rows += broken(f"{name} = ", made, 4)
        axis = [Name("axis")] if spell.axis == "axis" else []
        arrays, whole = row(*parts.arrays), literal(parts.whole)
        return [
            *rows,
            "",
            *definition(parts.function, list(parts.arrays), 4),
            *rows_of(parts.lines, spell, 8),
            "",
            *broken("", spell.helper("_by_blocks", Name(parts.function), arrays, whole, *axis), 4),
            *rows_of(parts.rest, spell),
        ]

    def _room(self, room: Room) -> Syntax:
        """The call that makes room for a result."""
        like, spell = Name(room.like), self.spell
        dtype: list[Syntax] = [call("np.result_type", *room.dtypes)] if room.dtypes else []
        if room.form == SAME:
            return call("np.empty_like", like, *dtype)
        if room.form == AHEAD:
            shape = subscript(member(like, "shape"), Slice(None, literal(room.count)))
            return call("np.empty", shape, *(dtype or [dtype_of(room.like)]))
        along = spell.helper("_along", like, spell.place(-1), *dtype)
        if room.form == ALONG:
            return along
        return call(member(along, "squeeze"), spell.place(-1))


def _outside(argument: Argument) -> Layout:
    """The layout of an array as the caller holds it; a merged axis tells no length of a dim."""
    return tuple(axis[0] if len(axis) == 1 else None for axis in argument.layout)
