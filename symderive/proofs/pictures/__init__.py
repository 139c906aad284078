"""Pictures where a reader would rather look: plain shapes, drawn as SVG or as TikZ."""

from __future__ import annotations

from .curve import curve
from .graph import graph
from .heatmap import heatmap

__all__ = ["curve", "graph", "heatmap"]
