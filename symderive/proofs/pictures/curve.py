"""An elementwise operator's curve, and its derivative as the closed form gives it."""

from __future__ import annotations

import numpy as np

from ...calculus.result import Derived
from ...index import nodes
from ...index.walk import walk
from ..layout import Layout
from .example import evaluated
from .shapes import Label, Path, Picture, Point, Shape

WIDTH, HEIGHT, MARGIN = 260.0, 170.0, 24.0
POINTS = 161


def curve(derived: Derived, value: Layout, slope: Layout) -> Picture | None:
    """The picture for an operator of one array that treats every element alike; None for any
    other."""
    sampled = samples(derived)
    if sampled is None:
        return None
    x, y, dx = sampled
    low, high = _range(np.concatenate([y, dx]))
    across = (float(x[0]), float(x[-1]))
    shapes: list[Shape] = [*_axes(across, (low, high))]
    for values, colour, dashed in ((y, "ink", False), (dx, "accent", True)):
        for part in _runs(x, values, low, high):
            points = tuple(_place(u, v, across, (low, high)) for u, v in part)
            shapes.append(Path(points, colour, 1.3, dashed))
    shapes.append(Label((MARGIN + 8, 8), value, 9, "ink", "right"))
    shapes.append(Label((MARGIN + 40, 8), slope, 9, "accent", "right"))
    return Picture(WIDTH, HEIGHT, tuple(shapes))


def samples(derived: Derived) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """x, y and dy/dx on a grid."""
    forward, backward = derived.forward, derived.backward
    found = [n for a in (*forward.assignments, *backward.assignments) for n in walk(a.value)]
    mixes = any(isinstance(n, (nodes.Reduce, nodes.Idx)) and _mixes(n) for n in found)
    if len(forward.arguments) != 1 or mixes or not forward.arguments[0].tensor.dims:
        return None
    tensor = forward.arguments[0].tensor
    if forward.output.tensor.dims != tensor.dims:
        return None
    grid = np.linspace(*tensor.domain.part(-4.0, 4.0), POINTS)
    *others, last = tensor.dims
    sizes = {d.name: 1 for d in others} | {last.name: POINTS}
    if last.length is not None:
        return None
    shape = (*(1 for _ in others), POINTS)
    known = evaluated(forward, sizes, {tensor.name: grid.reshape(shape)})
    known.arrays[derived.cotangent.name] = np.ones(shape)
    for a in backward.assignments:
        known.assign(a.tensor, a.indices, a.value)
    y = np.asarray(known.arrays[forward.output.tensor.name], dtype=float).reshape(-1)
    dx = np.asarray(known.arrays[backward.outputs[0].tensor.name], dtype=float).reshape(-1)
    return grid, y, dx


def _mixes(node: nodes.Expr) -> bool:
    return isinstance(node, nodes.Reduce)


def _range(values: np.ndarray) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    low, high = float(np.min(finite, initial=-0.5)), float(np.max(finite, initial=0.5))
    low, high = max(low, -4.5), min(high, 4.5)
    return low - 0.06 * (high - low), high + 0.06 * (high - low)


def _runs(x: np.ndarray, values: np.ndarray, low: float, high: float) -> list[list[Point]]:
    """The stretches of a curve that lie on the picture; a jump ends one."""
    runs: list[list[Point]] = [[]]
    for u, v in zip(x, values, strict=True):
        visible = np.isfinite(v) and low <= v <= high
        jumps = bool(runs[-1]) and abs(v - runs[-1][-1][1]) > 0.3 * (high - low)
        if not visible or jumps:
            runs.append([])
        if visible:
            runs[-1].append((float(u), float(v)))
    return [run for run in runs if len(run) > 1]


def _place(u: float, v: float, across: Point, along: Point) -> Point:
    x = MARGIN + (u - across[0]) / (across[1] - across[0]) * (WIDTH - 2 * MARGIN)
    y = HEIGHT - MARGIN - (v - along[0]) / (along[1] - along[0]) * (HEIGHT - 2 * MARGIN)
    return x, y


def _axes(across: Point, along: Point) -> list[Shape]:
    zero = min(max(0.0, along[0]), along[1])
    left = min(max(0.0, across[0]), across[1])
    shapes: list[Shape] = [
        Path(
            (_place(across[0], zero, across, along), _place(across[1], zero, across, along)), "rule"
        ),
        Path(
            (_place(left, along[0], across, along), _place(left, along[1], across, along)), "rule"
        ),
    ]
    for tick in range(-4, 5):
        if across[0] <= tick <= across[1] and tick % 2 == 0 and tick:
            x, y = _place(tick, zero, across, along)
            shapes.append(Label((x, y + 7), str(tick).replace("-", "−"), 7, "quiet"))
        if along[0] < tick < along[1] and tick:
            x, y = _place(left, tick, across, along)
            shapes.append(Label((x - 4, y), str(tick).replace("-", "−"), 7, "quiet", "left"))
    return shapes
