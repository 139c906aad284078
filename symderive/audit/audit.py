"""`audit(cls, x="b n")`: the verdict on hand-written code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import monotonic
from types import MappingProxyType
from typing import Any

import numpy as np

from ..errors import DerivationError, InputError
from ..index.domains import Domain
from .deadline import TooLong, within
from .defaults import at_other_values, texts_compared
from .entry import domains_for, subject_of
from .findings import UNKNOWN
from .generators import following_generators
from .judge import judge
from .source import from_source
from .subjects import Subject
from .traced import Given
from .untraced import numerically
from .verdict import Verdict
from .ways import assumed_of

SECONDS = 60.0
EMPTY: Given = MappingProxyType({})


def audit(
    subject: Any,
    dims: Given = EMPTY,
    /,
    *,
    settings: Mapping[str, Any] | None = None,
    constants: Sequence[str] = (),
    seconds: float = SECONDS,
    **given: Any,
) -> Verdict:
    """Decide whether `backward` is the derivative of `forward`. This runs the code.

    subject: a class with forward and backward; a class with the names of its methods; a pair of
    functions, the second a backward or a derivative that takes no cotangent; a function that
    returns (loss, gradients); a torch.autograd.Function; or the text of a class.
    dims: the same as `given`, for arguments that are called like one of these parameters.
    given: the dims or the domain of every array argument, of the constructor as well as of forward
    ("b n"; "" a scalar; sd.positive("b n"), sd.integers("b", below="n")); anything else is handed
    to the code as it is, as a setting.
    settings: settings that are texts, such as {"mode": "same"}, which would be read as dims.
    constants: arrays that need no gradient, by name: arguments, and what the code holds by itself.
    seconds: after so long the numbers must do; 0 for no limit.
    Raises a SymderiveError where the input is wrong; what the code itself does is in the verdict.
    """
    domains = {n: v for n, v in given.items() if isinstance(v, (str, Domain))} | dict(dims)
    plain = {n: v for n, v in given.items() if n not in domains} | dict(settings or {})
    known = from_source(subject) if isinstance(subject, str) else subject
    code = subject_of(known, plain)
    domains |= _of_defaults(code, {*domains, *plain})
    domains_for(code, domains, plain)
    if not domains:
        raise InputError(
            f'no dims are given; say {code.formals[0].name}="b n"'
            if code.formals
            else "the code takes no array"
        )

    started = monotonic()

    def judged(settings: Mapping[str, Any]) -> Verdict:
        left = seconds - (monotonic() - started)
        if seconds > 0 and left < 1:
            raise DerivationError("no time is left")
        return _in_time(subject_of(known, settings), domains, constants, left if seconds else 0)

    others = [f for f in code.formals if f.name not in domains]
    with following_generators(code.functions):
        verdict = _in_time(code, domains, constants, seconds)
        verdict = at_other_values(verdict, others, plain, judged, texts_compared(code.functions))
    return replace(verdict, assumed=(*verdict.assumed, *assumed_of(code.functions)))


def _in_time(code: Subject, domains: Given, constants: Sequence[str], seconds: float) -> Verdict:
    """The verdict; that of the numbers alone, where a proof takes too long."""
    try:
        with within(seconds):
            return judge(code, domains, constants)
    except TooLong as error:
        said = f"{error}: compared by numbers alone (--seconds, seconds= for more)"
    try:
        with within(seconds):
            return numerically(code, domains, said)
    except TooLong as error:
        return Verdict(code.name, UNKNOWN, obstacle=f"{error}, forward and backward on real arrays")


def _of_defaults(code: Subject, given: set[str]) -> dict[str, str | Domain]:
    """The dims of arrays that arguments have by default."""
    found = {f.name: f.default for f in code.formals if f.name not in given}
    arrays = {n: v for n, v in found.items() if isinstance(v, np.ndarray) and v.dtype.kind == "f"}
    return {n: " ".join(map(str, np.shape(v))) for n, v in arrays.items()}
