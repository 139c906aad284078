"""What a function asks of its arrays before any work: real numbers, labels in range, shapes that
fit, and half precision computed in float32.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...arrays.axes import Layout
from ...index.dims import Dim
from ...program import Argument
from ...program import Layout as Axes
from ...schedule import Schedule
from ..python.layout import WIDTH, broken, condition
from ..python.shapes import misfits, refused, shape_checks, shape_text, too_short
from ..python.spelling import Spelling
from ..python.syntax import (
    Call,
    Literal,
    Name,
    Row,
    Syntax,
    call,
    literal,
    member,
    row,
    subscript,
    text,
)

HALF = "# half precision: computed in float32"
MIXED = "# several dtypes: each gradient has that of its input"


def forward_checks(plan: Schedule, spell: Spelling, moved: bool, out: bool = False) -> list[str]:
    """The rows before the forward's own; `moved` where it moves its axis to the end, `out` where
    the caller may give arrays for the results.
    """
    mixed, half = _forward_mixed(plan, spell, out), _forward_half(plan, spell, moved, out)
    return _asked(plan, spell) + mixed + half


def value_checks(plan: Schedule, spell: Spelling, forward: Call) -> list[str]:
    """The same before the value alone; `forward` is the call of it, for other precisions."""
    head = condition([*_several(plan), f"{_real_names(plan)[0]}.dtype.itemsize < 4"], 4)
    value = subscript(forward, Literal("0"))
    return [*_asked(plan, spell), _commented(head[0]), *head[1:], *broken("return ", value, 8)]


def _asked(plan: Schedule, spell: Spelling) -> list[str]:
    """What the inputs must be."""
    rows = [_taken(argument, plan, spell) for argument in sorted(plan.inputs, key=_may_be_number)]
    lengths: dict[Dim, str] = {}
    rows += shape_checks(plan.name, plan.inputs, lengths)
    rows += too_short(plan, lengths)
    return rows + _out_of_range(plan, lengths)


def _taken(argument: Argument, plan: Schedule, spell: Spelling) -> str:
    """The row that makes an argument an array of what it has to hold."""
    name = argument.tensor.name
    given = (Name(name), Literal(f'"{name}"'))
    others = [a for a in plan.inputs if a.differentiable and a is not argument]
    if not argument.differentiable:
        taken = spell.helper("_truth" if argument.tensor.domain.is_mask else "_labels", *given)
    elif not others or not _may_be_number(argument):
        taken = spell.helper("_real", *given)
    else:
        arrays = [a for a in others if not _may_be_number(a)]
        told = [Name(a.tensor.name) for a in arrays or others]
        taken = spell.helper("_number", *given, *told)
        spell.helpers.add("_real")
    return f"    {name} = {text(taken)}"


def _may_be_number(argument: Argument) -> bool:
    """True for an argument that may have no axes."""
    return all(axis and axis[0].is_batch for axis in argument.layout)


def _real_names(plan: Schedule) -> list[str]:
    return [a.tensor.name for a in plan.inputs if a.differentiable]


def _several(plan: Schedule) -> list[str]:
    """The condition that the inputs have several dtypes, where they can."""
    first, *others = (f"{name}.dtype" for name in _real_names(plan))
    if len(others) < 2:
        return [f"{first} != {other}" for other in others]
    return [f"len({{{', '.join([first, *others])}}}) > 1"]


def _out_of_range(plan: Schedule, lengths: Mapping[Dim, str]) -> list[str]:
    """Labels below zero, which NumPy would count from the end, or beyond what they choose from."""
    rows: list[str] = []
    by_name = {d.name: code for d, code in lengths.items()}
    for argument in plan.inputs:
        name, below = argument.tensor.name, argument.tensor.domain.below
        bound = by_name.get(below) if isinstance(below, str) else below
        if argument.differentiable or bound is None:
            continue
        wrong = f"{name}.size and not 0 <= {name}.min() <= {name}.max() < {bound}"
        shown = f"{{{bound}}} ({below})" if isinstance(below, str) else bound
        held = "truth values" if argument.tensor.domain.is_mask else "labels"
        labels = f"{held} {name} {shape_text(argument.layout)}"
        rows += refused(
            [wrong], f"{plan.name} takes {labels} from 0 to below {shown}, "
            f"not from {{{name}.min()}} to {{{name}.max()}}"
        )  # fmt: skip
    return rows


def _is_kept_whole(layout: Axes, moved: bool) -> bool:
    """True where the code works with the array as the caller holds it."""
    return not moved and all(len(axis) <= 1 for axis in layout)


def _forward_mixed(plan: Schedule, spell: Spelling, out: bool) -> list[str]:
    """Several dtypes, and half precision of which no residual would tell: what the inputs had is
    handed on.
    """
    told = _tells_the_dtype(plan)
    half = [] if told else [f"{_real_names(plan)[0]}.dtype.itemsize < 4"]
    wrong = [*_several(plan), *half]
    if not wrong:
        return []
    head = condition(wrong, 4)
    given = [f"{plan.name}_fwd", *(a.tensor.name for a in plan.inputs)]
    widened = spell.helper("_widened", *given, **_options(plan))
    note = MIXED if _several(plan) else HALF
    rows = [_commented(head[0], note), *head[1:]]
    if not out:
        return [*rows, *broken("return ", widened, 8)]
    output = Name(plan.output.tensor.name)
    into = spell.helper("_into", "out", literal(0), output)
    return [
        *rows,
        *broken(f"{output.code}, residuals = ", widened, 8),
        f"        return {text(into)}, residuals",
    ]


def backward_mixed(plan: Schedule, spell: Spelling, kept: Sequence[str], out: bool) -> list[str]:
    """The rows before all others of a backward whose residuals may end with the inputs' dtypes."""
    if not _several(plan) and _tells_the_dtype(plan):
        return []
    given = [f"{plan.name}_bwd", "residuals", plan.cotangent.tensor.name]
    narrowed = spell.helper("_narrowed", *given, **{k: k for k in kept})
    row = f"    if len(residuals) > {len(plan.residuals)}:"
    rows = [_commented(row, "# with the dtypes of the inputs")]
    if not out:
        return [*rows, *broken("return ", narrowed, 8)]
    into = spell.helper("_into", "out", "place", "g")
    each = f"{text(into)} for place, g in enumerate(gradients)"
    return [*rows, *broken("gradients = ", narrowed, 8), f"        return tuple({each})"]


def _options(plan: Schedule) -> dict[str, str]:
    """The options of the forward, handed on."""
    names = [*(p.tensor.name for p in plan.parameters), *(["axis"] if plan.axis else [])]
    return {name: name for name in names}


def _forward_half(plan: Schedule, spell: Spelling, moved: bool, out: bool) -> list[str]:
    """Half precision: the same function in float32, and what is handed on rounded back."""
    if not _tells_the_dtype(plan):
        return []
    real = _real_names(plan)
    whole = {a.tensor.name for a in plan.inputs if _is_kept_whole(a.layout, moved)}
    output = plan.output.tensor.name
    if _is_kept_whole(plan.output.layout, moved):
        whole.add(output)
    handed_on = dict(zip((t.name for t in plan.residuals), plan.saved, strict=True))
    apart = handed_on.get(output) == "intermediate"  # two arrays: rounded, and as it was computed
    value = output if output in whole and not apart else f"{output}_"
    inner: list[str] = []
    kept: list[Syntax] = []
    again = False  # then an input's name is taken by its float32
    for tensor, kind in zip(plan.residuals, plan.saved, strict=True):
        as_it_is = tensor.name in whole and kind != "intermediate"
        inner.append("_" if as_it_is else tensor.name)
        rounded = kind != "intermediate" and not as_it_is and not tensor.domain.is_label
        kept.append(_rounded(tensor.name, Name("dtype")) if rounded else Name(tensor.name))
        again |= rounded
    names = [a.tensor.name for a in plan.inputs]
    given = [spell.helper("_single", Name(n)) if n in real else Name(n) for n in names]
    forward = call(f"{plan.name}_fwd", *given, **_options(plan))
    half: Syntax = _rounded(value, Name("dtype") if again else member(Name(real[0]), "dtype"))
    half = spell.helper("_into", "out", literal(0), half) if out else half
    unpacked = text(row(*inner)) if set(inner) - {"_"} else "_"
    return [
        _commented(f"    if {real[0]}.dtype.itemsize < 4:"),
        *([f"        dtype = {real[0]}.dtype"] if again else []),
        *broken(f"{value}, {unpacked} = ", forward, 8),
        *broken(f"{value} = ", half, 8),
        *broken("return ", Row((Name(value), row(*kept)), ""), 8),
    ]


def _rounded(name: str, dtype: Syntax) -> Call:
    return call(member(Name(name), "astype"), dtype)


def _commented(row: str, note: str = HALF) -> str:
    return f"{row}  {note}" if len(row) + len(note) + 2 <= WIDTH else row


def backward_checks(
    plan: Schedule,
    spell: Spelling,
    saved: Mapping[str, Layout],
    kept: Sequence[str],
    moved: bool,
    out: bool = False,
) -> list[str]:
    """The rows before the backward's own: the cotangent in the output's shape and dtype."""
    cotangent = plan.cotangent
    name = cotangent.tensor.name
    floats = [t.name for t in plan.residuals if not t.domain.is_label]
    like = _tells_the_dtype(plan)
    dtype = [member(Name(like or floats[0]), "dtype")] if floats else []
    wrong, shown = _cotangent_misfits(plan, saved, moved)
    message = f"{plan.name}_bwd takes {name} {shown}, not {{{name}.shape}}"
    real = spell.helper("_real", Name(name), Literal(f'"{name}"'), *dtype)
    rows = broken(f"{name} = ", real if floats else spell.helper("_single", real), 4)
    rows += refused(wrong, message)
    if not like:  # no half precision comes here
        return rows
    spell.helpers.add("_single")
    singles = call("tuple", call("map", "_single", "residuals"))
    backward = call(f"{plan.name}_bwd", singles, call("_single", name), **{k: k for k in kept})
    half, each = _rounded("g", member(Name(name), "dtype")), "g in gradients"
    if out:
        half = spell.helper("_into", "out", "place", half)
        each = "place, g in enumerate(gradients)"
    return [
        *rows,
        _commented(f"    if {name}.dtype.itemsize < 4:"),
        *broken("gradients = ", backward, 8),
        f"        return tuple({text(half)} for {each})",
    ]


def _tells_the_dtype(plan: Schedule) -> str:
    """A residual that has the output's dtype: the output, or an input."""
    pairs = list(zip(plan.residuals, plan.saved, strict=True))
    for wanted in ("output", "input"):
        for tensor, kind in pairs:
            if kind == wanted and not tensor.domain.is_label:
                return tensor.name
    return ""


def _cotangent_misfits(
    plan: Schedule, saved: Mapping[str, Layout], moved: bool
) -> tuple[list[str], str]:
    """What would be wrong with the cotangent's shape, and how a reader is told the right one."""
    name, layout = plan.cotangent.tensor.name, plan.cotangent.layout
    shown = shape_text(layout)
    if moved:
        return misfits(name, layout, {}), shown
    flat = tuple(axis[0] if axis else None for axis in layout)
    if _is_kept_whole(layout, moved):
        alike = [t.name for t in plan.residuals if saved[t.name] == flat]
        if alike and flat:
            return [f"{name}.shape != {alike[0]}.shape"], f"{shown} = {{{alike[0]}.shape}}"
    lengths: dict[Dim, str] = {}
    if not plan.axis:
        for tensor in plan.residuals:
            misfits(tensor.name, _axes(saved[tensor.name]), lengths)
    return misfits(name, layout, lengths), shown


def _axes(layout: Layout) -> Axes:
    return tuple(() if d is None else (d,) for d in layout)
