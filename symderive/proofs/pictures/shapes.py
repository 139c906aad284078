"""A picture as shapes in points, y downwards; `svg.py` and `tikz.py` draw it."""

from __future__ import annotations

from dataclasses import dataclass

from ..layout import Layout

Point = tuple[float, float]


@dataclass(frozen=True)
class Shape:
    """A part of a picture. Colours are names: "ink", "quiet", "accent", "warm", "rule", "paper"."""


@dataclass(frozen=True)
class Path(Shape):
    """Straight lines through points; with `bend`, one curve from the first to the last by way of
    the middle one."""

    points: tuple[Point, ...]
    colour: str = "ink"
    width: float = 0.8
    dashed: bool = False
    arrow: bool = False
    bend: bool = False


@dataclass(frozen=True)
class Box(Shape):
    """A rectangle from its upper left corner. shade: from -1 (warm) over 0 (paper) to 1 (accent)
    where it is filled."""

    corner: Point
    width: float
    height: float
    shade: float | None = None
    colour: str = "rule"
    round: float = 0.0


@dataclass(frozen=True)
class Label(Shape):
    """Mathematics or words, centred at a point or beside it ("left": the text ends there, "right":
    it starts there)."""

    at: Point
    text: Layout | str
    size: float = 9.0
    colour: str = "ink"
    side: str = "centre"


@dataclass(frozen=True)
class Picture:
    """Shapes on an area."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
