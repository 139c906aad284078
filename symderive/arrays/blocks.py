"""Lines → the same lines over blocks of rows, into results that are made before: for large arrays.

Only where rows have nothing to do with one another: no sum over them, no place or number of them
as a value. From the first line on where they have, such as the mean of a loss, everything stays as
it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from ..index import nodes
from ..index.dims import Dim, Index
from ..index.nodes import Expr
from ..index.walk import transform, walk
from ..schedule import Procedure, Statement
from ..schedule.shapes import is_plain
from .axes import Layout
from .inplace import into, is_single
from .lines import Line
from .nodes import Array
from .scope import Scope
from .statements import lines_of

FUNCTION_NAMES = ("block", *(f"block{n}" for n in range(2, 100)))  # an argument may be called so
COUNT_NAMES = ("count", *(f"count{n}" for n in range(2, 100)))


SAME, ALONG, SQUEEZED, AHEAD = "same", "along", "squeezed", "ahead"


@dataclass(frozen=True)
class Room:
    """A new array after the array `like`.

    form: how its shape follows: SAME; ALONG, its last axis has length one; SQUEEZED, it lacks the
    last axis; AHEAD, it has its first `count` axes alone.  dtypes: the arrays whose dtypes it must
    hold; where there are none, that of `like`.
    """

    like: str
    form: str
    count: int = 0
    dtypes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Blocked:
    """made: the results, each with what makes room for it.  counted: a name for the number of rows
    and its value, where lines compute with it.  arrays: what is divided.  whole: how many axes at
    the end of these no block divides.  function: what the lines are called.  rest: the lines that
    follow, over whole arrays.
    """

    made: tuple[tuple[str, Room], ...]
    counted: tuple[str, Array] | None
    arrays: tuple[str, ...]
    whole: int
    lines: tuple[Line, ...]
    function: str
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
    if len(inside) == 1 and is_single(inside[0].value):
        return None
    alike = [n for n in layouts if layouts[n] == widest and n not in scope.labels]
    written = [w for line in inside for w in _written(line, kept, alike)]
    made = _made(procedure, kept, divided, scope, is_backward)
    if made is None:
        return None
    number = None if counted is None else (counted[0], scope.size(rows))
    arrays = sorted((*divided, *kept), key=lambda n: _width(layouts[n]))  # the widest first
    equal = len({layouts[n] for n in arrays}) == 1 and rows.is_batch
    whole = 0 if equal and not reduces else len(widest) - 1
    function = next(name for name in FUNCTION_NAMES if name not in layouts)
    rest_lines = tuple(lines[len(inside) :])
    return Blocked(made, number, tuple(arrays), whole, tuple(written), function, rest_lines)


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
    again = replace(scope, layouts={}, labels=frozenset(), scalars=scope.scalars | {name})
    known = {a.tensor.name: scope.layouts[a.tensor.name] for a in procedure.arguments}
    return name, lines_of(replace(procedure, statements=statements), again, known)


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
) -> tuple[tuple[str, Room], ...] | None:
    """What makes room for what is kept; None where no array tells its shape."""
    reals = [a.tensor.name for a in procedure.arguments if a.tensor.name not in scope.labels]
    likes = [n for n in divided if n in reals]
    typed = reals[:-1] if is_backward and len(reals) > 1 else reals
    made = []
    for name in kept:
        for like in sorted(likes, key=lambda n: scope.layouts[n] != scope.layouts[name]):
            alone = set(typed) <= {like} or (is_backward and len(typed) == 1)
            room = _room(
                scope.layouts[name], like, scope.layouts[like], () if alone else tuple(typed)
            )
            if room:
                made.append((name, room))
                break
        else:
            return None
    return tuple(made)


def _room(layout: Layout, like: str, longer: Layout, dtypes: tuple[str, ...]) -> Room | None:
    """What makes room for a layout, after an array of that layout or of a longer one."""
    if layout == longer:
        return Room(like, SAME, dtypes=dtypes)
    if layout == (*longer[:-1], None):
        return Room(like, ALONG, dtypes=dtypes)
    if layout == longer[:-1]:
        return Room(like, SQUEEZED, dtypes=dtypes)
    if layout == longer[: len(layout)] and not any(d is None or d.is_batch for d in layout):
        return Room(like, AHEAD, len(layout), dtypes)
    return None
