"""Typeset mathematics before any language: what LaTeX and MathML have in common, as a small tree.

`mathematics.py` writes expressions into it; `latex.py` and `mathml.py` print it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """A piece of typeset mathematics."""


@dataclass(frozen=True)
class Symbol(Layout):
    """One character or name. role: "number", "variable" (slanted), "upright", "operator",
    "relation", "open", "close" or "punctuation"."""

    text: str
    role: str = "variable"


@dataclass(frozen=True)
class Words(Layout):
    """Prose between formulas, such as "where" or "for all"."""

    text: str


@dataclass(frozen=True)
class Row(Layout):
    """Pieces side by side."""

    parts: tuple[Layout, ...]


@dataclass(frozen=True)
class Script(Layout):
    """A base with something below it to the right, above it to the right, or both."""

    base: Layout
    below: Layout | None = None
    above: Layout | None = None


@dataclass(frozen=True)
class Fraction(Layout):
    """Top over bottom."""

    top: Layout
    bottom: Layout


@dataclass(frozen=True)
class Root(Layout):
    """A square root."""

    inner: Layout


@dataclass(frozen=True)
class Fence(Layout):
    """Something between brackets that grow with it."""

    inner: Layout
    left: str = "("
    right: str = ")"


@dataclass(frozen=True)
class Big(Layout):
    """A big operator over indices: Σ, Π, max, min."""

    operator: str
    below: Layout


@dataclass(frozen=True)
class Bar(Layout):
    """The bar that marks a cotangent."""

    inner: Layout


@dataclass(frozen=True)
class Gap(Layout):
    """A space: "thin" between a function and its argument, "wide" between a formula and its
    condition, "break" for none but a place where a line may end."""

    width: str = "thin"


@dataclass(frozen=True)
class Cases(Layout):
    """A value for each of several conditions."""

    rows: tuple[tuple[Layout, Layout], ...]


def row(*parts: Layout) -> Layout:
    """Pieces side by side, rows inside rows opened."""
    flat: list[Layout] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Row) else (part,))
    return flat[0] if len(flat) == 1 else Row(tuple(flat))


def joined(parts: list[Layout], between: Layout) -> Layout:
    """The pieces with `between` in the gaps."""
    spread: list[Layout] = []
    for part in parts:
        spread += [between, part] if spread else [part]
    return row(*spread)


COMMA = Symbol(",", "punctuation")
EQUALS = Symbol("=", "relation")
PLUS = Symbol("+", "operator")
MINUS = Symbol("-", "operator")


def number(value: int | str) -> Symbol:
    """A number."""
    return Symbol(str(value), "number")


def height(layout: Layout, compact: bool = False) -> int:
    """0 for a line of text, 1 for a sum or a fraction, 2 for a fraction of fractions. compact: sums
    are small."""
    if isinstance(layout, Fraction):
        return 1 + min(1, max(height(layout.top, True), height(layout.bottom, True)))
    if isinstance(layout, Cases) or (isinstance(layout, Big) and not compact):
        return 1
    return max((height(part, compact) for part in _inside(layout)), default=0)


def is_wordy(layout: Layout) -> bool:
    """True for a name of several letters, which a space must keep apart from its neighbours."""
    if isinstance(layout, Script):
        return is_wordy(layout.base)
    if isinstance(layout, Bar):
        return is_wordy(layout.inner)
    return isinstance(layout, Symbol) and layout.role == "upright" and len(layout.text) > 1


def letters(layout: Layout) -> str:
    """The bare letters of a layout, for places that hold no mathematics; a cotangent is d and its
    letter, as in code."""
    if isinstance(layout, Bar):
        return f"d{letters(layout.inner)}"
    return layout.text if isinstance(layout, Symbol) else "".join(map(letters, _inside(layout)))


def _inside(layout: Layout) -> tuple[Layout, ...]:
    if isinstance(layout, Row):
        return layout.parts
    if isinstance(layout, (Fence, Root, Bar)):
        return (layout.inner,)
    return (layout.base,) if isinstance(layout, Script) else ()
