"""Lines → the same lines over blocks of rows, into results that are made before: for large arrays.

Only where rows have nothing to do with one another: no sum over them, no place or number of them
as a value. From the first line on where they have, such as the mean of a loss, everything stays as
it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from ...index import nodes
from ...index.dims import Dim, Index
from ...index.nodes import Expr
from ...index.walk import transform, walk
from ...schedule import Procedure, Statement
from ...schedule.shapes import is_plain
from .inplace import into, is_single
from .lines import Line, write_lines
from .scope import Scope

FUNCTION_NAMES = ("block", *(f"block{n}" for n in range(2, 100)))  # an argument may be called so
COUNT_NAMES = ("count", *(f"count{n}" for n in range(2, 100)))


@dataclass(frozen=True)
class Blocked:
    """made: the results, each with the call that makes room for it.  arrays: what is divided.
    function: what the lines are called.  call: the row that runs.
    rest: the lines that follow, over whole arrays.
    """

    made: tuple[tuple[str, str], ...]
    arrays: tuple[str, ...]
    lines: tuple[Line, ...]
    function: str
    call: str
    rest: tuple[Line, ...]


def blocked(
    procedure: Procedure,
    lines: Sequence[Line],
    scope: Scope,
    results: Sequence[str],
    is_backward: bool,
) -> Blocked | None:
    """The procedure over blocks of rows, as far as rows have nothing to do with one another; None
    where that is nowhere, or nothing is won.

    results: the names that outlive it, in the order in which they are made.  is_backward: the last
    argument is the cotangent, in the dtype of the others already.
    """
    layouts = scope.layouts
    given = [a.tensor.name for a in procedure.arguments]
    widest = min((layouts[n] for n in (*given, *results)), key=_width, default=())
    rows = widest[0] if widest else None
    if rows is None:
        return None
    apart = list(takewhile(lambda s: _is_by_row(s.indices, s.value, rows), procedure.statements))
    rest = procedure.statements[len(apart) :]
    counted = _counted(procedure, apart, rows, scope)
    if counted is not None:
        lines = counted[1]
    until = rest[0].equation if rest else -1  # numbers need not rise in order
    inside = list(takewhile(lambda line: line.equation != until, lines))
    if rest and len(inside) == len(lines):
        return None
    kept = [n for n in _names_of(inside) if n in results or n in _read(rest)]
    divided = [n for n in given if rows in layouts[n] and n in _read(apart)]
    if not inside or not all(_is_of_rows(layouts[n], rows) for n in (*kept, *divided)):
        return None
    parts = [n for s in apart for n in walk(s.value)]
    reduces = any(isinstance(n, nodes.Reduce) for n in parts)
    if rest and not (reduces or any(isinstance(n, nodes.Call) for n in parts)):
        return None
    wide = [n for n in kept if layouts[n] == widest]
    if wide and not set(wide) & set(results):
        return None  # the whole of what lies between is made anyway, for the rest
    if len(inside) == 1 and is_single(inside[0].code):
        return None
    alike = [n for n in layouts if layouts[n] == widest and n not in scope.labels]
    written = [w for line in inside for w in _written(line, kept, alike)]
    made = _made(procedure, kept, divided, scope, is_backward)
    if made is None:
        return None
    if counted is not None:
        made = ((counted[0], scope.size(rows)), *made)
    arrays = sorted((*divided, *kept), key=lambda n: _width(layouts[n]))  # the widest first
    equal = len({layouts[n] for n in arrays}) == 1 and rows.is_batch
    whole = 0 if equal and not reduces else len(widest) - 1  # axes that no block divides
    axis = ", axis" if scope.axis == "axis" else ""
    function = next(name for name in FUNCTION_NAMES if name not in layouts)
    call = f"_by_blocks({function}, ({', '.join(arrays)}), {whole}{axis})"
    rest_lines = tuple(lines[len(inside) :])
    return Blocked(made, tuple(arrays), tuple(written), function, call, rest_lines)


def _written(line: Line, kept: Sequence[str], alike: Sequence[str]) -> list[Line]:
    """The lines that write what is kept into the array of its name, in steps where it is large.

    alike: the large arrays of real numbers.
    """
    if line.name not in kept:
        return [line]
    return into(line, lambda name: {name, line.name} <= set(alike))


def _counted(
    procedure: Procedure, apart: Sequence[Statement], rows: Dim, scope: Scope
) -> tuple[str, list[Line]] | None:
    """How many rows there are, as a number with a name where lines compute with it: in a block an
    array tells how many are in the block. The name, and the lines that read it; None where no line
    does.
    """
    taken = {*scope.layouts, *scope.scalars}
    name = next(n for n in COUNT_NAMES if n not in taken)
    count = nodes.Tensor(name)[()]

    def leaf(node: Expr) -> Expr | None:
        return count if isinstance(node, nodes.Size) and node.dim == rows else None

    changed = [replace(s, value=transform(s.value, leaf)) for s in apart]
    if changed == list(apart):
        return None
    statements = (*changed, *procedure.statements[len(apart) :])
    again = Scope(axis=scope.axis, scalars=scope.scalars | {name}, requires=scope.requires)
    known = {a.tensor.name: scope.layouts[a.tensor.name] for a in procedure.arguments}
    return name, write_lines(replace(procedure, statements=statements), again, known)


def _names_of(lines: Sequence[Line]) -> list[str]:
    return [line.name for line in lines]


def _read(statements: Sequence[Statement]) -> set[str]:
    """The names that statements read."""
    return {t.name for s in statements for t in s.value.tensors}


def _width(layout: Sequence[Dim | None]) -> tuple[int, int]:
    """Sorts what has more axes first, and among these what has fewer of length 1."""
    return -len(layout), layout.count(None)


def _is_of_rows(layout: Sequence[Dim | None], rows: Dim) -> bool:
    return bool(layout) and layout[0] == rows and rows not in layout[1:]


def _is_by_row(indices: Sequence[Index], value: Expr, rows: Dim) -> bool:
    """True where each row of a value is made of the same row of other values."""
    if rows not in {i.dim for i in indices}:
        return False
    stack = [value]
    while stack:
        node = stack.pop()
        if is_plain(node):
            continue
        apart = isinstance(node, nodes.Size) and node.dim != rows and rows.name in _names(node.dim)
        apart |= _is_row(node, rows)
        apart |= isinstance(node, nodes.Reduce) and rows in {b.dim for b in node.bound}
        apart |= isinstance(node, nodes.Reduce) and _is_of_matrix(node, rows)
        if apart or (isinstance(node, nodes.Ref) and not _at_own_row(node, rows)):
            return False
        stack.extend(a for a in node.args if not (isinstance(node, nodes.Ref) and _is_row(a, rows)))
    return True


def _at_own_row(ref: nodes.Ref, rows: Dim) -> bool:
    """True for `z[b, t_b]`: an element of the same row, wherever it is in it; `w[b]` of a longer w
    is no such row, as no block of w goes with it.
    """
    places = zip(ref.args, ref.tensor.dims, strict=True)
    return all(_is_row(place, rows) == (dim == rows) for place, dim in places)


def _is_row(place: Expr, rows: Dim) -> bool:
    return isinstance(place, nodes.Idx) and place.index.dim == rows


def _is_of_matrix(node: nodes.Reduce, rows: Dim) -> bool:
    """True for a product with a matrix that all rows share: a BLAS divides it better."""
    return any(len(t.dims) > 1 and rows not in t.dims for t in node.tensors)


def _names(dim: Dim) -> set[str]:
    return {dim.name, *(name for name, _ in dim.extent)}


def _made(
    procedure: Procedure,
    kept: Sequence[str],
    divided: Sequence[str],
    scope: Scope,
    is_backward: bool,
) -> tuple[tuple[str, str], ...] | None:
    """What makes room for what is kept; None where no array tells its shape."""
    reals = [a.tensor.name for a in procedure.arguments if a.tensor.name not in scope.labels]
    likes = [n for n in divided if n in reals]
    typed = reals[:-1] if is_backward and len(reals) > 1 else reals
    mixed = f"np.result_type({', '.join(typed)})"
    made = []
    for name in kept:
        for like in sorted(likes, key=lambda n: scope.layouts[n] != scope.layouts[name]):
            alone = set(typed) <= {like} or (is_backward and len(typed) == 1)
            room = _room(name, like, scope, "" if alone else mixed)
            if room:
                made.append((name, room))
                break
        else:
            return None
    return tuple(made)


def _room(name: str, like: str, scope: Scope, dtype: str) -> str:
    """The call that makes room for a name, after an array of its shape or a longer one."""
    layout, longer = scope.layouts[name], scope.layouts[like]
    given = f", {dtype}" if dtype else ""
    if layout == longer:
        return f"np.empty_like({like}{given})"
    if layout == (*longer[:-1], None):
        return f"_along({like}, {scope.axis}{given})"
    if layout == longer[:-1]:
        return f"_along({like}, {scope.axis}{given}).squeeze({scope.axis})"
    if layout == longer[: len(layout)] and not any(d is None or d.is_batch for d in layout):
        return f"np.empty({like}.shape[:{len(layout)}], {dtype or f'{like}.dtype'})"
    return ""
