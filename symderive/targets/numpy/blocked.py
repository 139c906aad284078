"""Lines → the same lines over blocks of rows, into results that are made before: for large arrays.

Only where rows have nothing to do with one another: no sum over them, no place or number of them
as a value. Everything else stays as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from ...index import nodes
from ...index.dims import Dim, Index
from ...index.nodes import Expr
from ...index.walk import walk
from ...schedule import Procedure
from ...schedule.shapes import is_plain
from .lines import Line
from .scope import Scope

_OPERATORS: dict[type[ast.operator], str] = {
    ast.Mult: "multiply", ast.Div: "divide", ast.Add: "add", ast.Sub: "subtract",
}  # fmt: skip
_FUNCTIONS = ("exp", "log", "log1p", "sqrt", "tanh", "abs", "square", "maximum", "minimum")


@dataclass(frozen=True)
class Blocked:
    """made: the rows that make the results.  arrays: what is divided.  call: the row that runs."""

    made: tuple[str, ...]
    arrays: tuple[str, ...]
    lines: tuple[Line, ...]
    call: str


def blocked(
    procedure: Procedure,
    lines: Sequence[Line],
    scope: Scope,
    kept: Sequence[str],
    is_backward: bool,
) -> Blocked | None:
    """The procedure over blocks of rows; None where rows depend on one another, or nothing is won.

    kept: the names that outlive it, in the order in which they are made.  is_backward: the last
    argument is the cotangent, in the dtype of the others already.
    """
    layouts = scope.layouts
    given = [a.tensor.name for a in procedure.arguments]
    widest = min((layouts[n] for n in (*given, *kept)), key=_width)
    rows = widest[0] if widest else None
    if rows is None or not all(_is_of_rows(layouts[n], rows) for n in kept):
        return None
    divided = [n for n in given if rows in layouts[n]]
    if not all(_is_of_rows(layouts[n], rows) for n in divided):
        return None
    if not all(_is_by_row(s.indices, s.value, rows) for s in procedure.statements):
        return None
    written = [_into(line) if line.name in kept else line for line in lines]
    if len(written) == 1 and _is_single(written[0].code):
        return None
    made = _made(procedure, kept, divided, scope, is_backward)
    if made is None:
        return None
    arrays = sorted((*divided, *kept), key=lambda n: _width(layouts[n]))  # the widest first
    alike = len({layouts[n] for n in arrays}) == 1 and rows.is_batch
    reduces = any(isinstance(n, nodes.Reduce) for s in procedure.statements for n in walk(s.value))
    whole = 0 if alike and not reduces else len(widest) - 1  # axes that no block divides
    axis = ", axis" if scope.axis == "axis" else ""
    call = f"_by_blocks(block, ({', '.join(arrays)}), {whole}{axis})"
    return Blocked(made, tuple(arrays), tuple(written), call)


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
        apart = isinstance(node, nodes.Size) and rows.name in _names(node.dim)
        apart |= isinstance(node, nodes.Idx) and node.index.dim == rows
        apart |= isinstance(node, nodes.Reduce) and rows in {b.dim for b in node.bound}
        apart |= isinstance(node, nodes.Ref) and rows in node.tensor.dims
        if apart:
            return False
        stack.extend(node.args)
    return True


def _names(dim: Dim) -> set[str]:
    return {dim.name, *(name for name, _ in dim.extent)}


def _made(
    procedure: Procedure,
    kept: Sequence[str],
    divided: Sequence[str],
    scope: Scope,
    is_backward: bool,
) -> tuple[str, ...] | None:
    """The rows that make room for what is kept; None where no array tells its shape."""
    reals = [a.tensor.name for a in procedure.arguments if a.tensor.name not in scope.labels]
    layouts, likes = scope.layouts, [n for n in divided if n in reals]
    typed = reals[:-1] if is_backward and len(reals) > 1 else reals
    made = []
    for name in kept:
        same = next((n for n in likes if layouts[n] == layouts[name]), None)
        longer = next((n for n in likes if (*layouts[n][:-1], None) == layouts[name]), None)
        like = same or longer
        if like is None:
            return None
        alone = set(typed) <= {like} or (is_backward and len(typed) == 1)
        dtype = "" if alone else f", np.result_type({', '.join(typed)})"
        room = f"np.empty_like({like}" if same else f"_along({like}, {scope.axis}"
        made.append(f"{name} = {room}{dtype})")
    return tuple(made)


def _into(line: Line) -> Line:
    """The line with its value written into an array that is there."""
    tree = ast.parse(line.code, mode="eval").body
    name, source = line.name, line.code
    if isinstance(tree, ast.BinOp) and type(tree.op) in _OPERATORS:
        left, right = (_source(source, side) for side in (tree.left, tree.right))
        return _filled(line, f"np.{_OPERATORS[type(tree.op)]}({left}, {right}, out={name})")
    if _call_of_numpy(tree):
        return _filled(line, f"{source[:-1]}, out={name})")
    return Line(f"{name}[...]", source, line.comment, line.equation, line.after)


def _filled(line: Line, code: str) -> Line:
    return Line("", code, line.comment, line.equation, line.after)


def _source(source: str, node: ast.expr) -> str:
    return ast.get_source_segment(source, node) or ast.unparse(node)


def _call_of_numpy(tree: ast.expr) -> ast.Call | None:
    """A call of an elementwise function of NumPy, which takes `out`."""
    names = {f"np.{name}" for name in (*_FUNCTIONS, *_OPERATORS.values())}
    return tree if isinstance(tree, ast.Call) and ast.unparse(tree.func) in names else None


def _is_single(code: str) -> bool:
    """True for one function of arrays as they are: nothing lies between."""
    call = _call_of_numpy(ast.parse(code, mode="eval").body)
    return call is not None and all(isinstance(a, (ast.Name, ast.Constant)) for a in call.args)
