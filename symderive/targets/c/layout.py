"""Lines of C within the width: pieces put on lines, lists broken at their commas."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

WIDTH = 100
AHEAD = 3  # columns that the operator of a further piece takes


@dataclass(frozen=True)
class Row:
    """One line, in pieces between which it may be broken, at a depth of blocks."""

    pieces: tuple[str, ...]
    depth: int = 0
    broken: bool = True  # where it is too long


Rows = list[Row]


def row(text: str | tuple[str, ...], broken: bool = True) -> Row:
    """A line; text is one piece."""
    return Row((text,) if isinstance(text, str) else text, broken=broken)


def indented(rows: Iterable[Row]) -> Rows:
    """One level deeper."""
    return [replace(r, depth=r.depth + 1) for r in rows]


def braced(head: str, body: Rows) -> Rows:
    """A statement that holds others; no braces around one line."""
    if len(body) == 1:
        return [row(head), *indented(body)]
    return [row(f"{head} {{"), *indented(body), row("}")]


def wrapped(head: str, parts: Iterable[str], tail: str, depth: int = 0) -> Rows:
    """`head part, part, ... tail` within the width that is left at a depth."""
    items = list(parts)
    lines, line = [], head
    for number, part in enumerate(items):
        piece = part + (", " if number + 1 < len(items) else tail)
        if len(line) + len(piece.rstrip()) > WIDTH - 4 * depth:
            lines.append(line.rstrip())
            line = "    "
        line += piece
    return [row(text, broken=False) for text in [*lines, line.rstrip()]]


def laid_out(rows: Iterable[Row]) -> list[str]:
    """The text of the lines, those that are too long broken before an operator."""
    return [line for r in rows for line in _lines(r)]


def _lines(r: Row) -> list[str]:
    pad = "    " * r.depth
    line, rest = pad + r.pieces[0], r.pieces[1:]
    done: list[str] = []
    while r.broken and len(" ".join((line, *rest))) > WIDTH:
        ends = [len(" ".join((line, *rest[:n]))) for n in range(len(rest))]
        fitting = [n for n, end in enumerate(ends) if end + AHEAD <= WIDTH]
        if not fitting:
            break
        done.append(" ".join((line, *rest[: fitting[-1]])))
        line, rest = f"{pad}    {rest[fitting[-1]]}", rest[fitting[-1] + 1 :]
    return [*done, " ".join((line, *rest))]
