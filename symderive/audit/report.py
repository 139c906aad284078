"""A verdict as lines for a reader."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..index.text import text
from ..trace import Step
from .findings import DIFFERENT, EQUAL, UNKNOWN, UNSAFE, Counterexample, Finding, Found, Line

HEADLINES = {
    EQUAL: "backward is the derivative of forward",
    DIFFERENT: "backward is not the derivative of forward",
    UNSAFE: "backward is the derivative of forward, but it touches arrays that are not its own",
    UNKNOWN: "no verdict",
}

LONGEST = 320  # characters of a line


def report(verdict: Found) -> str:
    """Sections, each under its heading, with nothing that is empty."""
    but = ", but" if verdict.but else ""
    lines = [f"{verdict.name}: {verdict.kind}{but}. {_headline(verdict)}."]
    lines += _section("But", [verdict.but] if verdict.but else [])
    lines += _section("What stood in the way", [verdict.obstacle] if verdict.obstacle else [])
    lines += _section("What it does to other arrays", verdict.hazards)
    lines += _section("What forward computes", _equations(verdict.forward))
    lines += _section("What backward computes", _equations(verdict.code))
    for finding in verdict.findings:
        lines += _section(f"The gradient of {finding.argument}: {finding.verdict}", _told(finding))
    lines += _section("Numerical comparison", verdict.numerical)
    lines += _section("Assumed", verdict.assumed)
    lines += _section("Note", verdict.notes)
    return "\n".join(lines) + "\n"


def _headline(verdict: Found) -> str:
    """Where a gradient is missing, what is proved is proved of the other inputs only."""
    said = HEADLINES[verdict.kind]
    if not verdict.unjudged or verdict.kind not in (EQUAL, UNSAFE):
        return said
    judged = _listed([f.argument for f in verdict.findings])
    said = said.replace("of forward", f"of forward with respect to {judged}", 1)
    missing = _listed(verdict.unjudged)
    return f"{said}; it gives no gradient of {missing}, and nothing is said about that"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _section(title: str, lines: Iterable[str]) -> list[str]:
    held = [_clipped(line) for line in lines]
    return ["", title, *(f"  {line}" if line else "" for line in held)] if held else []


def _clipped(line: str) -> str:
    """A line that a reader may still take in; JSON has all of it."""
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} ..."


def _equations(lines: tuple[Line, ...]) -> list[str]:
    width = max((len(line.equation) for line in lines), default=0)
    return [f"{line.equation:<{width}}   {_place(line.place)}".rstrip() for line in lines]


def _place(place: str) -> str:
    file, _, number = place.rpartition(":")
    return f"{Path(file).name}, line {number}" if file else ""


def _told(finding: Finding) -> Iterator[str]:
    if finding.reason:
        yield finding.reason
    if finding.where and finding.where != "returned":
        yield f"the code leaves it in {finding.where}"
    if finding.verdict == EQUAL:
        yield from _proved(finding)
        return
    if finding.code:
        yield f"the code:        {finding.code}"
        yield f"the derivative:  {finding.closed}"
    yield from finding.terms
    if finding.limit:
        yield f"The two become equal as the constant {finding.limit} goes to 0."
    if finding.mistake:
        yield f"likely mistake: {finding.mistake}"
    if finding.counterexample:
        yield from _example(finding.counterexample)


def _proved(finding: Finding) -> Iterator[str]:
    yield "From the code to the closed form:"
    first = next(iter(finding.proof), None)
    if first and text(first.before) != first.left:
        yield f"    {first.left} = {text(first.before)}"
        yield from _steps(finding.proof)
    elif first:
        yield from _derived(finding.proof)
    if not finding.proof:
        yield f"    {finding.code}"
        yield "    which is the closed form as it stands"
    yield "From forward to the same closed form:"
    yield from _derived(finding.derivation)
    yield f"Equal: {finding.how}."


def _steps(steps: Iterable[Step]) -> Iterator[str]:
    for step in steps:
        yield f"    {' ' * len(step.left)} = {text(step.after)}"
        yield f"    {' ' * len(step.left)}     [{step.rule}] {_reason(step)}"


def _derived(steps: tuple[Step, ...]) -> Iterator[str]:
    left = ""
    for step in steps:
        shown = step.left if step.left != left else " " * len(step.left)
        left = step.left
        yield f"    {shown} = {text(step.after)}"
        yield f"    {' ' * len(step.left)}     [{step.rule}] {_reason(step)}"


def _reason(step: Step) -> str:
    """The reason, and the equations that were used: "Fold: ... Here e_i = o_i s."."""
    return f"{step.because} Here {'; '.join(step.where)}." if step.where else step.because


def _example(example: Counterexample) -> Iterator[str]:
    yield "counterexample:"
    for name, value in example.inputs.items():
        yield f"    {name} = {json.dumps(value)}"
    yield f"    the code gives          {example.element} = {example.code:.10g}"
    if example.derivative is not None:
        yield f"    the derivative is       {example.element} = {example.derivative:.10g}"
    yield f"    central differences of forward give {example.difference:.7g}"
