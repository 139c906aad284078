"""Picture → SVG whose colours follow the page, dark or light."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from ..layout import Bar, Layout, Row, Script, Symbol, letters
from .shapes import Box, Label, Path, Picture, Shape

COLOURS = {
    "ink": "var(--ink, #1c2026)",
    "quiet": "var(--quiet, #5a6270)",
    "accent": "var(--accent, #1f5aa6)",
    "warm": "var(--warm, #b3541e)",
    "rule": "var(--rule, #d5dae2)",
    "paper": "var(--paper, #fdfdfb)",
}
_ANCHORS = {"centre": "middle", "left": "end", "right": "start"}
_ARROW = '<path d="M0,0 L6,3 L0,6 z" fill="{fill}"/>'


def svg(picture: Picture, description: str) -> str:
    """The picture as an `<svg>` element; description: what it shows, for those who cannot see
    it."""
    arrows = sorted({s.colour for s in picture.shapes if isinstance(s, Path) and s.arrow})
    markers = "".join(_marker(colour) for colour in arrows)
    inner = "\n".join(_DRAW[type(shape)](shape) for shape in picture.shapes)
    size = f'width="{picture.width:.0f}pt" height="{picture.height:.0f}pt"'
    view = f'viewBox="0 0 {picture.width:.1f} {picture.height:.1f}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {view} role="img">'
    return f"{head}\n<title>{escape(description)}</title>\n<defs>{markers}</defs>\n{inner}\n</svg>"


def _marker(colour: str) -> str:
    shape = _ARROW.format(fill=COLOURS[colour])
    place = 'viewBox="0 0 6 6" refX="5.5" refY="3" markerWidth="6" markerHeight="6" orient="auto"'
    return f'<marker id="arrow-{colour}" markerUnits="userSpaceOnUse" {place}>{shape}</marker>'


def _path(p: Path) -> str:
    (x, y), *rest = p.points
    if p.bend:
        (u, v), (s, t) = rest
        drawn = f"M{x:.1f},{y:.1f} Q{u:.1f},{v:.1f} {s:.1f},{t:.1f}"
    else:
        drawn = f"M{x:.1f},{y:.1f}" + "".join(f" L{a:.1f},{b:.1f}" for a, b in rest)
    dash = ' stroke-dasharray="4 2.5"' if p.dashed else ""
    arrow = f' marker-end="url(#arrow-{p.colour})"' if p.arrow else ""
    stroke = f'style="stroke:{COLOURS[p.colour]};fill:none" stroke-width="{p.width}"'
    return f'<path d="{drawn}" {stroke}{dash}{arrow}/>'


def _box(b: Box) -> str:
    fill = "none"
    if b.shade is not None:
        tone = COLOURS["accent" if b.shade >= 0 else "warm"]
        share = round(80 * abs(b.shade))
        fill = f"color-mix(in srgb, {tone} {share}%, {COLOURS['paper']})"
    place = (
        f'x="{b.corner[0]:.1f}" y="{b.corner[1]:.1f}" width="{b.width:.1f}" height="{b.height:.1f}"'
    )
    style = f'style="fill:{fill};stroke:{COLOURS[b.colour]}" stroke-width="0.8" rx="{b.round:g}"'
    return f"<rect {place} {style}/>"


def _label(s: Label) -> str:
    place = f'x="{s.at[0]:.1f}" y="{s.at[1] + 0.33 * s.size:.1f}" font-size="{s.size:g}"'
    style = f'style="fill:{COLOURS[s.colour]}" text-anchor="{_ANCHORS[s.side]}"'
    written = escape(s.text) if isinstance(s.text, str) else _spans(s.text)
    return f"<text {place} {style}>{written}</text>"


def _spans(layout: Layout) -> str:
    """Mathematics as text: slanted letters, a line over cotangents, small indices below."""
    if isinstance(layout, Row):
        return "".join(map(_spans, layout.parts))
    if isinstance(layout, Bar):
        return f'<tspan text-decoration="overline">{_spans(layout.inner)}</tspan>'
    if isinstance(layout, Script) and layout.below is not None:
        below = f'<tspan dy="3" font-size="70%">{_spans(layout.below)}</tspan>'
        return f'{_spans(layout.base)}{below}<tspan dy="-3">&#8203;</tspan>'
    if isinstance(layout, Symbol):
        slant = ' font-style="italic"' if layout.role == "variable" else ""
        return f"<tspan{slant}>{escape(layout.text)}</tspan>"
    return escape(letters(layout))


_DRAW: dict[type[Shape], Callable[[Any], str]] = {Path: _path, Box: _box, Label: _label}
