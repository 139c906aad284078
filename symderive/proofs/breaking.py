"""Long equations, broken at + and - (and, where nothing else helps, between factors) so that every
line fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .latex import is_wide
from .layout import (
    Bar,
    Big,
    Cases,
    Fence,
    Fraction,
    Gap,
    Layout,
    Root,
    Row,
    Script,
    Symbol,
    Words,
    row,
)

SMALL = 0.72  # the size of a script beside its base
_ADVANCE = {
    "number": 5.6,
    "operator": 13.0,
    "relation": 15.0,
    "punctuation": 5.0,
    "open": 5.5,
    "close": 5.5,
}  # in points


def width(layout: Layout) -> float:
    """About how wide a layout is, in points at 11 points' size."""
    return _WIDTH[type(layout)](layout)


def _letters(text: str) -> float:
    return sum(11.0 if is_wide(c) else 9.0 if c in "mwMW" or c.isupper() else 6.0 for c in text)


def _symbol(s: Symbol) -> float:
    if s.role == "number":
        return _ADVANCE["number"] * len(s.text)
    word = _letters(s.text) if len(s.text) > 1 else 0.0
    return _ADVANCE[s.role] + word if s.role in _ADVANCE else _letters(s.text)


def _script(s: Script) -> float:
    beside = max(width(s.below) if s.below else 0.0, width(s.above) if s.above else 0.0)
    return width(s.base) + SMALL * beside + 1


_WIDTH: dict[type[Layout], Callable[[Any], float]] = {
    Symbol: _symbol,
    Words: lambda w: _letters(w.text),
    Row: lambda r: sum(map(width, r.parts)),
    Script: _script,
    Fraction: lambda f: max(width(f.top), width(f.bottom)) + 5,
    Root: lambda r: width(r.inner) + 10,
    Fence: lambda f: width(f.inner) + 11,
    Big: lambda b: (
        max(16.0, SMALL * width(b.below), _letters(b.operator) if len(b.operator) > 1 else 0.0) + 4
    ),
    Bar: lambda b: width(b.inner),
    Gap: lambda g: 2.0 if g.width == "thin" else 22.0,
    Cases: lambda c: max((width(v) + width(w) + 40 for v, w in c.rows), default=0.0),
}


@dataclass(frozen=True)
class _Piece:
    """A part that stays whole, and how bad it is to start a new line before it (infinity:
    impossible)."""

    layout: Layout
    penalty: float


NEVER = float("inf")


def broken(layout: Layout, limit: float) -> list[Layout]:
    """The lines of a layout, none wider than `limit` where its pieces allow that."""
    if width(layout) <= limit:
        return [layout]
    pieces = list(_pieces(layout, 0, limit))
    lines: list[Layout] = []
    while pieces:
        count = _fitting(pieces, limit if not lines else limit - 22)
        lines.append(row(*(p.layout for p in pieces[:count])))
        pieces = pieces[count:]
    return lines


def _pieces(layout: Layout, depth: int, limit: float) -> Iterator[_Piece]:
    """The pieces of a row; what stands in brackets is opened only where it is too long to stay
    whole."""
    parts = layout.parts if isinstance(layout, Row) else (layout,)
    for n, part in enumerate(parts):
        before = parts[n - 1] if n else None
        penalty = NEVER if before is None else _penalty(before, part, depth)
        if isinstance(part, Fence) and width(part) > limit / 3:
            yield _Piece(Symbol(part.left, "open big"), penalty)
            yield from _pieces(part.inner, depth + 1, limit)
            yield _Piece(Symbol(part.right, "close big"), NEVER)
        else:
            yield _Piece(part, penalty)


def may_part(before: Layout, part: Layout) -> bool:
    """True between two factors, where a line of running text may end."""
    return not isinstance(before, (Symbol, Big)) and not isinstance(part, (Symbol, Gap))


def _penalty(before: Layout, part: Layout, depth: int) -> float:
    if isinstance(part, Symbol) and part.role in ("operator", "relation"):
        return depth
    if isinstance(before, (Symbol, Big, Gap)) and getattr(before, "role", "") != "punctuation":
        return NEVER
    return depth + 2.5


def _fitting(pieces: list[_Piece], limit: float) -> int:
    """How many pieces the next line takes: up to the last of the least bad breaks in its fuller two
    thirds."""
    total, breaks = 0.0, []
    for n, piece in enumerate(pieces):
        if n and piece.penalty < NEVER:
            emptiness = 1.5 * max(0.0, 0.6 - total / limit)
            breaks.append((piece.penalty + emptiness, -n))
        total += width(piece.layout)
        if total > limit and breaks:
            return -min(breaks)[1]
    return len(pieces)
