"""A proof as a plain tree: sections of blocks, and text with formulas in it. No format and no
language is known here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .layout import Layout, letters
from .pictures.shapes import Picture


@dataclass(frozen=True)
class Math:
    """A formula in running text."""

    layout: Layout


@dataclass(frozen=True)
class Typed:
    """Something as it is typed in a program."""

    text: str


@dataclass(frozen=True)
class Strong:
    """Words that stand out: a rule's name."""

    text: str


@dataclass(frozen=True)
class Number:
    """The number of the equation with this key, in brackets."""

    key: str


Inline = tuple[str | Math | Typed | Strong | Number, ...]


def plain_text(text: Inline) -> str:
    """The words of a text; a formula is named by its letters."""
    return "".join(_plain(piece) for piece in text)


def _plain(piece: object) -> str:
    if isinstance(piece, Math):
        return letters(piece.layout)
    return piece if isinstance(piece, str) else getattr(piece, "text", "")


@dataclass(frozen=True)
class Block:
    """A piece of a section. full: only the full version has it."""


@dataclass(frozen=True)
class Paragraph(Block):
    """Running text."""

    text: Inline
    full: bool = False


@dataclass(frozen=True)
class Line:
    """One line of a display: left, relation, right; left is None where the line goes on from the
    one above."""

    left: Layout | None
    right: Layout
    relation: str = "="


@dataclass(frozen=True)
class Equation(Block):
    """A displayed equation over one or more lines; a key gives it a number that text and code may
    refer to."""

    lines: tuple[Line, ...]
    key: str = ""
    full: bool = False


@dataclass(frozen=True)
class StepBlock(Block):
    """One step: the rule's name, one sentence of why, the conditions, and the equation it leads
    to."""

    title: str
    because: Inline
    equation: Equation
    full: bool = False


@dataclass(frozen=True)
class Theorem(Block):
    """The closed form."""

    name: str
    blocks: tuple[Block, ...]
    full: bool = False


@dataclass(frozen=True)
class Question(Block):
    """What a reader asks here, and the answer."""

    asked: Inline
    answer: Inline
    full: bool = True


@dataclass(frozen=True)
class CodeLine:
    """A line of code, and the key of the equation that it computes ("" where it computes none)."""

    text: str
    key: str = ""


@dataclass(frozen=True)
class Code(Block):
    """Lines of a program, each beside the number of its equation."""

    lines: tuple[CodeLine, ...]
    language: str = "python"
    full: bool = False


@dataclass(frozen=True)
class Table(Block):
    """Rows of cells under a head."""

    head: tuple[Inline, ...]
    rows: tuple[tuple[Inline, ...], ...]
    full: bool = False


@dataclass(frozen=True)
class Figure(Block):
    """A picture, what it shows, and the block that stands for it where nothing can be drawn (None:
    nothing)."""

    picture: Picture
    caption: Inline
    instead: Block | None = None
    full: bool = True


@dataclass(frozen=True)
class Items(Block):
    """A list of short texts."""

    items: tuple[Inline, ...]
    full: bool = False


@dataclass(frozen=True)
class Section:
    """A titled part of a proof."""

    key: str
    title: Inline
    blocks: tuple[Block, ...]
    full: bool = False


@dataclass(frozen=True)
class Document:
    """A whole proof. numbers: the number of each equation that has a key. lang: its language's
    code."""

    title: Inline
    name: str
    lang: str
    sections: tuple[Section, ...]
    numbers: dict[str, int]
    short: bool = False


def equations(blocks: tuple[Block, ...]) -> Iterator[Equation]:
    """The equations of some blocks, in reading order."""
    for block in blocks:
        if isinstance(block, Equation):
            yield block
        elif isinstance(block, StepBlock):
            yield block.equation
        elif isinstance(block, Theorem):
            yield from equations(block.blocks)
