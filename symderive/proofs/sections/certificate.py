"""The certificate: what was assumed, what was checked, and how well it held."""

from __future__ import annotations

from ..context import Context
from ..mathematics import scientific
from ..parts import CheckText
from ..phrases import condition, spoken
from ..tree import Block, Inline, Items, Math, Paragraph, Section, Strong, Typed, plain_text


def certificate(c: Context) -> tuple[Section, ...]:
    """What was checked, as the verification says it."""
    found = c.parts.certificate
    if found is None:
        return ()
    command = Typed("symderive verify")
    verdict = "certificate.holds" if found.ok else "certificate.fails"
    blocks: list[Block] = [Paragraph(c.language.say(verdict, command=command))]
    if found.assumed:
        assumed = c.listed([condition(c.language, c.names, line) for line in found.assumed])
        blocks.append(Paragraph(c.language.say("certificate.assumed", assumed=assumed)))
    blocks.append(Items(tuple(_check(c, check) for check in found.checks)))
    return (Section("certificate", c.language.say("section.certificate"), tuple(blocks)),)


def _check(c: Context, check: CheckText) -> Inline:
    """What was asked, the answer, what was looked at, and the figures."""
    verdict = c.language.word(f"certificate.{check.verdict}")
    asked = Strong(plain_text(spoken(c.language, check.name)))
    looked = spoken(c.language, check.covered) if check.verdict != "skipped" else ()
    details = [looked, *(spoken(c.language, line) for line in check.detail)]
    said = c.listed([d for d in details if d])
    text = c.language.say("certificate.check", asked=asked, verdict=verdict, covered=said)
    if check.measured is None or check.tolerance is None:
        return text
    worst, allowed = Math(scientific(check.measured)), Math(scientific(check.tolerance))
    unit = spoken(c.language, check.unit)
    figures = c.language.say("certificate.figures", worst=worst, allowed=allowed, unit=unit)
    return (*text, c.language.word("document.space"), *figures)
