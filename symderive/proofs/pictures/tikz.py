"""Picture → TikZ, in the colours that the LaTeX template defines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..latex import escape, latex
from .shapes import Box, Label, Path, Picture, Point, Shape

_COLOURS = {
    "ink": "black",
    "quiet": "quiet",
    "accent": "accent",
    "warm": "warm",
    "rule": "black!25",
    "paper": "white",
}
_ANCHORS = {"centre": "center", "left": "east", "right": "west"}


def tikz(picture: Picture) -> str:
    """The picture as a tikzpicture; y grows downwards, as in the shapes."""
    inner = "\n".join(_DRAW[type(shape)](shape) for shape in picture.shapes)
    return f"\\begin{{tikzpicture}}[x=1pt,y=-1pt]\n{inner}\n\\end{{tikzpicture}}"


def _at(point: Point) -> str:
    return f"({point[0]:.1f},{point[1]:.1f})"


def _toward(point: Point, control: Point) -> Point:
    x, y = (a + 2 / 3 * (c - a) for a, c in zip(point, control, strict=True))
    return x, y


def _path(p: Path) -> str:
    options = [f"draw={_COLOURS[p.colour]}", f"line width={p.width}pt"]
    options += ["dash pattern=on 4pt off 2.5pt"] if p.dashed else []
    options += ["-{Stealth[length=4.5pt]}"] if p.arrow else []
    if p.bend:
        start, middle, end = p.points
        # the control point of a quadratic stands for both of a cubic's, two thirds of the way
        first, second = (_toward(end_point, middle) for end_point in (start, end))
        drawn = f"{_at(start)} .. controls {_at(first)} and {_at(second)} .. {_at(end)}"
    else:
        drawn = " -- ".join(map(_at, p.points))
    return rf"\path[{','.join(options)}] {drawn};"


def _box(b: Box) -> str:
    options = [f"draw={_COLOURS[b.colour]}", "line width=0.6pt"]
    if b.shade is not None:
        tone = "accent" if b.shade >= 0 else "warm"
        options.append(f"fill={tone}!{round(70 * abs(b.shade))}!white")
    options += [f"rounded corners={b.round:g}pt"] if b.round else []
    return (
        rf"\path[{','.join(options)}] {_at(b.corner)} rectangle ++({b.width:.1f},{b.height:.1f});"
    )


def _label(s: Label) -> str:
    written = (
        escape(s.text) if isinstance(s.text, str) else f"${latex(s.text, compact=True).strip()}$"
    )
    size = rf"\fontsize{{{s.size:g}}}{{{s.size + 2:g}}}\selectfont"
    options = f"anchor={_ANCHORS[s.side]},inner sep=0pt,text={_COLOURS[s.colour]},font={size}"
    return rf"\node[{options}] at {_at(s.at)} {{{written}}};"


_DRAW: dict[type[Shape], Callable[[Any], str]] = {Path: _path, Box: _box, Label: _label}
