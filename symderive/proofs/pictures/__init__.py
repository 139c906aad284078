"""Pictures where a reader would rather look: plain shapes, drawn as SVG or as TikZ."""

from __future__ import annotations

from .curve import curve
from .graph import edges, graph
from .heatmap import heatmap, shown

__all__ = ["curve", "edges", "graph", "heatmap", "shown"]
