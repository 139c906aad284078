"""Derivations → a gallery: an index that can be searched, a page for each proof, no network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from markupsafe import Markup

from ..errors import InputError
from .languages import language
from .layout import Symbol
from .mathml import aligned
from .pictures.svg import svg
from .renderers.html import html
from .renderers.templates import filled
from .tree import Block, Document, Equation, Figure, Theorem, plain_text


@dataclass(frozen=True)
class Entry:
    """An operator of the gallery."""

    name: str
    family: str
    summary: str
    proof: Document


@dataclass(frozen=True)
class Card:
    """What the index shows of an operator, and the words that a search finds."""

    name: str
    address: str
    summary: str
    words: str
    formulas: Markup
    picture: Markup


def pages(entries: Iterable[Entry], lang: str = "en") -> Iterator[tuple[str, str]]:
    """The files of the gallery as name and text: a page for each entry as it comes, then the index.

    lang: the language of the index, and of the proofs.
    """
    speak = language(lang)
    families: dict[str, list[Card]] = {}
    for entry in entries:
        if not entry.name.isidentifier():
            raise InputError(f"'{entry.name}' is no name for a page: letters, digits and _ alone")
        families.setdefault(entry.family, []).append(_card(entry))
        yield f"{entry.name}.html", html(entry.proof, home=speak.word("site.home"))
    texts = {key: speak.word(f"site.{key}") for key in ("title", "intro", "search", "none")}
    yield "index.html", filled("html", "site.html", families=families, lang=lang, **texts)


def _card(entry: Entry) -> Card:
    words = f"{entry.name} {entry.name.replace('_', ' ')} {entry.family} {entry.summary}".lower()
    section = next(s for s in entry.proof.sections if s.key == "theorem")
    lines = [line for e in _equations(section.blocks) for line in e.lines]
    rows = [(x.left, Symbol(x.relation, "relation"), x.right) for x in lines if x.left is not None]
    figures = [b for b in section.blocks if isinstance(b, Figure)]
    drawn = svg(figures[0].picture, plain_text(figures[0].caption)) if figures else ""
    address = f"{entry.name}.html"
    return Card(entry.name, address, entry.summary, words, Markup(aligned(rows)), Markup(drawn))


def _equations(blocks: tuple[Block, ...]) -> list[Equation]:
    """The equations of the theorem itself."""
    inside = [b for theorem in blocks if isinstance(theorem, Theorem) for b in theorem.blocks]
    return [b for b in inside if isinstance(b, Equation)]
