"""Typeset mathematics → MathML Core, which browsers show without any script or font of ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from .layout import (
    Bar,
    Big,
    Cases,
    Fence,
    Fraction,
    Gap,
    Layout,
    Root,
    Row,
    Script,
    Symbol,
    Words,
    height,
)


def mathml(layout: Layout, display: bool = False) -> str:
    """The layout as a `<math>` element."""
    block = ' display="block"' if display else ""
    return f"<math{block}>{mark(layout)}</math>"


def aligned(rows: Sequence[tuple[Layout, Layout, Layout]]) -> str:
    """Lines of left, relation, right, aligned at the relation."""
    written = "".join(
        "<mtr>" + "".join(f"<mtd>{mark(cell)}</mtd>" for cell in row) + "</mtr>" for row in rows
    )
    table = f'<mtable class="aligned" displaystyle="true">{written}</mtable>'
    return f'<math display="block">{table}</math>'


def mark(layout: Layout) -> str:
    """The layout as MathML elements."""
    return _PRINT[type(layout)](layout)


_TAGS = {"number": "mn", "variable": "mi", "upright": "mi"}
_SIGNS = {"-": "−", "·": "⋅"}


def _symbol(s: Symbol) -> str:
    tag = _TAGS.get(s.role, "mo")
    text = escape(_SIGNS.get(s.text, s.text) if tag == "mo" else s.text)
    upright = s.role == "upright" and len(s.text) == 1
    attributes = ' mathvariant="normal"' if upright else ""
    if s.role.endswith("big"):
        attributes = ' stretchy="false" class="open"'
    elif s.role == "operator" and s.text == "-":
        attributes = ""
    return f"<{tag}{attributes}>{text}</{tag}>"


def _row(r: Row) -> str:
    return f"<mrow>{''.join(mark(part) for part in r.parts)}</mrow>"


def _script(s: Script) -> str:
    base = mark(s.base)
    if s.below is not None and s.above is not None:
        return f"<msubsup>{base}{mark(s.below)}{mark(s.above)}</msubsup>"
    if s.below is not None:
        return f"<msub>{base}{mark(s.below)}</msub>"
    return f"<msup>{base}{mark(s.above)}</msup>" if s.above is not None else base


def _fence(f: Fence) -> str:
    still = "" if height(f.inner) else ' stretchy="false"'
    left = f'<mo form="prefix"{still}>{escape(f.left)}</mo>'
    right = f'<mo form="postfix"{still}>{escape(f.right)}</mo>'
    return f"<mrow>{left}{mark(f.inner)}{right}</mrow>"


_BIG = {"Σ": "∑", "Π": "∏"}


def _big(b: Big) -> str:
    sign = f'<mo movablelimits="true">{_BIG.get(b.operator, b.operator)}</mo>'
    after = "" if b.operator in _BIG else '<mspace width="0.17em"/>'
    return f"<munder>{sign}{mark(b.below)}</munder>{after}"


def _cases(c: Cases) -> str:
    rows = "".join(f"<mtr><mtd>{mark(v)}</mtd><mtd>{mark(w)}</mtd></mtr>" for v, w in c.rows)
    return f'<mrow><mo>{{</mo><mtable class="cases">{rows}</mtable></mrow>'


def _bar(b: Bar) -> str:
    inner = mark(b.inner)
    if isinstance(b.inner, Symbol) and len(b.inner.text) == 1:
        raised = (
            f'<mrow style="padding-top:0.14em">{inner}</mrow>'  # else the bar touches the letter
        )
        return f'<mover accent="true">{raised}<mo stretchy="false">‾</mo></mover>'
    # fonts do not stretch the bar over a longer name
    return f'<mrow style="border-top:0.055em solid;padding-top:0.12em">{inner}</mrow>'


_GAPS = {"thin": "0.17em", "wide": "2em", "break": "0"}

_PRINT: dict[type[Layout], Callable[[Any], str]] = {
    Symbol: _symbol,
    Words: lambda w: f"<mtext>{escape(w.text)}</mtext>",
    Row: _row,
    Script: _script,
    Fraction: lambda f: f"<mfrac>{mark(f.top)}{mark(f.bottom)}</mfrac>",
    Root: lambda r: f"<msqrt>{mark(r.inner)}</msqrt>",
    Fence: _fence,
    Big: _big,
    Bar: _bar,
    Gap: lambda g: f'<mspace width="{_GAPS[g.width]}"/>',
    Cases: _cases,
}
