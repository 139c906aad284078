"""Lines of C within the width."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

WIDTH = 100


@dataclass(frozen=True)
class Row:
    """One line, in pieces between which it may be broken, at a depth of blocks."""

    pieces: tuple[str, ...]
    depth: int = 0


Rows = list[Row]


def row(*pieces: str) -> Row:
    """A line."""
    return Row(pieces)


def listing(head: str, items: Iterable[str], tail: str) -> Row:
    """`head item, item, ... tail`."""
    first, *rest = items
    pieces = [head + first]
    for item in rest:
        pieces[-1] += ","
        pieces.append(item)
    return row(*pieces[:-1], pieces[-1] + tail)


def indented(rows: Iterable[Row]) -> Rows:
    """One level deeper."""
    return [replace(r, depth=r.depth + 1) for r in rows]


def braced(head: str, body: Rows) -> Rows:
    """A statement that holds others; no braces around one."""
    if len(body) == 1:
        return [row(head), *indented(body)]
    return [row(f"{head} {{"), *indented(body), row("}")]


def laid_out(rows: Iterable[Row]) -> list[str]:
    """The text of the lines, each as long as the width and its pieces allow."""
    return [line for r in rows for line in _lines(r)]


def _lines(r: Row) -> list[str]:
    pad = "    " * r.depth
    done = [pad + r.pieces[0]]
    for piece in r.pieces[1:]:
        if len(done[-1]) + 1 + len(piece) <= WIDTH:
            done[-1] += f" {piece}"
        else:
            done.append(f"{pad}    {piece}")
    return done
