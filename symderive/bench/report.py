"""Results → a table for the terminal, a picture, and JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from html import escape
from statistics import median
from typing import TYPE_CHECKING

from .run import BASE, Result

if TYPE_CHECKING:
    from rich.table import Table

ORDER = (
    *(BASE, "numpy", "numpy-tuned", "numpy-tuned out=", "c", "c out="),
    *("torch", "torch out=", "jax", "numba out="),
)
COLOURS = {
    BASE: "#9aa3b2", "numpy": "#a9c5e6", "numpy-tuned": "#7fa8d8", "numpy-tuned out=": "#5f8fc8",
    "c": "#1f5aa6", "c out=": "#123a70",
    "torch": "#e0a25c", "torch out=": "#b3541e", "jax": "#6fae8c", "numba out=": "#8d6fae",
}  # fmt: skip


def contestants(results: Sequence[Result]) -> list[str]:
    """Who took part, in the order of the table."""
    return [name for name in ORDER if any(name in r.seconds for r in results)]


def duration(seconds: float) -> str:
    """Three digits and a unit."""
    for unit, scale in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * scale >= 1:
            return f"{seconds * scale:.3g} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def cell(result: Result, name: str) -> str:
    """The time, and how many times as fast as the textbook."""
    if name not in result.seconds:
        return ""
    ratio = result.ratio(name)
    told = "" if ratio is None or name == BASE else f" {ratio:.1f}×"
    return duration(result.seconds[name]) + told


def reached(result: Result) -> str:
    """The share of the memory's limit that the C kernel reaches on large arrays."""
    if result.limit is None:
        return ""
    fastest = min(result.seconds[n] for n in ("c", "c out="))
    return f"{result.moved / fastest / result.limit:.2f}"


def table(results: Sequence[Result]) -> Table:
    """Medians, ratios to the textbook, and the share of the memory's limit: fits 80 columns."""
    from rich.table import Table  # 50 ms that a quick command does not pay

    limits = [r.limit / 1e9 for r in results if r.limit]
    told = f"; memory limit {median(limits):.1f} GB/s" if limits else ""
    found = Table(title=f"float32{told}", title_justify="left")
    shapes = list(dict.fromkeys(r.shape for r in results))
    found.add_column("")
    for shape in shapes:
        found.add_column("×".join(map(str, shape)), justify="right")
    for job in dict.fromkeys((r.operator, r.direction) for r in results):
        at = {r.shape: r for r in results if (r.operator, r.direction) == job}
        found.add_section()
        found.add_row(*job, style="bold")
        for name in contestants(list(at.values())):
            found.add_row(name, *(cell(at[s], name) if s in at else "" for s in shapes))
        shares = [reached(at[s]) if s in at else "" for s in shapes]
        if any(shares):
            found.add_row("of limit", *shares)
    return found


def as_json(results: Sequence[Result], threads: int) -> str:
    """Everything that was measured."""
    told = {"threads": threads, "results": [asdict(r) for r in results]}
    return json.dumps(told, indent=1) + "\n"


def markdown(results: Sequence[Result]) -> str:
    """The table as Markdown."""
    names = contestants(results)
    rows = ["| operator | | shape | " + " | ".join(names) + " | of limit |"]
    rows.append("|---" * (len(names) + 4) + "|")
    for r in results:
        cells = [r.operator, r.direction, "×".join(map(str, r.shape))]
        cells += [*(cell(r, n) for n in names), reached(r)]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def picture(results: Sequence[Result]) -> str:
    """Bars: how many times as fast as the textbook, at the largest shape; a page of SVG."""
    largest = max(r.shape[0] * r.shape[1] for r in results)
    shown = [r for r in results if r.shape[0] * r.shape[1] == largest and BASE in r.seconds]
    names = [n for n in contestants(shown) if n != BASE]
    most = max((r.ratio(n) or 0 for r in shown for n in names), default=1)
    rows, y = [], 40.0
    for r in shown:
        rows.append(_label(10, y, f"{r.operator}, {r.direction}", "start", 600))
        y += 6
        for name in names:
            ratio = r.ratio(name)
            if ratio is None:
                continue
            width = 430 * ratio / most
            y += 13
            rows.append(
                f'<rect x="110" y="{y - 9:.0f}" width="{width:.1f}" height="10" '
                f'fill="{COLOURS[name]}"/>'
            )
            rows.append(_label(104, y, name, "end"))
            rows.append(_label(114 + width, y, f"{ratio:.1f}×", "start"))
        y += 24
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 {y:.0f}" role="img" '
        'font-family="system-ui, sans-serif" font-size="10">'
    )
    size = "×".join(map(str, shown[0].shape)) if shown else ""
    title = f"Times as fast as the textbook's NumPy, {size} float32"
    paper = f'<rect width="600" height="{y:.0f}" fill="#fdfdfb"/>'
    return "\n".join(
        [
            head,
            f"<title>{title}</title>",
            paper,
            _label(10, 20, title, "start", 600),
            *rows,
            "</svg>\n",
        ]
    )


def _label(x: float, y: float, words: str, anchor: str, weight: int = 400) -> str:
    place = f'x="{x:.1f}" y="{y:.0f}" text-anchor="{anchor}" font-weight="{weight}"'
    return f'<text {place} fill="#1c2026">{escape(words)}</text>'
