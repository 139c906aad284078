"""Numbers, truth values and texts that the code takes, and that nobody gave: they are tried at
other values, too.

A backward that forgets a factor such as `scale=1.0`, or what `average=False` changes, is right at
the default, and wrong elsewhere.
"""

from __future__ import annotations

import dis
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..errors import SymderiveError
from .findings import DIFFERENT, EQUAL, UNSAFE
from .subjects import Formal
from .verdict import Verdict

MOST_WHOLE = 3  # whole numbers that are tried, each by itself: an audit each
MOST_FLAGS, MOST_TEXTS = 4, 4

Judge = Callable[[Mapping[str, Any]], Verdict]


def at_other_values(
    verdict: Verdict,
    formals: Sequence[Formal],
    given: Mapping[str, Any],
    judge: Judge,
    texts: Collection[str] = (),
) -> Verdict:
    """The verdict with the settings that it holds for; another one where the code is wrong at other
    settings.

    formals: the arguments that are no arrays.  given: the settings that the user chose.
    judge: gives the verdict at settings.  texts: what the code compares texts with.
    """
    left = {f.name: f.default for f in formals if not f.required and _is_plain(f.default)}
    left = {name: value for name, value in left.items() if name not in given}
    tried: list[str] = []
    for moved in _moved(left, texts) if verdict.kind in (EQUAL, UNSAFE) else ():
        try:
            other = judge({**given, **moved})
        except SymderiveError:  # no axis 2, no such mode: it is no value that the code takes
            continue
        if other.kind == DIFFERENT and any(f.counterexample for f in other.findings):
            usual = ", ".join(f"{name} = {left[name]!r}" for name in moved)
            return replace(other, notes=(*other.notes, f"the two are equal at {usual} alone"))
        if other.kind in (EQUAL, UNSAFE):
            tried += [f"{name} = {value!r}" for name, value in moved.items()]
    said = [f"{name} = {value!r}, its default" for name, value in left.items()]
    said += [f"{name} = {value!r}, as given" for name, value in given.items() if _is_plain(value)]
    also = [f"the verdict was the same with {', '.join(tried)}"] if tried else []
    return replace(verdict, assumed=(*verdict.assumed, *said, *also))


def texts_compared(functions: Iterable[Any]) -> list[str]:
    """The texts that functions compare something with: the modes that they know."""
    found: dict[str, None] = {}
    for function in functions:
        code = getattr(function, "__code__", None)
        last: Any = None
        for instruction in dis.get_instructions(code) if code is not None else ():
            if instruction.opname in ("COMPARE_OP", "CONTAINS_OP"):
                texts = last if isinstance(last, (tuple, frozenset)) else (last,)
                found.update({t: None for t in texts if isinstance(t, str)})
            last = instruction.argval if instruction.opname == "LOAD_CONST" else None
    return list(found)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_plain(value: Any) -> bool:
    return isinstance(value, (int, float, str, type(None)))


def _moved(left: Mapping[str, Any], texts: Collection[str]) -> Iterator[Mapping[str, Any]]:
    """All fractions at once, then whole numbers one by one: these may be counts; each truth value
    turned; each text by another one that the code knows."""
    fractions = {n: 0.75 * v or 0.25 for n, v in left.items() if isinstance(v, float)}
    if fractions:
        yield fractions
    whole = [(n, v) for n, v in left.items() if _is_number(v) and isinstance(v, int)]
    yield from ({n: v + 1} for n, v in whole[:MOST_WHOLE])
    flags = [n for n, v in left.items() if isinstance(v, bool)]
    yield from ({n: not left[n]} for n in flags[:MOST_FLAGS])
    modes = [(n, t) for n, v in left.items() if isinstance(v, str) and v in texts for t in texts]
    yield from ({n: t} for n, t in modes[:MOST_TEXTS] if t != left[n])
