"""What other stages say in fixed English → the same in the language of a proof.

A pattern has the words of the stage that says them, and `{places}` for what varies; how a language
says it is its text `phrase.KEY`, with the same places.
"""

from __future__ import annotations

import re
from functools import cache

from .languages import Language
from .names import Names
from .reading import formula
from .tree import Inline, Math, Typed

PATTERNS: dict[str, str] = {
    "normal_form": "both have one normal form",
    "by_forward": "by the forward's equations; checked at random points",
    "steps": "steps",
    "same_forward": "written forward equals the one differentiated",
    "origin": "the function itself, run by NumPy",
    "gradient": "gradient by central differences",
    "same_program": "they are the same program",
    "covered_steps": "{seen} of {all}, {count} comparisons at {places}, {how}",
    "covered_outputs": "outputs at {places}",
    "covered_gradient": "{count} directional derivatives at {places}",
    "covered_values": "{count} values at {places}",
    "covered_kinks": "{count} directional derivatives at {places}, {kinks} on kinks left out",
    "code": "the code against the closed form",
    "beside_text": "no worse than the text as it is written",
    "covered_elements": "every element at {places}, {count} comparisons",
    "difference_error": "of the error of a difference there",
    "no_steps": "the derivation has no steps",
    "relative": "relative",
    "allowed": "of what is allowed",
    "given_as_program": "it was given as a program, not as a function",
    "own_error": "of the difference's own error",
    "labels": "{name} holds labels below {below}",
    "truths": "{name} holds truth values",
    "sums": "{name} sums to {total} along its axis {axis}",
}
_TYPED = frozenset({"name", "below", "total", "axis", "places"})


def spoken(language: Language, text: str) -> Inline:
    """The text in a language; as it is where no pattern knows it."""
    found = ((key, match) for key in PATTERNS if (match := _pattern(key).fullmatch(text)))
    key, match = next(found, ("", None))
    if match is None:
        return (text,)
    values = {k: Typed(v) if k in _TYPED else v for k, v in match.groupdict().items()}
    return language.say(f"phrase.{key}", **values)


def condition(language: Language, names: Names, text: str) -> Inline:
    """A condition on an input, as a formula where it reads as one."""
    read = formula(text, names)
    return (Math(read),) if read else spoken(language, text)


@cache
def _pattern(key: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", PATTERNS[key])
    return re.compile(
        "".join(rf"(?P<{p}>[^,]+)" if n % 2 else re.escape(p) for n, p in enumerate(pieces))
    )
