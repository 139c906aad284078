"""Plain lines of mathematics ("∂o_i/∂x_k", "e_i = o_i s") → layouts, so that what a trace says in
text is typeset, too."""

from __future__ import annotations

import re
from functools import cache

from ..index.functions import FUNCTIONS
from .layout import Big, Fraction, Gap, Layout, Root, Row, Script, Symbol, is_wordy, number, row
from .names import Names

_PIECE = (
    r"(?P<big>Σ|Π|max(?=_)|min(?=_))_(?P<over>\{{[^}}]*\}}|…|(?:[^\W\d_]'*)+)"
    r"|(?:(?P<name>{known}[^\W\d_]\w*?(?=_[^\W_]|_\{{|_…|\b)|[^\W\d_]\w*|δ)"
    r"(?:_(?P<under>\{{[^}}]*\}}|…?'*(?:[^\W\d_]'*)*))?(?P<raised>[⁰¹²³⁴-⁹]?))"
    r"|(?P<number>\d+(?:\.\d+)?(?:e-?\d+)?)|(?P<power>[⁰¹²³⁴-⁹])"
    r"|(?P<sign>[-+=≠<>≥≤/()\[\]|,·√^∂Σ…])|(?P<space>\s+)|(?P<other>.)"
)
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_ROLES = dict.fromkeys("=≠<>≥≤", "relation") | dict.fromkeys("-+·/", "operator")
_RELATIONS = frozenset("=≠<>≥≤")
_ROOT, _POWER = Symbol("√", "prefix"), Symbol("^", "prefix")
_OPEN, _CLOSE = Symbol("(", "open"), Symbol(")", "close")
_SIGNS: dict[str, Layout] = {"√": _ROOT, "^": _POWER, "(": _OPEN, ")": _CLOSE}


def left_side(text: str, names: Names) -> Layout:
    """What a step derives: "dx_k", "∂o_i/∂x_k" as a fraction, anything else as a line of
    mathematics."""
    above, slash, below = text.partition("/∂")
    if slash and text.startswith("∂"):
        partial = Symbol("∂")
        return Fraction(row(partial, line(above[1:], names)), row(partial, line(below, names)))
    return line(text, names)


def formula(text: str, names: Names) -> Layout | None:
    """A side condition as a formula; None where it does not read as one but as words."""
    words = [m["name"] for m in _matches(text, names) if m["name"] and len(m["name"]) > 2]
    left = text.partition(" = ")[0].partition("_")[0]
    known = names.printed.keys() | FUNCTIONS.keys() | {left}
    is_known = all(word in known or any(c.isdigit() for c in word) for word in words)
    return line(text, names) if is_known and any(c in _RELATIONS for c in text) else None


def line(text: str, names: Names) -> Layout:
    """A line of mathematics as it is written in plain text."""
    parts = [_piece(found, names) for found in _matches(text, names)]
    return row(*_spaced(_assembled(parts))) if parts else row(Gap())


def _matches(text: str, names: Names) -> list[re.Match[str]]:
    known = tuple(sorted(names.printed, key=lambda name: (-len(name), name)))
    return list(_token(known).finditer(text))


@cache
def _token(known: tuple[str, ...]) -> re.Pattern[str]:
    """What a piece of a line looks like; known names come first, since they may hold an underscore
    themselves."""
    named = "".join(rf"(?:{re.escape(name)})(?=_|\W|$)|" for name in known)
    return re.compile(_PIECE.format(known=named), re.DOTALL)


def _piece(found: re.Match[str], names: Names) -> Layout:
    if found["big"]:
        return Big(found["big"], _below(found["over"], names) or Symbol("r"))
    if found["name"]:
        return _name(found, names)
    if found["number"]:
        return number(found["number"])
    if found["power"]:
        return Symbol(str(_RAISED.index(found["power"])), "raised")
    if found["space"]:
        return Gap()
    sign = found["sign"] or found["other"]
    return _SIGNS.get(sign) or Symbol(sign, _ROLES.get(sign, "punctuation"))


def _name(found: re.Match[str], names: Names) -> Layout:
    base = Symbol("δ") if found["name"] == "δ" else names.tensor(found["name"])
    below = _below(found["under"] or "", names)
    above = number(_RAISED.index(found["raised"])) if found["raised"] else None
    return Script(base, below, above) if below or above else base


def _below(under: str, names: Names) -> Layout | None:
    """Indices side by side; an index may be an element itself, as in x_{b,t_b}."""
    if under.startswith("{"):
        written = [u.strip() for u in under[1:-1].split(",")]
    else:
        written = re.findall(r"[^']'*", under)
    plain = re.compile(r"(?:[^\W\d_]|…)'*")
    return names.subscript(
        [names.index(w) if plain.fullmatch(w) else line(w, names) for w in written]
    )


def _assembled(parts: list[Layout]) -> list[Layout]:
    """Roots over what follows them, powers on what stands before them."""
    kept: list[Layout] = []
    place = 0
    while place < len(parts):
        part = parts[place]
        place += 1
        if part in (_ROOT, _POWER) and place < len(parts):
            end = _end(parts, place)
            inner = parts[place:end]
            bare = inner[1:-1] if len(inner) > 2 and inner[0] == _OPEN else inner
            held = row(*_spaced(_assembled(bare)))
            kept += [Root(held)] if part == _ROOT else [_raised(kept, held)]
            place = end
        elif isinstance(part, Symbol) and part.role == "raised":
            kept.append(_raised(kept, number(part.text)))
        else:
            kept.append(part)
    return kept


def _raised(kept: list[Layout], above: Layout) -> Layout:
    """The last piece, taken off the list, with a power."""
    base = kept.pop() if kept else Row(())
    if isinstance(base, Script) and base.above is None:
        return Script(base.base, base.below, above)
    return Script(base, above=above)


def _end(parts: list[Layout], start: int) -> int:
    """The place after a piece, or after the bracket that it opens."""
    depth = 0
    for place in range(start, len(parts)):
        depth += (parts[place] == _OPEN) - (parts[place] == _CLOSE)
        if depth == 0:
            return place + 1
    return len(parts)


def _spaced(parts: list[Layout]) -> list[Layout]:
    """Spaces kept only where names of several letters need them."""
    return [
        part
        for n, part in enumerate(parts)
        if not isinstance(part, Gap)
        or (0 < n < len(parts) - 1 and _is_apart(parts[n - 1], parts[n + 1]))
    ]


def _is_apart(left: Layout, right: Layout) -> bool:
    signs = ("operator", "relation", "punctuation", "open", "close")
    if any(isinstance(side, Symbol) and side.role in signs for side in (left, right)):
        return False
    return is_wordy(left) or is_wordy(right) or isinstance(right, Big)
