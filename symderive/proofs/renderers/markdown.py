"""Document → Markdown as code hosting sites render it: formulas between dollar signs, numbers as
tags."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ..breaking import broken
from ..languages import Language, language
from ..latex import latex
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
)
from .templates import filled

LINE_WIDTH = 480.0  # in points
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~$&])")


def markdown(document: Document) -> str:
    """The document as the text of a Markdown file."""
    printer = _Printer(document)
    title = printer.inline(document.title)
    sections = [printer.section(s) for s in document.sections]
    return filled("markdown", "proof.md", title=title, sections=sections)


def escape(text: str) -> str:
    """Text that Markdown prints as it stands."""
    flat = " ".join(text.split("\n"))
    return _MARKS.sub(r"\\\1", flat)


def _typed(text: str) -> str:
    """Code in a line: fenced by more backticks than it holds."""
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    space = " " if "`" in text else ""
    return f"{fence}{space}{text}{space}{fence}"


class _Printer:
    def __init__(self, document: Document) -> None:
        self.numbers = document.numbers
        self.language: Language = language(document.lang)

    def section(self, section: Section) -> str:
        blocks = "\n\n".join(filter(None, map(self.block, section.blocks)))
        return f"## {self.inline(section.title)}\n\n{blocks}\n"

    def block(self, block: Block) -> str:
        return _BLOCKS[type(block)](self, block)

    def inline(self, text: Inline) -> str:
        return "".join(_INLINE[type(piece)](self, piece) for piece in text)

    def number(self, key: str) -> str:
        return f"({self.numbers[key]})" if key in self.numbers else ""


def _equation(p: _Printer, e: Equation) -> str:
    rows = [written for line in e.lines for written in _lines(line)]
    tag = rf" \tag{{{p.numbers[e.key]}}}" if e.key in p.numbers else ""
    if len(rows) == 1:
        return f"$$\n{rows[0].replace('&', '', 1)}{tag}\n$$"
    inner = " \\\\\n".join(rows)
    return f"$$\n\\begin{{aligned}}\n{inner}\n\\end{{aligned}}{tag}\n$$"


def _lines(line: Line) -> list[str]:
    left = latex(line.left).strip() if line.left is not None else ""
    first, *rest = (latex(piece).strip() for piece in broken(line.right, LINE_WIDTH))
    return [f"{left} &{line.relation} {first}", *(rf"&\quad {piece}" for piece in rest)]


def _step(p: _Printer, s: StepBlock) -> str:
    stop = p.language.word("document.stop")
    return f"**{escape(s.title)}**{stop} {p.inline(s.because)}\n\n{_equation(p, s.equation)}"


def _theorem(p: _Printer, t: Theorem) -> str:
    blocks = "\n\n".join([f"**{escape(t.name)}**", *(p.block(b) for b in t.blocks)])
    return "\n".join(f"> {line}".rstrip() for line in blocks.split("\n"))


def _question(p: _Printer, q: Question) -> str:
    return f"> **{p.inline(q.asked)}**\n>\n> {p.inline(q.answer)}"


def _code(p: _Printer, c: Code) -> str:
    width = max((len(line.text) for line in c.lines), default=0) + 2
    rows = [f"{line.text.ljust(width)}{p.number(line.key)}".rstrip() for line in c.lines]
    fence = "`" * max(
        3, 1 + max((len(r) for row in rows for r in re.findall("`+", row)), default=0)
    )
    language = c.language if c.language == "mermaid" else "text"
    return "\n".join([f"{fence}{language}", *rows, fence])


def _figure(p: _Printer, f: Figure) -> str:
    return "\n\n".join([p.block(f.instead), p.inline(f.caption)]) if f.instead else ""


def _table(p: _Printer, t: Table) -> str:
    head = "| " + " | ".join(p.inline(cell) for cell in t.head) + " |"
    rule = "|" + " --- |" * len(t.head)
    rows = ["| " + " | ".join(p.inline(cell) for cell in row) + " |" for row in t.rows]
    return "\n".join([head, rule, *rows])


_BLOCKS: dict[type[Block], Callable[[_Printer, Any], str]] = {
    Paragraph: lambda p, b: p.inline(b.text),
    Equation: _equation,
    StepBlock: _step,
    Theorem: _theorem,
    Question: _question,
    Code: _code,
    Table: _table,
    Figure: _figure,
    Items: lambda p, i: "\n".join(f"- {p.inline(item)}" for item in i.items),
}
_INLINE: dict[type[Any], Callable[[_Printer, Any], str]] = {
    str: lambda p, t: escape(t),
    Math: lambda p, m: f"${latex(m.layout, compact=True).strip()}$",
    Typed: lambda p, t: _typed(t.text),
    Strong: lambda p, t: f"**{escape(t.text)}**",
    Number: lambda p, n: p.number(n.key),
}
