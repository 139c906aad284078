"""ProofParts → Document: the sections in order, the short version's selection, and the numbers of the equations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from ..index.nodes import Ref
from .context import code_key, context
from .languages import language
from .parts import ProofParts
from .prepare import prepared
from .sections import ORDER
from .tree import Block, Document, Equation, Section, StepBlock, Theorem, Typed


def document(parts: ProofParts, lang: str = "en", short: bool = False) -> Document:
    """The proof of a derivation. short: the theorem and the key steps alone."""
    speak = language(lang)
    c = context(prepared(parts), speak)
    sections = tuple(section for build in ORDER for section in build(c))
    if short:
        sections = tuple(_shortened(s) for s in sections if not s.full)
    title = c.language.say("document.title", name=Typed(parts.derived.forward.name))
    return Document(title, parts.derived.forward.name, lang, sections, _numbers(sections, parts), short)


def _shortened(section: Section) -> Section:
    return replace(
        section, blocks=tuple(b for b in section.blocks if not getattr(b, "full", False))
    )


def _numbers(sections: tuple[Section, ...], parts: ProofParts) -> dict[str, int]:
    """The numbers that the code gives to its equations; from the next one on, the others in reading order."""
    given = _given(parts)
    keys = dict.fromkeys(e.key for s in sections for e in equations(s.blocks) if e.key)
    free = count(max(given.values(), default=0) + 1)
    return {key: given[key] if key in given else next(free) for key in keys}


def _given(parts: ProofParts) -> dict[str, int]:
    forward, backward = parts.derived.forward, parts.derived.backward
    given: dict[str, int] = {}
    for listing in parts.listings:
        for s in listing.statements:
            if s.equation and isinstance(s.left, Ref):
                given.setdefault(code_key(forward, backward, listing.part, s.left.tensor.name), s.equation)
    return given


def equations(blocks: tuple[Block, ...]) -> Iterator[Equation]:
    """The equations of some blocks, in reading order."""
    for block in blocks:
        if isinstance(block, Equation):
            yield block
        elif isinstance(block, StepBlock):
            yield block.equation
        elif isinstance(block, Theorem):
            yield from equations(block.blocks)
