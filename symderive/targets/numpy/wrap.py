"""Long lines broken as ruff's formatter breaks them, so that generated text is formatted as it is made."""

from __future__ import annotations

import ast

WIDTH = 100
_LEVELS: dict[type[ast.operator], int] = {
    ast.BitAnd: 1, ast.Add: 2, ast.Sub: 2, ast.Mult: 3, ast.Div: 3, ast.MatMult: 3, ast.FloorDiv: 3, ast.Pow: 4,
}  # fmt: skip


def statement(prefix: str, code: str, comment: str, indent: int) -> list[str]:
    """`prefix code  # comment` as lines; the comment goes above where the line would be too long."""
    pad = " " * indent
    line = f"{pad}{prefix}{code}"
    if comment and len(line) + len(comment) + 4 <= WIDTH:
        return [f"{line}  # {comment}"]
    above = [f"{pad}# {piece}" for piece in _folded(comment, WIDTH - indent - 2)] if comment else []
    return above + broken(prefix, code, indent)


def _folded(comment: str, width: int) -> list[str]:
    lines = [""]
    for word in comment.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return lines


def broken(prefix: str, code: str, indent: int) -> list[str]:
    """`prefix code` within the width."""
    pad = " " * indent
    if len(pad + prefix + code) <= WIDTH:
        return [pad + prefix + code]
    tree = ast.parse(code, mode="eval").body
    if isinstance(tree, ast.Call):
        return _call(prefix, tree, code, indent, "")
    if isinstance(tree, ast.Tuple):
        return _tuple(prefix, tree, code, indent)
    return [f"{pad}{prefix}(", *_body(tree, code, indent + 4), f"{pad})"]


def _body(tree: ast.expr, code: str, indent: int) -> list[str]:
    """An expression inside parentheses of its own, flat or one operand a line."""
    source = _source(tree, code)
    if indent + len(source) <= WIDTH:
        return [" " * indent + source]
    if not isinstance(tree, ast.BinOp):
        return _element("", tree, code, indent, "")
    lines: list[str] = []
    for operator, operand in _operands(tree, _LEVELS[type(tree.op)]):
        lines += _element(f"{operator} " if operator else "", operand, code, indent, "")
    return lines


def _operands(tree: ast.expr, level: int) -> list[tuple[str, ast.expr]]:
    """The operands of a chain of operators that bind equally, each with the operator before it."""
    if isinstance(tree, ast.BinOp) and _LEVELS[type(tree.op)] == level:
        sign = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.MatMult: "@", ast.BitAnd: "&",
                ast.FloorDiv: "//", ast.Pow: "**"}[type(tree.op)]  # fmt: skip
        return [*_operands(tree.left, level), (sign, tree.right)]
    return [("", tree)]


def _element(prefix: str, tree: ast.expr, code: str, indent: int, suffix: str) -> list[str]:
    """One operand or argument, with what stands before and after it."""
    pad, source = " " * indent, _source(tree, code)
    if len(pad + prefix + source + suffix) <= WIDTH:
        return [pad + prefix + source + suffix]
    if source.startswith("(") and not isinstance(tree, ast.Tuple):
        return [f"{pad}{prefix}(", *_body(_bare(tree), code, indent + 4), f"{pad}){suffix}"]
    if isinstance(tree, ast.Call):
        return _call(prefix, tree, code, indent, suffix)
    if isinstance(tree, ast.BinOp):
        lines = _body(tree, code, indent)
        lines[0] = pad + prefix + lines[0].lstrip()
        lines[-1] += suffix
        return lines
    return [pad + prefix + source + suffix]


def _call(prefix: str, tree: ast.Call, code: str, indent: int, suffix: str) -> list[str]:
    pad = " " * indent
    items: list[tuple[str, ast.expr]] = [("", a) for a in tree.args]
    items += [(f"{k.arg}=", k.value) for k in tree.keywords]
    head, together = _source(tree.func, code), ", ".join(p + _source(a, code) for p, a in items)
    if indent + 4 + len(together) <= WIDTH:
        inner = [f"{pad}    {together}"]
    else:
        suffix_each = "," if len(items) > 1 else ""
        inner = [line for p, a in items for line in _element(p, a, code, indent + 4, suffix_each)]
    return [f"{pad}{prefix}{head}(", *inner, f"{pad}){suffix}"]


def _tuple(prefix: str, tree: ast.Tuple, code: str, indent: int) -> list[str]:
    pad = " " * indent
    inner = [line for a in tree.elts for line in _element("", a, code, indent + 4, ",")]
    return [f"{pad}{prefix}(", *inner, f"{pad})"]


class _Marked(ast.expr):
    """An expression whose parentheses have been taken off."""


def _bare(tree: ast.expr) -> ast.expr:
    setattr(tree, "bare", True)
    return tree


def _source(tree: ast.expr, code: str) -> str:
    """The text of a node with the parentheses around it."""
    encoded = code.encode()
    assert tree.end_col_offset is not None
    start, end = tree.col_offset, tree.end_col_offset
    if not getattr(tree, "bare", False) and not isinstance(tree, ast.Tuple):
        start, end = _parentheses(encoded, start, end, tree)
    return encoded[start:end].decode()


def _parentheses(encoded: bytes, start: int, end: int, tree: ast.expr) -> tuple[int, int]:
    """Widen to the parentheses that hold a binary operation together; a call's own do not count."""
    if isinstance(tree, (ast.BinOp, ast.Compare, ast.UnaryOp)) and encoded[start - 1 : start] == b"(":
        before = encoded[start - 2 : start - 1]
        if encoded[end : end + 1] == b")" and not (before.isalnum() or before in (b"_", b"]", b")")):
            return start - 1, end + 1
    return start, end
