"""Lines → the same lines, written into arrays that are there: no temporary of the result's size.

`dx = y * (dy - inner)` is `np.subtract(dy, inner, out=dx)` and `np.multiply(y, dx, out=dx)`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from .lines import Line

OPERATORS: dict[type[ast.operator], str] = {
    ast.Mult: "multiply", ast.Div: "divide", ast.Add: "add", ast.Sub: "subtract",
}  # fmt: skip
FUNCTIONS = (
    *("exp", "expm1", "log", "log1p", "logaddexp", "sqrt", "square", "tanh", "sin", "cos"),
    *("abs", "sign", "negative", "maximum", "minimum"),
)
_CALLS = {"_sigmoid", *(f"np.{name}" for name in (*FUNCTIONS, *OPERATORS.values()))}


def into(line: Line, is_like: Callable[[str], bool]) -> list[Line]:
    """The lines that write its value into the array of its name.

    is_like: whether a name is an array of real numbers of the same shape.
    """
    codes = _filled(ast.parse(line.code, mode="eval").body, line.name, is_like)
    if not codes:
        return [Line(f"{line.name}[...]", line.code, line.comment, line.equation, line.after)]
    *before, last = (Line("", code, "", line.equation) for code in codes)
    return [*before, Line("", last.code, line.comment, line.equation, line.after)]


def is_single(code: str) -> bool:
    """True for one function of arrays as they are: nothing lies between."""
    parts = _parts(ast.parse(code, mode="eval").body)
    return parts is not None and all(isinstance(a, (ast.Name, ast.Constant)) for a in parts[1])


def _parts(tree: ast.expr) -> tuple[str, list[ast.expr]] | None:
    """An elementwise function of NumPy, which takes `out`, and its arguments."""
    if isinstance(tree, ast.BinOp) and type(tree.op) in OPERATORS:
        return f"np.{OPERATORS[type(tree.op)]}", [tree.left, tree.right]
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        return "np.negative", [tree.operand]
    if isinstance(tree, ast.Call) and ast.unparse(tree.func) in _CALLS and not tree.keywords:
        return ast.unparse(tree.func), tree.args
    return None


def _filled(tree: ast.expr, name: str, is_like: Callable[[str], bool]) -> list[str]:
    """The calls that fill an array, the deepest first; none where the last has no `out`."""
    parts = _parts(tree)
    if parts is None:
        return []
    function, arguments = parts
    before: list[str] = []
    written = [_text(a) for a in arguments]
    for place, argument in sorted(enumerate(arguments), key=lambda pair: -_depth(pair[1])):
        if _fills(argument, is_like) and not before:
            before, written[place] = _filled(argument, name, is_like), name
    return [*before, f"{function}({', '.join(written)}, out={name})"]


def _fills(tree: ast.expr, is_like: Callable[[str], bool]) -> bool:
    """True for a function of arrays, one of which has the shape of the result."""
    names = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name)]
    return _parts(tree) is not None and any(map(is_like, names)) and _is_elementwise(tree)


def _is_elementwise(tree: ast.expr) -> bool:
    """True where nothing but such functions stands in it: no label, no reduction, no choice."""
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Pow):
        return _is_elementwise(tree.left) and _is_elementwise(tree.right)
    parts = _parts(tree)
    if parts is None:
        return isinstance(tree, (ast.Name, ast.Constant)) or ast.unparse(tree) == "np.pi"
    return all(map(_is_elementwise, parts[1]))


def _text(tree: ast.expr) -> str:
    """Its text as formatters write it: `x**2`, without blanks between plain operands."""
    return re.sub(r"(?<![\w.])([\w.]+) \*\* ([\w.]+)", r"\1**\2", ast.unparse(tree))


def _depth(tree: ast.expr) -> int:
    return sum(isinstance(n, (ast.BinOp, ast.Call)) for n in ast.walk(tree))
