"""Long lines broken as ruff's formatter breaks them: generated text is formatted as made."""

from __future__ import annotations

import ast
from textwrap import wrap

WIDTH = 100
_SIGNS: dict[type[ast.operator], tuple[int, str]] = {
    ast.BitAnd: (1, "&"), ast.Add: (2, "+"), ast.Sub: (2, "-"),
    ast.Mult: (3, "*"), ast.Div: (3, "/"), ast.MatMult: (3, "@"), ast.FloorDiv: (3, "//"),
    ast.Pow: (4, "**"),
}  # fmt: skip
_RELATIONS: dict[type[ast.cmpop], str] = {
    ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip


def statement(prefix: str, code: str, comment: str, indent: int) -> list[str]:
    """`prefix code  # comment` as lines; the comment goes above a long line."""
    pad = " " * indent
    line = f"{pad}{prefix}{code}"
    if comment and len(line) + len(comment) + 4 <= WIDTH:
        return [f"{line}  # {comment}"]
    above = [f"{pad}# {piece}" for piece in _folded(comment, WIDTH - indent - 2)]
    return above + broken(prefix, code, indent)


def condition(terms: list[str], indent: int) -> list[str]:
    """`if a or b:`, one term a line where it is long."""
    pad = " " * indent
    line = f"{pad}if {' or '.join(terms)}:"
    if len(line) <= WIDTH:
        return [line]
    inner = [f"{pad}    {'or ' if n else ''}{term}" for n, term in enumerate(terms)]
    return [f"{pad}if (", *inner, f"{pad}):"]


def docstring(formula: str, indent: int) -> list[str]:
    """A formula as lines of a docstring, the later ones set in."""
    pad = " " * indent
    return wrap(
        formula, WIDTH, initial_indent=pad, subsequent_indent=f"{pad}    ", break_long_words=False
    )


def _folded(comment: str, width: int) -> list[str]:
    return wrap(comment, width, break_long_words=False, break_on_hyphens=False)


def broken(prefix: str, code: str, indent: int) -> list[str]:
    """`prefix code` within the width."""
    pad = " " * indent
    if len(pad + prefix + code) <= WIDTH:
        return [pad + prefix + code]
    tree = ast.parse(code, mode="eval").body
    source = code.encode()
    if isinstance(tree, ast.Tuple):
        return _tuple(prefix, tree, source, indent)
    if isinstance(tree, (ast.Call, ast.Subscript)) and _calls(tree):
        return _call(prefix, tree, source, indent, "")
    if isinstance(tree, ast.Subscript) and isinstance(tree.slice, ast.Tuple):
        return _subscript(prefix, tree, source, indent, "")
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.operand, ast.Call):
        return _call(f"{prefix}-", tree.operand, source, indent, "")
    if isinstance(tree, ast.BinOp) and (lines := _at_its_ends(prefix, tree, source, indent)):
        return lines
    return [f"{pad}{prefix}(", *_body(tree, source, indent + 4), f"{pad})"]


def _at_its_ends(prefix: str, tree: ast.BinOp, source: bytes, indent: int) -> list[str] | None:
    """One operator between operands of which one has parentheses: those are opened."""
    operands = _operands(tree, _level(tree))
    if len(operands) != 2:
        return None
    (_, left), (sign, right) = operands
    first, last = _text(left, source), _text(right, source)
    pad = " " * indent
    if (
        _has_parentheses(right, source)
        and len(f"{pad}{prefix}{first} {sign} {last.split('(')[0]}(") <= WIDTH
    ):
        lines = _element(f"{prefix}{first} {sign} ", right, source, indent, "", force=True)
    elif _has_parentheses(left, source) and not _has_parentheses(right, source):
        lines = _element(prefix, left, source, indent, f" {sign} {last}", force=True)
    else:
        return None
    return lines if all(len(line) <= WIDTH for line in lines) else None


def _has_parentheses(tree: ast.expr, source: bytes) -> bool:
    return isinstance(tree, ast.Call) or _text(tree, source) != _inside(tree, source)


def _body(tree: ast.expr, source: bytes, indent: int) -> list[str]:
    """An expression inside parentheses of its own, flat or one operand a line."""
    inside = _inside(tree, source)
    if indent + len(inside) <= WIDTH:
        return [" " * indent + inside]
    if not isinstance(tree, (ast.BinOp, ast.Compare)):
        return _element("", tree, source, indent, "")
    lines: list[str] = []
    for sign, operand in _operands(tree, _level(tree)):
        lines += _element(f"{sign} " if sign else "", operand, source, indent, "")
    return lines


def _level(tree: ast.BinOp | ast.Compare) -> int:
    return _SIGNS[type(tree.op)][0] if isinstance(tree, ast.BinOp) else 0


def _operands(tree: ast.expr, level: int) -> list[tuple[str, ast.expr]]:
    """The operands of a chain of operators that bind equally, each with the operator before it."""
    if isinstance(tree, ast.Compare) and level == 0:
        signs = ["", *(_RELATIONS[type(op)] for op in tree.ops)]
        return list(zip(signs, [tree.left, *tree.comparators], strict=True))
    if isinstance(tree, ast.BinOp) and _level(tree) == level:
        return [*_operands(tree.left, level), (_SIGNS[type(tree.op)][1], tree.right)]
    return [("", tree)]


def _element(
    prefix: str, tree: ast.expr, source: bytes, indent: int, suffix: str, force: bool = False
) -> list[str]:
    """One operand or argument with what stands around it; `force` opens its parentheses."""
    pad, written = " " * indent, _text(tree, source)
    if len(pad + prefix + written + suffix) <= WIDTH and not force:
        return [pad + prefix + written + suffix]
    if (
        written.startswith("(")
        and not isinstance(tree, ast.Tuple)
        and _inside(tree, source) != written
    ):
        return [f"{pad}{prefix}(", *_body(tree, source, indent + 4), f"{pad}){suffix}"]
    if isinstance(tree, (ast.Call, ast.Subscript)) and _calls(tree):
        return _call(prefix, tree, source, indent, suffix)
    if isinstance(tree, ast.Subscript) and isinstance(tree.slice, ast.Tuple):
        return _subscript(prefix, tree, source, indent, suffix)
    if isinstance(tree, ast.UnaryOp):
        return _element(f"{prefix}-", tree.operand, source, indent, suffix, force)
    if isinstance(tree, (ast.BinOp, ast.Compare)):
        lines = []
        for sign, operand in _operands(tree, _level(tree)):
            lines += _element(f"{sign} " if sign else prefix, operand, source, indent, "")
        return [*lines[:-1], lines[-1] + suffix]
    return [pad + prefix + written + suffix]


def _calls(tree: ast.expr) -> list[ast.Call]:
    """The calls of a chain `f(...).g(...)[0]`, the first one first."""
    if isinstance(tree, ast.Call):
        return [*_calls(tree.func), tree]
    return _calls(tree.value) if isinstance(tree, (ast.Attribute, ast.Subscript)) else []


def _call(prefix: str, tree: ast.expr, source: bytes, indent: int, suffix: str) -> list[str]:
    """A chain of calls, opened at the first one that has arguments."""
    pad = " " * indent
    call = next((c for c in _calls(tree) if c.args), _calls(tree)[-1])
    assert tree.end_col_offset is not None and call.end_col_offset is not None
    after = source[call.end_col_offset : tree.end_col_offset].decode() + suffix
    head = source[tree.col_offset : call.func.end_col_offset].decode()
    items: list[tuple[str, ast.expr]] = [("", a) for a in call.args]
    items += [(f"{k.arg}=", k.value) for k in call.keywords]
    together = ", ".join(p + _text(a, source) for p, a in items)
    if indent + 4 + len(together) <= WIDTH:
        inner = [f"{pad}    {together}"]
    else:
        comma = "," if len(items) > 1 else ""
        inner = [line for p, a in items for line in _element(p, a, source, indent + 4, comma)]
    return [f"{pad}{prefix}{head}(", *inner, f"{pad}){after}"]


def _subscript(
    prefix: str, tree: ast.Subscript, source: bytes, indent: int, suffix: str
) -> list[str]:
    """`x[a, b]`, one index a line."""
    pad, items = " " * indent, tree.slice.elts if isinstance(tree.slice, ast.Tuple) else []
    inner = [line for item in items for line in _element("", item, source, indent + 4, ",")]
    return [f"{pad}{prefix}{_text(tree.value, source)}[", *inner, f"{pad}]{suffix}"]


def _tuple(prefix: str, tree: ast.Tuple, source: bytes, indent: int) -> list[str]:
    pad = " " * indent
    inner = [line for a in tree.elts for line in _element("", a, source, indent + 4, ",")]
    return [f"{pad}{prefix}(", *inner, f"{pad})"]


def _inside(tree: ast.expr, source: bytes) -> str:
    """The text of a node without parentheses around it."""
    return source[tree.col_offset : tree.end_col_offset].decode()


def _text(tree: ast.expr, source: bytes) -> str:
    """The text of a node with the parentheses that hold it together; a call's own do not count."""
    start, end = tree.col_offset, tree.end_col_offset or 0
    if (
        isinstance(tree, (ast.BinOp, ast.Compare, ast.UnaryOp))
        and source[start - 1 : start] == b"("
    ):
        before = source[start - 2 : start - 1] if start > 1 else b""
        if source[end : end + 1] == b")" and not (before.isalnum() or before in (b"_", b"]", b")")):
            start, end = start - 1, end + 1
    return source[start:end].decode()
