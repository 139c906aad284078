"""`audit(cls, x="b n")`: the verdict on hand-written code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import InputError
from ...index.domains import Domain
from .defaults import at_other_values, texts_compared
from .entry import domains_for, subject_of
from .judge import judge
from .source import from_source
from .verdict import Verdict


def audit(
    subject: Any,
    /,
    *,
    settings: Mapping[str, Any] | None = None,
    constants: Sequence[str] = (),
    **given: Any,
) -> Verdict:
    """Decide whether `backward` is the derivative of `forward`. This runs the code.

    subject: a class with forward and backward, a pair of functions, a torch.autograd.Function, or
    the text of a class.
    given: the dims or the domain of every array argument, of the constructor as well as of forward
    ("b n"; "" a scalar; sd.positive("b n"), sd.integers("b", below="n")); anything else is handed
    to the code as it is, as a setting.
    settings: settings that are texts, such as {"mode": "same"}, which would be read as dims.
    constants: arrays that need no gradient, by name: arguments, and what the code holds by itself.
    Raises a SymderiveError where the input is wrong; what the code itself does is in the verdict.
    """
    domains = {n: v for n, v in given.items() if isinstance(v, (str, Domain))}
    plain = {n: v for n, v in given.items() if n not in domains} | dict(settings or {})
    known = from_source(subject) if isinstance(subject, str) else subject
    code = subject_of(known, plain)
    domains_for(code, domains, plain)
    if not domains:
        raise InputError(
            f'no dims are given; say {code.formals[0].name}="b n"'
            if code.formals
            else "the code takes no array"
        )

    def judged(settings: Mapping[str, Any]) -> Verdict:
        return judge(subject_of(known, settings), domains, constants)

    others = [f for f in code.formals if f.name not in domains]
    return at_other_values(
        judge(code, domains, constants), others, plain, judged, texts_compared(code.functions)
    )
