"""The stages in order: forward → program → stable program → closed form; what is made of that,
from the schedule to the proof, is a `Derivation`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import calculus
from .derivation import Derivation
from .errors import InputError, InputTypeError
from .index.domains import Domain
from .index.limits import bounded
from .index.walk import restart
from .program import Program
from .stability import settled, stabilise


def derive(
    subject: str | Program | Callable[..., Any] | Mapping[str, Program], /, **domains: str | Domain
) -> Derivation:
    """Derive the backward of an operator of the catalogue, of a NumPy forward function, or of a
    program.

    subject: "softmax"; a plain NumPy function; a program from `parse`; a derivation's `backward`,
    to be derived again.
    domains: for a function, each argument's named dims ("b n"; "" is a scalar; a leading "..." any
    batch dims) or domain (`positive("b n")`, `integers("b", below="n")`, `simplex("b n")`). Raises
    a SymderiveError that says what is not supported, and where.
    """
    with bounded(_named(subject)):
        restart()
        written = program_of(subject, domains)
        stable = stabilise(written)
        derived = calculus.derive(stable.program, written=written)
        return Derivation(*settled(derived, stable), function_of(subject))


def _named(subject: Any) -> str:
    """What a subject is called, in messages."""
    named = subject if isinstance(subject, str) else getattr(subject, "name", None)
    return str(named or getattr(subject, "__name__", "the forward"))


def parse(text: str, /, **domains: str | Domain) -> Program:
    """The program of a formula, such as "exp(x) / sum(exp(x), axis=-1, keepdims=True)" with x="b
    n".

    The text is read by its syntax tree and never evaluated.
    """
    from .frontends import parse as parse_text  # a function or a name needs none of it

    with bounded("the formula"):
        return parse_text(text, domains)


def program_of(subject: Any, domains: Mapping[str, str | Domain]) -> Program:
    """The program that a subject stands for."""
    if isinstance(subject, str):
        from .frontends import trace
        from .operators import find  # 120 forwards; a user's own function needs none of them

        entry = find(subject)
        return trace(entry.forward, {**entry.domains, **domains}, entry.name)
    if callable(subject):
        from .frontends import trace

        return trace(subject, domains)
    if isinstance(subject, Mapping):
        subject = _only(subject)
    if not isinstance(subject, Program):
        raise InputTypeError(
            f"derive takes a name, a function or a program, not {type(subject).__name__}"
        )
    if domains:
        raise InputError("a program already knows its domains; give none")
    return subject


def _only(backward: Mapping[str, Program]) -> Program:
    if len(backward) != 1:
        raise InputError(
            f"choose the gradient to derive again: backward[...] with one of {', '.join(backward)}"
        )
    return next(iter(backward.values()))


def function_of(subject: Any) -> Callable[..., Any] | None:
    """The forward as a function of arrays, where there is one."""
    if isinstance(subject, str):
        from .operators import find  # as in program_of

        return find(subject).forward
    return subject if callable(subject) else None
