"""Document → one HTML file: MathML, no script, no network; dark and light, short and full at a
click."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from ..breaking import broken
from ..languages import language
from ..layout import Layout, Row, Symbol, row
from ..mathml import aligned, mark, mathml
from ..pictures.svg import svg
from ..tree import (
    Block,
    Code,
    CodeLine,
    Document,
    Equation,
    Figure,
    Inline,
    Items,
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

LINE_WIDTH = 520.0  # in points: a line of the page on a desktop


def html(document: Document, home: str = "") -> str:
    """The document as the text of an HTML file. home: the words of a link to its gallery."""
    return filled(
        "html",
        "proof.html",
        home=escape(home),
        title=escape(plain_text(document.title)),
        **_parts(document),
    )


def fragment(document: Document) -> str:
    """The document as a piece of HTML that a notebook or another page can hold."""
    return filled("html", "fragment.html", **_parts(document))


def _parts(document: Document) -> dict[str, object]:
    printer = _Printer(document)
    speak = language(document.lang)
    return {
        "lang": {"zh": "zh-Hans"}.get(document.lang, document.lang),
        "heading": printer.inline(document.title),
        "sections": [printer.section(s) for s in document.sections],
        "toggles": not document.short,
        "full": speak.word("document.full"),
        "dark": speak.word("document.dark"),
    }


class _Printer:
    def __init__(self, document: Document) -> None:
        self.numbers = document.numbers

    def section(self, section: Section) -> str:
        blocks = "\n".join(self.block(b) for b in section.blocks)
        only = _only(section.full)
        head = f"<h2>{self.inline(section.title)}</h2>"
        return f'<section id="{section.key}"{only}>\n{head}\n{blocks}\n</section>'

    def block(self, block: Block) -> str:
        return _BLOCKS[type(block)](self, block)

    def inline(self, text: Inline) -> str:
        return "".join(_INLINE[type(piece)](self, piece) for piece in text)

    def number(self, key: str) -> str:
        n = self.numbers.get(key)
        return f'<a class="no" href="#eq{n}">({n})</a>' if n else ""


def _only(full: bool, more: str = "") -> str:
    classes = " ".join(filter(None, (more, "full" if full else "")))
    return f' class="{classes}"' if classes else ""


def _equation(p: _Printer, e: Equation) -> str:
    rows: list[tuple[Layout, Layout, Layout]] = []
    for line in e.lines:
        first, *rest = broken(line.right, LINE_WIDTH)
        rows.append((line.left or row(Row(())), Symbol(line.relation, "relation"), first))
        rows += [(Row(()), Row(()), piece) for piece in rest]
    written = mathml(row(*rows[0]), display=True) if len(rows) == 1 else aligned(rows)
    n = p.numbers.get(e.key)
    mark_number = f'<span class="no">({n})</span>' if n else ""
    anchor = f' id="eq{n}"' if n else ""
    scroll = f'<div class="scroll">{written}</div>'
    return f"<div{anchor}{_only(e.full, 'equation')}>{scroll}{mark_number}</div>"


def _step(p: _Printer, s: StepBlock) -> str:
    why = f"<p><strong>{escape(s.title)}.</strong> {p.inline(s.because)}</p>"
    return f"<div{_only(s.full, 'step')}>{why}{_equation(p, s.equation)}</div>"


def _theorem(p: _Printer, t: Theorem) -> str:
    blocks = "\n".join(p.block(b) for b in t.blocks)
    return f'<div class="theorem"><p class="name">{escape(t.name)}</p>\n{blocks}</div>'


def _code(p: _Printer, c: Code) -> str:
    lines = "".join(_code_line(p, line) for line in c.lines)
    return f'<div{_only(c.full, "scroll")}><table class="code">{lines}</table></div>'


def _code_line(p: _Printer, line: CodeLine) -> str:
    code = escape(line.text) or "&#8203;"  # an empty line keeps its height
    return f"<tr><td><code>{code}</code></td><td>{p.number(line.key)}</td></tr>"


def _table(p: _Printer, t: Table) -> str:
    head = "".join(f"<th>{p.inline(cell)}</th>" for cell in t.head)
    rows = "".join(
        "<tr>" + "".join(f"<td>{p.inline(cell)}</td>" for cell in row) + "</tr>\n" for row in t.rows
    )
    table = f'<table class="symbols"><tr>{head}</tr>\n{rows}</table>'
    return f"<div{_only(t.full, 'scroll')}>{table}</div>"


def _figure(p: _Printer, f: Figure) -> str:
    drawn = svg(f.picture, plain_text(f.caption))
    return f"<figure{_only(f.full)}>{drawn}<figcaption>{p.inline(f.caption)}</figcaption></figure>"


def _items(p: _Printer, i: Items) -> str:
    items = "".join(f"<li>{p.inline(item)}</li>\n" for item in i.items)
    return f"<ul{_only(i.full)}>\n{items}</ul>"


def _question(p: _Printer, q: Question) -> str:
    asked = f"<p class='asked'>{p.inline(q.asked)}</p>"
    return f"<aside{_only(q.full)}>{asked}<p>{p.inline(q.answer)}</p></aside>"


_BLOCKS: dict[type[Block], Callable[[_Printer, Any], str]] = {
    Paragraph: lambda p, b: f"<p{_only(b.full)}>{p.inline(b.text)}</p>",
    Equation: _equation,
    StepBlock: _step,
    Theorem: _theorem,
    Question: _question,
    Code: _code,
    Table: _table,
    Items: _items,
    Figure: _figure,
}
_INLINE: dict[type[Any], Callable[[_Printer, Any], str]] = {
    str: lambda p, t: escape(t),
    Math: lambda p, m: f"<math>{mark(m.layout)}</math>",
    Typed: lambda p, t: f"<code>{escape(t.text)}</code>",
    Strong: lambda p, t: f"<strong>{escape(t.text)}</strong>",
    Number: lambda p, n: p.number(n.key),
}
