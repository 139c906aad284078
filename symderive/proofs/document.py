"""ProofParts → Document: the sections in order, the short version's selection, and the numbers of
the equations."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from .context import context, given_numbers
from .languages import language
from .parts import ProofParts
from .prepare import prepared
from .sections import ORDER
from .tree import Document, Section, Typed, equations


def document(parts: ProofParts, lang: str = "en", short: bool = False) -> Document:
    """The proof of a derivation. short: the theorem and the key steps alone."""
    speak = language(lang)
    c = context(prepared(parts), speak)
    sections = tuple(section for build in ORDER for section in build(c))
    if short:
        sections = tuple(_shortened(s) for s in sections if not s.full)
    title = c.language.say("document.title", name=Typed(parts.derived.forward.name))
    return Document(
        title, parts.derived.forward.name, lang, sections, _numbers(sections, parts), short
    )


def _shortened(section: Section) -> Section:
    return replace(
        section, blocks=tuple(b for b in section.blocks if not getattr(b, "full", False))
    )


def _numbers(sections: tuple[Section, ...], parts: ProofParts) -> dict[str, int]:
    """The numbers that the code gives to its equations; from the next one on, the others in reading
    order."""
    given = given_numbers(parts)
    keys = dict.fromkeys(e.key for s in sections for e in equations(s.blocks) if e.key)
    free = count(max(given.values(), default=0) + 1)
    return {key: given[key] if key in given else next(free) for key in keys}
