"""The figures of a proof: each is a picture where the derivation at hand has one to show."""

from __future__ import annotations

from ..calculus.result import Jacobian
from ..index.dims import Index
from .context import Context
from .layout import Layout, number
from .pictures import curve, edges, graph, heatmap, shown
from .tree import Block, Code, CodeLine, Figure, Inline, Math, Table


def graph_figure(c: Context) -> list[Block]:
    """The forward as a graph, with the gradients that flow back."""
    picture = graph(c.forward, c.names)
    if picture is None:
        return []
    lines = [CodeLine("graph LR")]
    places = {name: f"v{n}" for n, name in enumerate(_named(c))}
    for source, target, _ in edges(c.forward):
        ends = [f'{places[t.name]}["{_safe(t.name)}"]' for t in (source, target)]
        lines.append(CodeLine(f"  {ends[0]} --> {ends[1]}"))
    mermaid = Code(tuple(lines), "mermaid")
    return [Figure(picture, c.language.say("figure.graph"), mermaid)]


def _named(c: Context) -> dict[str, None]:
    return dict.fromkeys(t.name for s, t2, _ in edges(c.forward) for t in (s, t2))


def _safe(name: str) -> str:
    return "".join(ch if ch.isalnum() or ch == "_" else f"#{ord(ch)};" for ch in name)


def heatmap_figure(c: Context, jacobian: Jacobian) -> list[Block]:
    """The Jacobian of a small example."""
    row, column = (_axis(c, indices) for indices in (jacobian.rows, jacobian.columns))
    if row is None or column is None:
        return []
    found = heatmap(c.forward, jacobian, row, column)
    if found is None:
        return []
    picture, values = found
    head: tuple[Inline, ...] = ((), *((Math(number(k)),) for k in range(values.shape[1])))
    rows = tuple(_numbers(n, line) for n, line in enumerate(values.tolist()))
    caption = c.language.say("figure.heatmap", row=Math(row), column=Math(column))
    return [Figure(picture, caption, Table(head, rows))]


def _numbers(place: int, line: list[float]) -> tuple[Inline, ...]:
    """A row of the table that stands for the picture."""
    return ((Math(number(place)),), *((shown(value),) for value in line))


def _axis(c: Context, indices: tuple[Index, ...]) -> Layout | None:
    shown_ones = [i for i in indices if not i.dim.is_batch]
    return c.names.index(shown_ones[0].letter) if len(shown_ones) == 1 else None


def curve_figure(c: Context) -> list[Block]:
    """An elementwise operator's curve and its derivative."""
    output, source = c.forward.output.tensor, c.forward.arguments[0].tensor
    value = c.name(output)
    picture = curve(c.parts.derived, value, c.partial_inline(c.name(source), c.name(output)))
    if picture is None:
        return []
    return [Figure(picture, c.language.say("figure.curve"), full=False)]
