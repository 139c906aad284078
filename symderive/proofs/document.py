"""ProofParts → Document: the sections in order, the short version's selection, and the numbers of the equations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .context import context
from .languages import language
from .parts import ProofParts
from .sections import ORDER
from .tree import Block, Document, Equation, Section, StepBlock, Theorem, Typed


def document(parts: ProofParts, lang: str = "en", short: bool = False) -> Document:
    """The proof of a derivation. short: the theorem and the key steps alone."""
    c = context(parts, language(lang))
    sections = tuple(section for build in ORDER if (section := build(c)) is not None)
    if short:
        sections = tuple(_shortened(s) for s in sections if not s.full)
    title = c.language.say("document.title", name=Typed(parts.derived.forward.name))
    return Document(title, parts.derived.forward.name, lang, sections, _numbers(sections), short)


def _shortened(section: Section) -> Section:
    return replace(
        section, blocks=tuple(b for b in section.blocks if not getattr(b, "full", False))
    )


def _numbers(sections: tuple[Section, ...]) -> dict[str, int]:
    keys = [e.key for s in sections for e in equations(s.blocks) if e.key]
    return {key: n for n, key in enumerate(dict.fromkeys(keys), start=1)}


def equations(blocks: tuple[Block, ...]) -> Iterator[Equation]:
    """The equations of some blocks, in reading order."""
    for block in blocks:
        if isinstance(block, Equation):
            yield block
        elif isinstance(block, StepBlock):
            yield block.equation
        elif isinstance(block, Theorem):
            yield from equations(block.blocks)
