"""Numbers that the code takes, and that nobody gave: they are tried at other values, too.

A backward that forgets a factor such as `scale=1.0` is right at the default, and wrong elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...errors import SymderiveError
from .subjects import Formal
from .verdict import DIFFERENT, EQUAL, Verdict

MOST_WHOLE = 3  # whole numbers that are tried, each by itself: an audit each

Judge = Callable[[Mapping[str, Any]], Verdict]


def at_other_values(
    verdict: Verdict, formals: Sequence[Formal], given: Mapping[str, Any], judge: Judge
) -> Verdict:
    """The verdict with the numbers that it holds for; another one where the code is wrong at other
    numbers.

    formals: the arguments that are no arrays.  given: the settings that the user chose.
    judge: gives the verdict at settings.
    """
    left = {f.name: f.default for f in formals if _is_number(f.default)}
    left = {name: value for name, value in left.items() if name not in given}
    tried: list[str] = []
    for moved in _moved(left) if verdict.kind == EQUAL else ():
        try:
            other = judge({**given, **moved})
        except SymderiveError:  # no axis 2, no such mode: it is no number that the code takes
            continue
        if other.kind == DIFFERENT and any(f.counterexample for f in other.findings):
            usual = ", ".join(f"{name} = {left[name]!r}" for name in moved)
            return replace(other, notes=(*other.notes, f"the two are equal at {usual} alone"))
        if other.kind == EQUAL:
            tried += [f"{name} = {value!r}" for name, value in moved.items()]
    said = [f"{name} = {value!r}, its default" for name, value in left.items()]
    said += [f"{name} = {value!r}, as given" for name, value in given.items() if _is_plain(value)]
    also = [f"the verdict was the same with {', '.join(tried)}"] if tried else []
    return replace(verdict, assumed=(*verdict.assumed, *said, *also))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_plain(value: Any) -> bool:
    return isinstance(value, (int, float, str, type(None)))


def _moved(left: Mapping[str, int | float]) -> Iterator[Mapping[str, int | float]]:
    """All fractions at once, then whole numbers one by one: these may be counts."""
    fractions = {n: 0.75 * v or 0.25 for n, v in left.items() if isinstance(v, float)}
    if fractions:
        yield fractions
    whole = [(n, v) for n, v in left.items() if isinstance(v, int)]
    yield from ({n: v + 1} for n, v in whole[:MOST_WHOLE])
