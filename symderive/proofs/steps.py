"""Steps as blocks: the rule's name, one sentence of why, what it used, and the equation that it
leads to."""

from __future__ import annotations

from ..trace import Step
from .context import Context
from .reading import condition, left_side
from .reasons import reasons
from .tree import Equation, Inline, Line, Number, StepBlock


def step_block(c: Context, step: Step, key: str, full: bool, both: bool = False) -> StepBlock:
    """One step. both: show what it starts from as well as what it leads to."""
    left, after = left_side(step.left, c.names), c.layout(step.after)
    lines = (Line(left, c.layout(step.before)), Line(None, after)) if both else (Line(left, after),)
    return StepBlock(title(c, step), because(c, step), Equation(lines, key), full)


def title(c: Context, step: Step) -> str:
    """The name of a step's rule in the proof's language."""
    rule = c.parts.rules.get(step.rule)
    name = rule.title[c.language.code] if rule else step.rule.replace("_", " ").replace("-", " ")
    return name[:1].upper() + name[1:] if name[:1].isascii() else name


def because(c: Context, step: Step) -> Inline:
    """The reason of a step, and the equations that it used."""
    assignment = next((a for a in c.forward.assignments if str(a) in step.where), None)
    number = Number(f"forward:{assignment.tensor.name}") if assignment else None
    if assignment and number and step.rule == "differentiate":
        told = reasons(c, assignment.value)
        key = "steps.differentiate" if told else "steps.differentiate_plain"
        return c.language.say(key, number=number, reasons=told)
    rule = c.parts.rules.get(step.rule)
    text: Inline = (rule.because[c.language.code] if rule else step.because,)
    if assignment and number:
        return (
            *text,
            c.language.word("document.space"),
            *c.language.say("steps.by", number=number),
        )
    formulas = [f for w in step.where if (f := condition(w, c.names))]
    if not formulas:
        return text
    listed: Inline = ()
    for formula in formulas:
        listed += (c.language.word("document.comma"), *formula) if listed else formula
    return (
        *text,
        c.language.word("document.space"),
        *c.language.say("document.where", where=listed),
    )
