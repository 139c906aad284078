"""Schedule → the rows of the two functions, the checks before them, and the helpers they call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ...errors import NotSupportedError
from ...index.dims import Dim
from ...program import Argument
from ...schedule import Procedure, Schedule
from .blocked import Blocked, blocked
from .boundary import entering, leaving
from .checks import backward_checks, backward_mixed, forward_checks, value_checks
from .lines import Line, write_lines
from .pieces import NeedsLastAxis
from .scope import Layout, Scope
from .wrap import broken, statement

# in the order in which they are defined
HELPERS = (
    "_by_blocks", "_room", "_into", "_along", "_real", "_number", "_labels", "_truth", "_single",
    "_widened", "_narrowed",
    "_sigmoid", "_erf_parts", "_erf", "_erfc", "_erfcx", "_log_ndtr", "_log1mexp", "_xlogy",
    "_xlog1py", "_entr", "_rel_entr", "_kl_div", "_cumsum", "_rows",
    "_ratio",
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
        return bodies(plan, "axis" if plan.axis else "-1", moved=False, tuned=tuned)
    except NeedsLastAxis:
        pass
    try:
        return bodies(plan, "-1", moved=plan.axis, tuned=tuned)
    except NeedsLastAxis as error:
        raise NotSupportedError(
            f"array code of NumPy cannot read {error} at these labels, which run over its leading "
            "batch dims as well; name the batch dims ('b n' for '... n')"
        ) from error


def bodies(
    plan: Schedule, axis: str, moved: bool, tuned: bool, write: Writer = write_lines
) -> Bodies:
    """The bodies for one way of writing the reduced axis: `axis` is its text, `moved` that it is
    brought to the end first.
    """
    scalars = frozenset(p.tensor.name for p in plan.parameters)
    ahead, behind = (Scope(axis=axis, scalars=scalars, requires=plan.requires) for _ in range(2))
    end = plan.inputs[0].layout[-1][0] if moved else None
    forward = write(plan.forward, ahead, {})
    saved = {t.name: ahead.layouts[t.name] for t in plan.residuals}
    backward = write(plan.backward, behind, saved)
    parts = _forward_parts(plan, forward, ahead, end) if tuned else None
    back_parts = _backward_parts(plan, backward, behind, end) if tuned else None
    out = (parts is not None or back_parts is not None) and not _has_name(plan, "out")
    first = _forward_rows(plan, forward, end, parts, out)
    back = _backward_rows(plan, backward, behind, end, back_parts, out)
    value = _value_rows(plan, forward, ahead, parts, out) if parts else []
    asked = forward_checks(plan, moved, out)
    asked_back = backward_checks(plan, saved, kept_options(plan), moved, out)
    mixed_back = backward_mixed(plan, kept_options(plan), out)
    text = "\n".join((*asked, *asked_back, *mixed_back, *first, *back, *value))
    helpers = {h for h in HELPERS if f"{h}(" in text or f"({h}," in text}
    helpers |= {"_room"} if "_into" in helpers else set()
    helpers |= ahead.helpers | behind.helpers
    return Bodies(first, back, helpers, asked, asked_back, mixed_back, out, tuple(value))


def _has_name(plan: Schedule, name: str) -> bool:
    """True where an array of the operator has this name."""
    procedures = (plan.forward, plan.backward)
    arguments = {a.tensor.name for p in procedures for a in p.arguments}
    arguments |= {p.tensor.name for p in plan.parameters}
    return name in arguments or any(s.name == name for p in procedures for s in p.statements)


def _forward_enter(plan: Schedule, end: Dim | None) -> list[str]:
    """The rows that bring the inputs into their working layouts."""
    outside = {a.tensor.name: _outside(a) for a in plan.inputs}
    return [row for a in plan.inputs for row in entering(a.tensor.name, a.layout, outside, end)]


def _forward_parts(
    plan: Schedule, lines: list[Line], scope: Scope, end: Dim | None
) -> Blocked | None:
    """The forward over blocks of rows, where its arrays are as the caller holds them."""
    output = plan.output.tensor.name
    if _forward_enter(plan, end) or leaving(output, plan.output.layout, end) != output:
        return None
    wanted = {output, *(t.name for t in plan.residuals)}
    results = [line.name for line in lines if line.name in wanted]
    return blocked(plan.forward, lines, scope, results, False)


def _forward_rows(
    plan: Schedule, lines: list[Line], end: Dim | None, parts: Blocked | None, out: bool
) -> list[str]:
    output, saved = plan.output.tensor.name, [t.name for t in plan.residuals]
    given = [a.tensor.name for a in plan.inputs]
    new = [output, *(n for n in saved if n not in given and n != output)]
    codes = {n: n for n in saved} | {output: leaving(output, plan.output.layout, end)}
    handed = {**codes, **_handed({n: codes[n] for n in new}, parts, out)}
    rows = [f"    {row}" for row in _forward_enter(plan, end)]
    rows += _in_blocks(parts, new if out else [], given) if parts else _rows(lines)
    kept = [n if n == output else handed[n] for n in saved]
    return rows + broken("return ", f"{handed[output]}, {_tuple(kept)}", 4)


def _value_rows(
    plan: Schedule, lines: list[Line], scope: Scope, parts: Blocked, out: bool
) -> list[str]:
    """The value without the residuals: in a block they are gone when the next one comes. No rows
    where the forward makes no large array but the output.
    """
    output = plan.output.tensor.name
    alone = blocked(plan.forward, lines, scope, [output], False)
    saved = dict(parts.made).keys() - dict(alone.made).keys() if alone else ()
    large = scope.layouts[parts.arrays[0]]
    if alone is None or not any(scope.layouts.get(name) == large for name in saved):
        return []
    given = [a.tensor.name for a in plan.inputs]
    options = [p.tensor.name for p in plan.parameters] + (["axis"] if plan.axis else [])
    named = ", ".join([*given, *(f"{n}={n}" for n in (*options, *(["out"] if out else [])))])
    handed = _handed({output: output}, alone, out)[output]
    return [
        *value_checks(plan, f"{plan.name}_fwd({named})"),
        *_in_blocks(alone, [output] if out else [], given),
        f"    return {handed}",
    ]


def _handed(results: Mapping[str, str], parts: Blocked | None, out: bool) -> dict[str, str]:
    """The code of each result; what no block has put there is copied into the array that `out` has
    for it.
    """
    made = dict(parts.made) if parts else {}
    return {
        name: f"_into(out, {place}, {code})" if out and name not in made else code
        for place, (name, code) in enumerate(results.items())
    }


def _outside(argument: Argument) -> Layout:
    """The layout of an array as the caller holds it; a merged axis tells no length of a dim."""
    return tuple(axis[0] if len(axis) == 1 else None for axis in argument.layout)


def _backward_enter(plan: Schedule, scope: Scope, end: Dim | None) -> list[str]:
    """The rows that bring the cotangent into its working layout."""
    known = {t.name: scope.layouts[t.name] for t in plan.residuals}
    known[plan.cotangent.tensor.name] = _outside(plan.cotangent)
    return entering(plan.cotangent.tensor.name, plan.cotangent.layout, known, end)


def _backward_values(plan: Schedule, end: Dim | None) -> dict[str, str]:
    """Each gradient in the layout that the caller sees."""
    return {o.tensor.name: leaving(o.tensor.name, o.layout, end) for o in plan.backward.results}


def _backward_parts(
    plan: Schedule, lines: list[Line], scope: Scope, end: Dim | None
) -> Blocked | None:
    """The backward over blocks of rows, where its arrays are as the caller holds them."""
    values = _backward_values(plan, end)
    if _backward_enter(plan, scope, end) or any(n != code for n, code in values.items()):
        return None
    return blocked(plan.backward, lines, scope, list(values), True)


def _backward_rows(
    plan: Schedule,
    lines: list[Line],
    scope: Scope,
    end: Dim | None,
    parts: Blocked | None,
    out: bool,
) -> list[str]:
    values = _backward_values(plan, end)
    codes = list(_handed(values, parts, out).values())
    rows = [f"    {row}" for row in _backward_enter(plan, scope, end)]
    last = lines[-1]
    if codes == [last.name] and not last.after and not parts:
        return rows + _rows(lines[:-1]) + statement("return ", f"({last.code},)", _comment(last), 4)
    given = [a.tensor.name for a in plan.backward.arguments]
    rows += _in_blocks(parts, list(values) if out else [], given) if parts else _rows(lines)
    return rows + broken("return ", _tuple(codes) if len(codes) == 1 else ", ".join(codes), 4)


def _in_blocks(parts: Blocked, results: list[str], read: list[str]) -> list[str]:
    """A function of some rows, and its calls. results: what `out` may have arrays for, in order."""
    beside = ", ".join(n for n in read if n in parts.arrays)
    made = {
        name: f"_room(out, {results.index(name)}, {room}, {beside})" if name in results else room
        for name, room in parts.made
    }
    return [
        *(row for name, room in made.items() for row in broken(f"{name} = ", room, 4)),
        "",
        *definition(parts.function, list(parts.arrays), 4),
        *_rows(parts.lines, 8),
        "",
        *broken("", parts.call, 4),
        *_rows(parts.rest),
    ]


def _rows(lines: Sequence[Line], indent: int = 4) -> list[str]:
    return [row for line in lines for row in _row(line, indent)]


def _row(line: Line, indent: int) -> list[str]:
    prefix = f"{line.name} = " if line.name else ""
    after = [f"{' ' * indent}{row}" for row in line.after]
    return statement(prefix, line.code, _comment(line), indent) + after


def _comment(line: Line) -> str:
    if not line.equation:
        return line.comment
    return f"{line.comment}    ({line.equation})" if line.comment else f"({line.equation})"


def kept_options(plan: Schedule) -> list[str]:
    """The options of the forward that the backward takes, too."""
    used = {t for s in plan.backward.statements for t in s.value.tensors}
    kept = [p.tensor.name for p in plan.parameters if p.tensor in used]
    return [*kept, "axis"] if plan.axis else kept


def definition(name: str, parameters: list[str], indent: int) -> list[str]:
    """The `def` line, or several."""
    pad = " " * indent
    together = ", ".join(parameters)
    if len(f"{pad}def {name}({together}):") <= 100:
        return [f"{pad}def {name}({together}):"]
    inner = (
        [f"{pad}    {together}"]
        if len(f"{pad}    {together}") <= 100
        else [f"{pad}    {p}," for p in parameters]
    )
    return [f"{pad}def {name}(", *inner, f"{pad}):"]


def _tuple(names: list[str]) -> str:
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"
