"""Procedure → lines of NumPy, each with the mathematics that it computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...index import nodes
from ...index.dims import Dim, Index
from ...index.nodes import Expr, Tensor
from ...index.text import text
from ...index.walk import refs, transform, walk
from ...program import Output
from ...schedule import Procedure, Statement
from ...schedule.shapes import is_contraction, is_plain
from .boundary import split
from .elementwise import WRITE
from .labelled import at_labels_alone, set_at_labels
from .pieces import ADD, Axes, Piece, align, fits, merge, number
from .printer import Printer
from .scatter import add_at, scattered
from .scope import Layout, Scope, layout_of
from .segments import assigned, concatenated, segments
from .selection import stacked
from .shifts import guarded

VECTOR = (Index(Dim("n")),)  # a sum over n says j, also where i is not in use


@dataclass(frozen=True)
class Line:
    """`name = code  # comment`, and rows that come after it."""

    name: str
    code: str
    comment: str
    equation: int
    after: tuple[str, ...] = ()


def write_lines(procedure: Procedure, scope: Scope, known: Mapping[str, Layout]) -> list[Line]:
    """The statements as lines; `known` tells how the forward laid out what it saved."""
    for argument in procedure.arguments:
        name = argument.tensor.name
        scope.layouts[name] = known.get(name, split(argument.layout))
        if argument.tensor.domain.is_label:
            scope.labels |= {name}
    lines: list[Line] = []
    results = {o.tensor: o for o in procedure.results}
    printer = Printer(scope, WRITE)
    for place, statement in enumerate(procedure.statements):
        later = procedure.statements[place + 1 :]
        if lines and lines[-1].name == statement.name:  # a shift, which its maximum made as well
            continue
        frame = _frame(printer, statement, results.get(statement.tensor), later)
        shift = guarded(statement, later)
        line = None if shift is None else _shift(printer, statement, shift, frame)
        if shift is not None and line is not None:
            lines.append(line)
            scope.layouts[shift.name] = layout_of(frame)
            continue
        scatter = _scatter(printer, statement, frame) or _stretches(printer, statement, frame)
        if scatter is not None:
            lines.append(scatter)
            scope.layouts[statement.name] = layout_of(frame)
            continue
        labelled = set_at_labels(printer, statement, frame)
        value, rows = (labelled[0], (labelled[1],)) if labelled else (statement.value, ())
        piece = printer.floats(printer.write(value, frame))
        code = _whole(printer, statement, piece, frame)
        if not frame and piece.kind == "python" and statement.tensor in results:
            code = _filled(printer, piece, frame)  # a number of Python's has no dtype
        comment = explained(statement.value)
        lines.append(Line(statement.name, code, comment, statement.equation, rows))
        scope.layouts[statement.name] = layout_of(frame)
    return lines


def _shift(printer: Printer, extreme: Statement, shift: Statement, frame: Axes) -> Line | None:
    """`m = x.max(...)`, and 0 where that is infinite: also where the axis is empty. None for truth
    values and whole numbers, which are not."""
    piece = align(printer.write(extreme.value, frame), frame, printer.scope.axis)
    if piece.kind != "float":
        return None
    op = extreme.value.op  # type: ignore[attr-defined]
    code = _with_argument(piece.code, f"{op}(", f"initial={'-np.inf' if op == 'max' else 'np.inf'}")
    comment = f"where finite, else 0    ({shift.equation})"
    row = f"{shift.name}[np.isinf({shift.name})] = 0  # {comment}"
    if not any(a is None or not a.dim.is_batch for a in frame):  # perhaps a number, not an array
        row = f"{shift.name} = np.where(np.isinf({shift.name}), 0, {shift.name})  # {comment}"
    return Line(shift.name, code, explained(extreme.value), extreme.equation, (row,))


def _with_argument(code: str, call: str, argument: str) -> str:
    """The code with one more argument of the last call of that name, whatever follows the call."""
    start = code.rindex(call) + len(call)
    depth, end = 1, start
    while depth:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(code[end], 0)
        end += 1
    comma = "" if code[start] == ")" else ", "
    return f"{code[: end - 1]}{comma}{argument}{code[end - 1 :]}"


def explained(value: Expr) -> str:
    """The mathematics of a value, "" where the code says the same in the same words."""
    return "" if _is_elementwise(value) else mathematics(value, VECTOR)


def _is_elementwise(expr: Expr) -> bool:
    """True where every array stands as a whole, and no index as a number."""
    if isinstance(expr, nodes.Ref):
        return not expr.args or is_plain(expr)
    if isinstance(expr, (nodes.Reduce, nodes.Idx, nodes.Delta)):
        return False
    return all(map(_is_elementwise, expr.args))


def _scatter(printer: Printer, statement: Statement, frame: Axes) -> Line | None:
    """Zeros, and values added at labelled places."""
    found = scattered(statement.value)
    row = add_at(printer, statement.name, found, frame) if found is not None else None
    if row is None:
        return None
    zeros = _filled(printer, number("0"), frame)
    return Line(statement.name, zeros, explained(statement.value), statement.equation, (row,))


def _stretches(printer: Printer, statement: Statement, frame: Axes) -> Line | None:
    """Zeros, or what is not confined to a stretch of an axis, and the stretches added to it."""
    found = segments(statement.value)
    if found is None or printer.scope.axis != "-1":
        return None
    base, parts = found
    if isinstance(statement.value, nodes.Add) and (
        stacked(printer, statement.value, frame) or concatenated(printer, statement.value, frame)
    ):
        return None
    rows = assigned(printer, statement.name, parts, frame, fresh=base is nodes.ZERO)
    if rows is None:
        return None
    piece = align(printer.floats(printer.write(base, frame)), frame, printer.scope.axis)
    start = _filled(printer, number("0"), frame)
    if base is not nodes.ZERO:
        whole = piece.axes == frame and not isinstance(base, nodes.Ref)
        start = piece.code if whole else f"{piece.at(ADD)} + {start}"
    comment = explained(statement.value)
    return Line(statement.name, start, comment, statement.equation, tuple(rows))


def _frame(
    printer: Printer, statement: Statement, result: Output | None, later: tuple[Statement, ...]
) -> Axes:
    """The order of the real axes of what a statement computes."""
    if result is not None:
        return _in_layout(statement, split(result.layout))
    pattern = printer.pattern(statement.value)
    plain: Axes = statement.indices
    repeated = len({i.dim for i in statement.indices}) < len(plain)
    contracted = any(is_contraction(n) for n in walk(statement.value))
    if repeated or contracted or {a for a in pattern if a is not None} != set(plain):
        return plain
    if None not in pattern:
        return pattern
    bare = tuple(a for a in pattern if a is not None)
    return pattern if _score(printer, statement, pattern, bare, later) > 0 else bare


def _in_layout(statement: Statement, layout: Layout) -> Axes:
    by_dim: dict[Dim, list[Index]] = {}
    for index in statement.indices:
        by_dim.setdefault(index.dim, []).append(index)
    return tuple(None if d is None else by_dim[d].pop(0) for d in layout)


def _score(
    printer: Printer,
    statement: Statement,
    kept: Axes,
    bare: Axes,
    later: tuple[Statement, ...],
    depth: int = 4,
) -> int:
    """How many more uses need no reshaping if axes of length one are kept, also further on."""
    total = 0
    for place, user in enumerate(later):
        total -= at_labels_alone(user.value, statement.tensor)
        around = merge(_other_axes(printer, user, statement))
        for ref in filter(is_plain, refs(user.value, statement.tensor)):
            names = dict(zip(statement.indices, _indices(ref), strict=True))
            long, short = (
                tuple(None if a is None else names[a] for a in axes) for axes in (kept, bare)
            )
            total += fits(long, around) - fits(short, around)
            alike = set(user.indices) == set(names.values()) >= set(around)
            if alike and depth:
                total += _score(printer, user, long, short, later[place + 1 :], depth - 1)
    return total


def _other_axes(printer: Printer, user: Statement, statement: Statement) -> list[Axes]:
    """The axes of the other arrays that a statement uses, as far as they are known."""
    known = printer.scope.layouts
    others = [
        r for r in refs(user.value) if r.tensor != statement.tensor and is_plain(r) and r.args
    ]
    return [printer.scope.axes(r) if r.tensor.name in known else _indices(r) for r in others]


def _indices(ref: nodes.Ref) -> tuple[Index, ...]:
    return tuple(a.index for a in ref.args if isinstance(a, nodes.Idx))


def _whole(printer: Printer, statement: Statement, piece: Piece, frame: Axes) -> str:
    """The value with all its axes, in memory of its own where it is only another array's name."""
    piece = align(piece, frame, printer.scope.axis)
    if piece.axes == frame:
        view = isinstance(statement.value, nodes.Ref) and not _is_new(statement.value)
        return f"{piece.atom()}.copy()" if view else piece.code
    return _filled(printer, piece, frame)


def _is_new(expr: nodes.Ref) -> bool:
    """True for elements taken by labels or from around the end, which are a new array already."""
    return any(arg.tensors or isinstance(arg, nodes.Mod) for arg in expr.args)


def _filled(printer: Printer, piece: Piece, frame: Axes) -> str:
    """A value that is the same all along some axes."""
    like = printer.scope.like(layout_of(frame))
    if like is not None:
        if piece.code in ("0", "1"):
            return f"np.{'zeros' if piece.code == '0' else 'ones'}_like({like})"
        if piece.kind == "python":
            return f"np.full_like({like}, {piece.code})"
        return f"{piece.code} + np.zeros_like({like})"
    lengths = ["1" if a is None else _length(printer, a) for a in frame]
    shape = f"({', '.join(lengths)}{',' if len(lengths) == 1 else ''})"
    if piece.kind == "python":
        return f"np.full({shape}, {piece.code}, dtype={printer.scope.dtype})"
    return f"np.broadcast_to({piece.code}, {shape}).copy()"


def _length(printer: Printer, index: Index) -> str:
    if index.dim.is_batch:
        name, others = printer.scope.batch_rank()
        return f"*{name}.shape[:-{others}]" if others else f"*{name}.shape"
    return printer.write(nodes.size(index.dim), ()).code


def mathematics(expr: Expr, around: tuple[Index, ...] = ()) -> str:
    """The expression for a reader, who need not see the batch dims."""

    def leaf(node: Expr) -> Expr | None:
        if not isinstance(node, nodes.Ref) or not any(d.is_batch for d in node.tensor.dims):
            return None
        kept = [(d, a) for d, a in zip(node.tensor.dims, node.args, strict=True) if not d.is_batch]
        tensor = Tensor(node.tensor.name, tuple(d for d, _ in kept), node.tensor.domain)
        return nodes.ref(tensor, *(transform(a, leaf) for _, a in kept))

    return text(transform(expr, leaf), around)
