"""Plain lines of mathematics ("∂o_i/∂x_k", "e_i = o_i s") → layouts, so that what a trace says in
text is typeset, too."""

from __future__ import annotations

import re
from functools import cache

from .layout import Fraction, Gap, Layout, Root, Script, Symbol, number, row
from .names import Names
from .tree import Inline, Math

_NAME = r"(?P<name>{known}[^\W\d_]\w*?(?=_[^\W_]|_\{{|_…|\b)|[^\W\d_]\w*|δ)"
_REST = (
    r"(?:_(?P<under>\{[^}]*\}|…?'*(?:[^\W\d_]'*)*))?(?P<raised>[⁰¹²³⁴-⁹]?)"
    r"|(?P<number>\d+(?:\.\d+)?)|(?P<sign>[-+=≠<>≥≤/()\[\]|,·√∂Σ²…])|(?P<space>\s+)|(?P<other>.)"
)
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_ROLES = dict.fromkeys("=≠<>≥≤", "relation") | dict.fromkeys("-+·/", "operator")
_RELATIONS = frozenset("=≠<>≥≤")


def left_side(text: str, names: Names) -> Layout:
    """What a step derives: "dx_k", "∂o_i/∂x_k" as a fraction, anything else as a line of
    mathematics."""
    above, slash, below = text.partition("/∂")
    if slash and text.startswith("∂"):
        partial = Symbol("∂")
        return Fraction(row(partial, line(above[1:], names)), row(partial, line(below, names)))
    return line(text, names)


def line(text: str, names: Names) -> Layout:
    """A line of mathematics as it is written in plain text."""
    parts: list[Layout] = []
    token = _token(tuple(sorted(names.printed, key=lambda name: (-len(name), name))))
    position = 0
    while position < len(text):
        found = token.match(text, position)
        if found is None:
            break
        piece = _piece(found, names)
        parts += [piece] if piece else []
        position = found.end()
    return row(*_with_roots(parts)) if parts else row(Gap())


@cache
def _token(known: tuple[str, ...]) -> re.Pattern[str]:
    """What a piece of a line looks like; known names come first, since they may hold an underscore
    themselves."""
    named = "".join(rf"(?:{re.escape(name)})(?=_|\W|$)|" for name in known)
    return re.compile(_NAME.format(known=named) + _REST)


def _piece(found: re.Match[str], names: Names) -> Layout | None:
    if found["name"]:
        return _name(found, names)
    if found["number"]:
        return number(found["number"])
    sign = found["sign"] or found["other"]
    if not sign:
        return None
    return Symbol(sign, _ROLES.get(sign, "punctuation"))


def _name(found: re.Match[str], names: Names) -> Layout:
    base = Symbol("δ") if found["name"] == "δ" else names.tensor(found["name"])
    indices = [names.index(i) for i in _indices(found["under"] or "")]
    below = names.subscript(indices)
    above = number(_RAISED.index(found["raised"])) if found["raised"] else None
    return Script(base, below, above) if below or above else base


def _indices(under: str) -> list[str]:
    if under.startswith("{"):
        return [u.strip() for u in under[1:-1].split(",")]
    return re.findall(r"[^']'*", under)


def _with_roots(parts: list[Layout]) -> list[Layout]:
    kept: list[Layout] = []
    for part in parts:
        if kept and kept[-1] == Symbol("√", "punctuation"):
            kept[-1] = Root(part)
        else:
            kept.append(part)
    return kept


def condition(text: str, names: Names) -> Inline:
    """A side condition: a formula where it reads as one, else the words that it is."""
    words = re.findall(r"[^\W\d_]{3,}", text)
    known = all(word in names.printed for word in words)
    if known and any(c in _RELATIONS for c in text):
        return (Math(line(text, names)),)
    return (text,)
