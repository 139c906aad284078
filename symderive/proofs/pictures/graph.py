"""The forward as a graph: values flow to the right, gradients flow back."""

from __future__ import annotations

from ...index.nodes import Tensor
from ...program import Program
from ..layout import Layout
from ..names import Names
from .shapes import Box, Label, Path, Picture, Point, Shape

WIDTH = 380.0  # from the middle of the first layer to that of the last
HALF = 9.0  # half the height of a node
MOST = 16


def graph(program: Program, names: Names) -> Picture | None:
    """The picture; None where it would hold too much or too little to help."""
    if not 2 <= len(program.assignments) <= MOST:
        return None
    layers = _layers(program)
    places = _places(layers)
    halves = {t: 7.0 + 3.0 * min(len(t.name), 8) for t in places}
    step = _step(layers)
    if step < 2 * max(halves.values()) + 10:
        return None
    shapes: list[Shape] = []
    for source, target, passes in edges(program):
        shapes += _arrows(
            places[source], places[target], halves[source], halves[target], passes, step
        )
    given = {a.tensor for a in program.arguments}
    for tensor, (x, y) in places.items():
        half = halves[tensor]
        colour = "ink" if tensor in given else "quiet"
        corner = (x - half, y - HALF)
        shapes.append(Box(corner, 2 * half, 2 * HALF, shade=0.0, colour=colour, round=4))
        shapes.append(Label((x, y), _name(names, tensor)))
    return _framed(shapes, list(places.values()))


def _name(names: Names, tensor: Tensor) -> Layout:
    return names.tensor(tensor.name)


def edges(program: Program) -> list[tuple[Tensor, Tensor, bool]]:
    """What each tensor is made of, and whether a gradient flows back that way."""
    parameters = {p.tensor for p in program.parameters}
    labels = {a.tensor for a in program.arguments if not a.differentiable}
    found = []
    for a in program.assignments:
        for source in sorted(a.value.tensors - parameters, key=lambda t: t.name):
            found.append((source, a.tensor, source not in labels and not a.constant))
    constant = {a.tensor for a in program.assignments if a.constant}
    return [(s, t, passes and s not in constant) for s, t, passes in found]


def _layers(program: Program) -> list[list[Tensor]]:
    """Tensors by the longest way that leads to them; an argument stands right before its first
    use."""
    depth: dict[Tensor, int] = {a.tensor: 0 for a in program.arguments}
    for a in program.assignments:
        depth[a.tensor] = 1 + max((depth[t] for t in a.value.tensors if t in depth), default=0)
    for argument in program.arguments:
        uses = [depth[a.tensor] for a in program.assignments if argument.tensor in a.value.tensors]
        depth[argument.tensor] = min(uses, default=1) - 1
    layers: list[list[Tensor]] = [[] for _ in range(max(depth.values()) + 1)]
    for tensor, place in depth.items():
        layers[place].append(tensor)
    return layers


def _step(layers: list[list[Tensor]]) -> float:
    return min(74.0, WIDTH / max(1, len(layers) - 1))


def _places(layers: list[list[Tensor]]) -> dict[Tensor, Point]:
    step = _step(layers)
    places: dict[Tensor, Point] = {}
    for n, layer in enumerate(layers):
        for m, tensor in enumerate(layer):
            places[tensor] = (n * step, (m - (len(layer) - 1) / 2) * 44.0)
    return places


def _arrows(
    source: Point, target: Point, left: float, right: float, passes: bool, step: float
) -> list[Shape]:
    """An arrow forward, and one back where a gradient flows; a longer way bends around what lies
    between."""
    span = round((target[0] - source[0]) / step)
    bend = 6.0 if span <= 1 else 12.0 + 13.0 * span
    start = (source[0] + left, source[1])
    end = (target[0] - right, target[1])
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    if span > 1:
        start, end = (
            (source[0] + left * 0.6, source[1] - HALF),
            (target[0] - right * 0.6, target[1] - HALF),
        )
        middle = ((start[0] + end[0]) / 2, min(start[1], end[1]) - bend)
        forward = Path((start, middle, end), arrow=True, bend=True)
        down = (start[0], source[1] + HALF), (end[0], target[1] + HALF)
        below = (middle[0], max(down[0][1], down[1][1]) + bend)
        back = Path((down[1], below, down[0]), "accent", dashed=True, arrow=True, bend=True)
        return [forward, back] if passes else [forward]
    above, below = (middle[0], middle[1] - bend), (middle[0], middle[1] + bend)
    up, down_ = (start[0], start[1] - 3), (end[0], end[1] - 3)
    forward = Path((up, above, down_), arrow=True, bend=True)
    back = Path(
        ((end[0], end[1] + 3), below, (start[0], start[1] + 3)),
        "accent",
        dashed=True,
        arrow=True,
        bend=True,
    )
    return [forward, back] if passes else [forward]


def _framed(shapes: list[Shape], places: list[Point]) -> Picture:
    """The shapes moved so that all of them lie on the area."""
    points = [p for s in shapes for p in _points(s)] + places
    left, top = min(x for x, _ in points) - 6, min(y for _, y in points) - 6
    right, bottom = max(x for x, _ in points) + 6, max(y for _, y in points) + 6
    moved = tuple(_moved(s, -left, -top) for s in shapes)
    return Picture(right - left, bottom - top, moved)


def _points(shape: Shape) -> list[Point]:
    if isinstance(shape, Path):
        (a, m, b) = shape.points
        return [a, b, (m[0], (a[1] + 2 * m[1] + b[1]) / 4)]  # where the curve itself turns
    if isinstance(shape, Box):
        x, y = shape.corner
        return [(x, y), (x + shape.width, y + shape.height)]
    return []


def _moved(shape: Shape, dx: float, dy: float) -> Shape:
    if isinstance(shape, Path):
        points = tuple((x + dx, y + dy) for x, y in shape.points)
        return Path(points, shape.colour, shape.width, shape.dashed, shape.arrow, shape.bend)
    if isinstance(shape, Box):
        corner = (shape.corner[0] + dx, shape.corner[1] + dy)
        return Box(corner, shape.width, shape.height, shape.shade, shape.colour, shape.round)
    if isinstance(shape, Label):
        at = (shape.at[0] + dx, shape.at[1] + dy)
        return Label(at, shape.text, shape.size, shape.colour, shape.side)
    return shape
