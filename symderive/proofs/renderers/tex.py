"""Document → LaTeX: self-contained; pdflatex or xelatex where the text is Latin, xelatex where it
is not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ..breaking import broken, may_part, width
from ..languages import Language, language
from ..latex import bookmark, escape, is_wide, latex
from ..layout import Gap, Layout, Row, Symbol
from ..pictures.tikz import tikz
from ..tree import (
    Block,
    Code,
    Document,
    Equation,
    Figure,
    Inline,
    Items,
    Line,
    Math,
    Number,
    Paragraph,
    Question,
    Section,
    StepBlock,
    Strong,
    Table,
    Theorem,
    Typed,
    plain_text,
)
from .templates import filled

TEXT_WIDTH = 440.0  # in points: the line of the page, less an equation's number
UNBREAKABLE = 400.0
LONG_LEFT = 110.0
LONG_IN_TEXT = 100.0


def tex(document: Document) -> str:
    """The document as the text of a LaTeX file."""
    printer = _Printer(document)
    sections = [printer.section(s) for s in document.sections]
    body = "".join(sections)
    title = printer.inline(document.title)
    return filled(
        "latex",
        "proof.tex",
        title=title,
        plain_title=bookmark(plain_text(document.title)),
        sections=sections,
        wide=any(map(is_wide, title + body)),
        program=escape(document.name, typed=True),
    )


class _Printer:
    def __init__(self, document: Document) -> None:
        self.numbers = document.numbers
        self.language: Language = language(document.lang)

    def section(self, section: Section) -> str:
        title = self.inline(section.title)
        plain = bookmark(plain_text(section.title))
        head = title if plain == title else rf"\texorpdfstring{{{title}}}{{{plain}}}"
        return f"\\section{{{head}}}\n{self.blocks(section.blocks)}\n"

    def blocks(self, blocks: tuple[Block, ...]) -> str:
        """Blocks below each other; equations that follow each other are aligned at their
        relations."""
        written: list[str] = []
        for alike, group in groupby(blocks, key=_is_aligned):
            members = list(group)
            if alike and len(members) > 1:
                equations = [e for e in members if isinstance(e, Equation)]
                room = _Room.of(line for e in equations for line in e.lines)
                rows = " \\\\\n".join(_tagged(self, e, room) for e in equations)
                written.append(f"\\begin{{align*}}\n{rows}\n\\end{{align*}}")
            else:
                written += [self.block(b) for b in members]
        return "\n".join(written)

    def block(self, block: Block) -> str:
        return _BLOCKS[type(block)](self, block)

    def inline(self, text: Inline) -> str:
        return "".join(_INLINE[type(piece)](self, piece) for piece in text)

    def number(self, key: str) -> str:
        return f"({self.numbers[key]})" if key in self.numbers else ""


def _equation(p: _Printer, e: Equation) -> str:
    room = _Room.of(e.lines)
    rows = [r for line in e.lines for r in _lines(line, room)]
    tag = rf"\tag{{{p.numbers[e.key]}}}" if e.key in p.numbers else ""
    if len(rows) == 1:
        inner = rows[0].replace("&", "", 1) if rows[0].startswith("&") else _unaligned(rows[0])
    else:
        inner = "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"
    if any(width(line.right) > TEXT_WIDTH and _is_whole(line) for line in e.lines):
        inner = rf"\shrunk{{{inner}}}"
    return f"\\begin{{equation*}}\n{inner}{tag}\n\\end{{equation*}}"


def _is_aligned(block: Block) -> bool:
    return isinstance(block, Equation) and all(width(x.right) <= TEXT_WIDTH for x in block.lines)


def _tagged(p: _Printer, e: Equation, room: _Room) -> str:
    tag = rf"\tag{{{p.numbers[e.key]}}}" if e.key in p.numbers else ""
    return " \\\\\n".join(r for line in e.lines for r in _lines(line, room)) + tag


def _unaligned(written: str) -> str:
    return written.replace(" &", " ", 1)


def _is_whole(line: Line) -> bool:
    """True where no break helps: one piece is itself too wide."""
    return any(width(piece) > UNBREAKABLE for piece in broken(line.right, TEXT_WIDTH - 60))


def _left_width(line: Line) -> float:
    return width(line.left) if line.left is not None else 30


@dataclass(frozen=True)
class _Room:
    """What lines that are aligned at their relations have to the right of these: the widest left
    side takes as much from all of them.
    """

    right: float
    above: bool  # whether long left sides stand on lines of their own

    @classmethod
    def of(cls, lines: Iterable[Line]) -> _Room:
        """The room beside all left sides, or beside the short ones where that is not enough."""
        given = list(lines)
        room = TEXT_WIDTH - max(map(_left_width, given)) - 15
        if all(width(piece) <= room for line in given for piece in broken(line.right, room)):
            return cls(room, above=False)
        short = [w for line in given if (w := _left_width(line)) <= LONG_LEFT]
        return cls(TEXT_WIDTH - max(short, default=0.0) - 15, above=True)


def _lines(line: Line, room: _Room) -> list[str]:
    left = latex(line.left).strip() if line.left is not None else ""
    relation = "=" if line.relation == "=" else latex(Symbol(line.relation, "relation"))
    above = room.above and _left_width(line) > LONG_LEFT
    pieces = broken(line.right, room.right - (22 if above else 0))
    first = f"{relation} {_piece(pieces[0])}"
    start = [f"&{left}", rf"&\quad {{}}{first}"] if above else [f"{left} &{first}"]
    return [*start, *(rf"&\quad {_continued(piece)}" for piece in pieces[1:])]


def _piece(layout: Layout) -> str:
    """A line that may hold one side of a bracket: brackets of a fixed size stand alone where
    growing ones cannot."""
    return latex(layout).strip()


def _continued(layout: Layout) -> str:
    parts = layout.parts if isinstance(layout, Row) else (layout,)
    starts = isinstance(parts[0], Symbol) and parts[0].role in ("operator", "relation")
    return ("{}" if starts else r"\cdot ") + _piece(layout)


def _in_text(layout: Layout) -> str:
    """A formula in running text; a long one may also be broken between its factors."""
    if not isinstance(layout, Row) or width(layout) < LONG_IN_TEXT:
        return latex(layout, compact=True).strip()
    joined: list[Layout] = []
    for part in layout.parts:
        if joined and may_part(joined[-1], part):
            joined.append(Gap("break"))
        joined.append(part)
    return latex(Row(tuple(joined)), compact=True).strip()


def _step(p: _Printer, s: StepBlock) -> str:
    return f"\\step{{{escape(s.title)}}}{{{p.inline(s.because)}}}\n{_equation(p, s.equation)}"


def _theorem(p: _Printer, t: Theorem) -> str:
    return f"\\begin{{claim}}{{{escape(t.name)}}}\n{p.blocks(t.blocks)}\n\\end{{claim}}"


def _code(p: _Printer, c: Code) -> str:
    rows = "\n".join(
        rf"\codeline{{{_typed_line(line.text)}}}{{{p.number(line.key)}}}" for line in c.lines
    )
    return f"\\begin{{codelines}}\n{rows}\n\\end{{codelines}}"


def _typed_line(text: str) -> str:
    indent = len(text) - len(text.lstrip(" "))
    return (
        r"\ind" * indent
        + ("{}" if indent else "")
        + escape(text.lstrip(" "), typed=True).replace(" ", r"\ ")
    )


def _table(p: _Printer, t: Table) -> str:
    rows = [" & ".join(p.inline(cell) for cell in row) + r" \\" for row in t.rows]
    head = " & ".join(rf"\emph{{{p.inline(cell)}}}" for cell in t.head)
    columns = "l" * (len(t.head) - 1) + "L"
    return "\n".join(
        [
            rf"\begin{{symbols}}{{{columns}}}",
            head + r" \\ \midrule",
            *rows,
            r"\bottomrule",
            r"\end{symbols}",
        ]
    )


def _figure(p: _Printer, f: Figure) -> str:
    return rf"\pictured{{{tikz(f.picture)}}}{{{p.inline(f.caption)}}}"


def _items(p: _Printer, i: Items) -> str:
    return "\n".join(
        [r"\begin{itemize}", *(rf"\item {p.inline(item)}" for item in i.items), r"\end{itemize}"]
    )


_BLOCKS: dict[type[Block], Callable[[_Printer, Any], str]] = {
    Paragraph: lambda p, b: p.inline(b.text) + "\n",
    Equation: _equation,
    StepBlock: _step,
    Theorem: _theorem,
    Question: lambda p, q: rf"\asked{{{p.inline(q.asked)}}}{{{p.inline(q.answer)}}}",
    Code: _code,
    Table: _table,
    Items: _items,
    Figure: _figure,
}
_INLINE: dict[type[Any], Callable[[_Printer, Any], str]] = {
    str: lambda p, t: escape(t),
    Math: lambda p, m: f"${_in_text(m.layout)}$",
    Typed: lambda p, t: rf"\texttt{{{escape(t.text, typed=True)}}}",
    Strong: lambda p, t: rf"\textbf{{{escape(t.text)}}}",
    Number: lambda p, n: p.number(n.key),
}
