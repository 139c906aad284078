"""Steps as blocks: the rule's name, one sentence of why, what it used, and the equation that it
leads to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..index.nodes import Expr, Ref
from ..index.walk import walk
from ..program import Assignment
from ..trace import Step
from .context import Context
from .phrases import spoken
from .reading import formula, left_side
from .reasons import reasons
from .tree import Equation, Inline, Line, Math, Number, StepBlock


def step_block(c: Context, step: Step, key: str, full: bool) -> StepBlock:
    """One step: what it leads to."""
    line = Line(left_side(step.left, c.names), c.layout(step.after))
    return StepBlock(title(c, step), because(c, step), Equation((line,), key), full)


def equalities(c: Context, steps: Sequence[Step]) -> StepBlock:
    """Steps by one rule: what each starts from, and what it leads to."""
    used = tuple(dict.fromkeys(w for step in steps for w in step.where))
    lines = tuple(line for step in steps for line in _equality(c, step))
    reason = because(c, replace(steps[0], where=used))
    return StepBlock(title(c, steps[0]), reason, Equation(lines, ""), False)


def _equality(c: Context, step: Step) -> list[Line]:
    left = left_side(step.left, c.names) if step.left else None
    sides = [c.layout(step.before)] if step.before is not step.after else []
    first, *others = [*([left] if left else []), *sides, c.layout(step.after)]
    if not others:
        return [Line(None, first)]
    return [Line(first, others[0]), *(Line(None, other) for other in others[1:])]


def title(c: Context, step: Step) -> str:
    """The name of a step's rule in the proof's language."""
    rule = c.parts.rules.get(step.rule)
    name = rule.title[c.language.code] if rule else step.rule.replace("_", " ").replace("-", " ")
    return name[:1].upper() + name[1:] if name[:1].isascii() else name


def because(c: Context, step: Step) -> Inline:
    """The reason of a step, the equations that it used, and what else was checked."""
    equations = (*c.forward.assignments, *c.backward.assignments)
    cited = [a for a in equations if str(a) in step.where]
    if cited and step.rule == "differentiate":
        told = reasons(c, cited[0].value)
        key = "steps.differentiate" if told else "steps.differentiate_plain"
        return c.language.say(key, number=_number(c, cited[0]), reasons=told)
    rule = c.parts.rules.get(step.rule)
    text: list[Inline] = [(rule.because[c.language.code] if rule else step.because,)]
    text += [_used(c, step, cited)] if cited or step.rule == "fold" else []
    others = [w for w in step.where if all(w != str(a) for a in cited)]
    formulas = [(w, formula(w, c.names)) for w in others]
    read: list[Inline] = [(Math(f),) for _, f in formulas if f]
    text += [c.language.say("document.where", where=c.listed(read))] if read else []
    text += [spoken(c.language, w) for w, f in formulas if f is None]
    return _sentences(c, [t for t in text if t])


def _used(c: Context, step: Step, cited: list[Assignment]) -> Inline:
    """The equations that a step cites; where a fold cites none, those whose names it brings in."""
    if not cited and step.where:
        return ()
    known = _elements(step.before)
    brought = step.after.tensors - step.before.tensors
    brought = brought or frozenset(ref.tensor for ref in _elements(step.after) - known)
    used = cited or [a for a in c.forward.assignments if a.tensor in brought]
    if not used:
        return c.language.say("steps.by_forward")
    return c.language.say("steps.by", number=c.listed([(_number(c, a),) for a in used]))


def _elements(expr: Expr) -> frozenset[Ref]:
    """The elements that an expression takes at its own indices, outside of any sum."""
    return frozenset(n for n in walk(expr) if isinstance(n, Ref) and n.free <= expr.free)


def _number(c: Context, assignment: Assignment) -> Number:
    part = "forward" if assignment in c.forward.assignments else "theorem"
    return Number(f"{part}:{assignment.tensor.name}")


def _sentences(c: Context, texts: list[Inline]) -> Inline:
    joined: Inline = texts[0]
    for text in texts[1:]:
        joined = (*joined, c.language.word("document.space"), *text)
    return joined
