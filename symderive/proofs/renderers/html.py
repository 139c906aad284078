"""Document → one HTML file: MathML, no script, no network; dark and light, short and full at a
click. The elements stand in `templates/html/blocks.html`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name

from ..breaking import broken
from ..languages import language
from ..layout import Layout, Row, Symbol, row
from ..mathml import aligned, mathml
from ..pictures.svg import svg
from ..tree import Code, Document, Equation, Figure, Math, equations, plain_text
from .templates import filled

LINE_WIDTH = 520.0  # in points: a line of the page on a desktop


def html(document: Document, home: str = "") -> str:
    """The document as the text of an HTML file. home: the words of a link to its gallery."""
    title = plain_text(document.title)
    return filled("html", "proof.html", home=home, title=title, **_values(document))


def fragment(document: Document) -> str:
    """The document as a piece of HTML that a notebook or another page can hold."""
    return filled("html", "fragment.html", **_values(document))


def _values(document: Document) -> dict[str, object]:
    speak = language(document.lang)
    return {
        "document": document,
        "numbers": document.numbers,
        "show": _Shown(document),
        "lang": {"zh": "zh-Hans"}.get(document.lang, document.lang),
        "full": speak.word("document.full"),
        "dark": speak.word("document.dark"),
    }


class _Shown:
    """What a template cannot write by itself: mathematics, pictures, coloured code."""

    def __init__(self, document: Document) -> None:
        self._equations = {
            e.key: e for s in document.sections for e in equations(s.blocks) if e.key
        }

    def equation(self, key: str) -> Equation:
        return self._equations[key]

    def formula(self, math: Math) -> Markup:
        return Markup(mathml(math.layout))

    def display(self, equation: Equation) -> Markup:
        """The equation over its lines, each broken where it is too long."""
        rows: list[tuple[Layout, Layout, Layout]] = []
        for line in equation.lines:
            first, *rest = broken(line.right, LINE_WIDTH)
            rows.append((line.left or row(Row(())), Symbol(line.relation, "relation"), first))
            rows += [(Row(()), Row(()), piece) for piece in rest]
        return Markup(mathml(row(*rows[0]), display=True) if len(rows) == 1 else aligned(rows))

    def lines(self, code: Code) -> Iterator[tuple[Markup, str]]:
        """Each line of a program in colour, and the key of the equation that it computes."""
        written = "\n".join(line.text for line in code.lines)
        coloured = highlight(written, _lexer(code.language), HtmlFormatter(nowrap=True))
        texts = coloured.split("\n")[: len(code.lines)]
        for text, line in zip(texts, code.lines, strict=True):
            yield Markup(text or "&#8203;"), line.key  # an empty line keeps its height

    def picture(self, figure: Figure) -> Markup:
        return Markup(svg(figure.picture, plain_text(figure.caption)))


@cache
def _lexer(name: str) -> Lexer:
    return get_lexer_by_name(name, stripnl=False)
