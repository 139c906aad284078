"""Statements within the width of a line, broken as ruff's formatter breaks them."""

from __future__ import annotations

from textwrap import wrap

from .syntax import (
    Binary,
    Call,
    Member,
    Negative,
    Parens,
    Row,
    Subscript,
    Syntax,
    items_of,
    text,
)

WIDTH = 100


def statement(prefix: str, tree: Syntax, comment: str, indent: int) -> list[str]:
    """`prefix tree  # comment` as lines; the comment goes above a long line."""
    pad = " " * indent
    line = f"{pad}{prefix}{text(tree)}"
    if comment and len(line) + len(comment) + 4 <= WIDTH:
        return [f"{line}  # {comment}"]
    above = [f"{pad}# {piece}" for piece in _folded(comment, WIDTH - indent - 2)]
    return above + broken(prefix, tree, indent)


def condition(terms: list[str], indent: int) -> list[str]:
    """`if a or b:`, one term a line where it is long."""
    pad = " " * indent
    line = f"{pad}if {' or '.join(terms)}:"
    if len(line) <= WIDTH:
        return [line]
    inner = [f"{pad}    {'or ' if n else ''}{term}" for n, term in enumerate(terms)]
    return [f"{pad}if (", *inner, f"{pad}):"]


def definition(name: str, parameters: list[str], indent: int) -> list[str]:
    """The `def` line, or several."""
    pad = " " * indent
    together = ", ".join(parameters)
    if len(f"{pad}def {name}({together}):") <= WIDTH:
        return [f"{pad}def {name}({together}):"]
    inner = (
        [f"{pad}    {together}"]
        if len(f"{pad}    {together}") <= WIDTH
        else [f"{pad}    {p}," for p in parameters]
    )
    return [f"{pad}def {name}(", *inner, f"{pad}):"]


def docstring(formula: str, indent: int) -> list[str]:
    """A formula as lines of a docstring, the later ones set in."""
    pad = " " * indent
    return wrap(
        formula, WIDTH, initial_indent=pad, subsequent_indent=f"{pad}    ", break_long_words=False
    )


def _folded(comment: str, width: int) -> list[str]:
    return wrap(comment, width, break_long_words=False, break_on_hyphens=False)


def broken(prefix: str, tree: Syntax, indent: int) -> list[str]:
    """`prefix tree` within the width."""
    pad = " " * indent
    if len(line := f"{pad}{prefix}{text(tree)}") <= WIDTH:
        return [line]
    opened = _opened(prefix, tree, indent, "")
    if opened is not None:
        return opened
    if isinstance(tree, Negative) and isinstance(tree.operand, Call):
        return _call(f"{prefix}-", tree.operand, indent, "")
    if isinstance(tree, Binary) and (lines := _at_its_ends(prefix, tree, indent)):
        return lines
    return [f"{pad}{prefix}(", *_body(tree, indent + 4), f"{pad})"]


def _opened(prefix: str, tree: Syntax, indent: int, suffix: str) -> list[str] | None:
    """An expression that has brackets of its own, opened; None for any other."""
    if isinstance(tree, (Call, Member, Subscript)) and _calls(tree):
        return _call(prefix, tree, indent, suffix)
    if isinstance(tree, Subscript) and len(tree.items) > 1:
        return _within(f"{prefix}{text(tree.value)}[", tree.items, indent, f"]{suffix}")
    if isinstance(tree, Row):
        ends = tree.ends or "()"
        return _within(f"{prefix}{ends[0]}", tree.items, indent, f"{ends[1]}{suffix}")
    return None


def _within(head: str, items: tuple[Syntax, ...], indent: int, tail: str) -> list[str]:
    """Items between brackets, one a line."""
    pad = " " * indent
    inner = [line for item in items for line in _element("", item, indent + 4, ",")]
    return [f"{pad}{head}", *inner, f"{pad}{tail}"]


def _at_its_ends(prefix: str, tree: Binary, indent: int) -> list[str] | None:
    """One operator between operands of which one has parentheses: those are opened."""
    operands = _operands(tree, tree.level)
    if len(operands) != 2:
        return None
    (_, left), (sign, right) = operands
    first, last = text(left), text(right)
    pad = " " * indent
    closed = isinstance(right, (Call, Parens))
    if closed and len(f"{pad}{prefix}{first} {sign} {_head(right)}(") <= WIDTH:
        lines = _element(f"{prefix}{first} {sign} ", right, indent, "", force=True)
    elif isinstance(left, (Call, Parens)) and not closed:
        lines = _element(prefix, left, indent, f" {sign} {last}", force=True)
    else:
        return None
    return lines if all(len(line) <= WIDTH for line in lines) else None


def _head(tree: Syntax) -> str:
    """What stands before the first parenthesis of a call."""
    return text(_calls(tree)[0].function) if isinstance(tree, Call) else ""


def _body(tree: Syntax, indent: int) -> list[str]:
    """An expression inside parentheses of its own, flat or one operand a line."""
    inside = text(tree)
    if indent + len(inside) <= WIDTH:
        return [" " * indent + inside]
    if not isinstance(tree, Binary):
        return _element("", tree, indent, "")
    lines: list[str] = []
    for sign, operand in _operands(tree, tree.level):
        lines += _element(f"{sign} " if sign else "", operand, indent, "")
    return lines


def _operands(tree: Syntax, level: int) -> list[tuple[str, Syntax]]:
    """The operands of a chain of operators that bind equally, each with the operator before it."""
    if isinstance(tree, Binary) and tree.level == level:
        return [*_operands(tree.left, level), (tree.sign, tree.right)]
    return [("", tree)]


def _element(prefix: str, tree: Syntax, indent: int, suffix: str, force: bool = False) -> list[str]:
    """One operand or argument with what stands around it; `force` opens its parentheses."""
    pad, written = " " * indent, text(tree)
    if len(pad + prefix + written + suffix) <= WIDTH and not force:
        return [pad + prefix + written + suffix]
    if isinstance(tree, Parens):
        return [f"{pad}{prefix}(", *_body(tree.inside, indent + 4), f"{pad}){suffix}"]
    opened = _opened(prefix, tree, indent, suffix)
    if opened is not None:
        return opened
    if isinstance(tree, Negative):
        return _element(f"{prefix}-", tree.operand, indent, suffix, force)
    if isinstance(tree, Binary):
        lines = []
        for sign, operand in _operands(tree, tree.level):
            lines += _element(f"{sign} " if sign else prefix, operand, indent, "")
        return [*lines[:-1], lines[-1] + suffix]
    return [pad + prefix + written + suffix]


def _calls(tree: Syntax) -> list[Call]:
    """The calls of a chain `f(...).g(...)[0]`, the first one first."""
    if isinstance(tree, Call):
        return [*_calls(tree.function), tree]
    return _calls(tree.value) if isinstance(tree, (Member, Subscript)) else []


def _call(prefix: str, tree: Syntax, indent: int, suffix: str) -> list[str]:
    """A chain of calls, opened at the first one that has arguments."""
    pad = " " * indent
    calls = _calls(tree)
    call = next((c for c in calls if c.args), calls[-1])
    items = items_of(call)
    together = ", ".join(key + text(a) for key, a in items)
    if indent + 4 + len(together) <= WIDTH:
        inner = [f"{pad}    {together}"]
    else:
        comma = "," if len(items) > 1 else ""
        inner = [line for key, a in items for line in _element(key, a, indent + 4, comma)]
    head, after = text(call.function), _after(tree, call) + suffix
    return [f"{pad}{prefix}{head}(", *inner, f"{pad}){after}"]


def _after(tree: Syntax, call: Call) -> str:
    """What a chain has behind one of its calls."""
    if tree is call:
        return ""
    if isinstance(tree, Member):
        return f"{_after(tree.value, call)}.{tree.name}"
    if isinstance(tree, Subscript):
        return f"{_after(tree.value, call)}[{', '.join(map(text, tree.items))}]"
    assert isinstance(tree, Call)
    return f"{_after(tree.function, call)}({', '.join(k + text(a) for k, a in items_of(tree))})"
