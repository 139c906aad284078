"""Every pair of a module, one after the other: none keeps the others from their turn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

from ..errors import InputError
from ..index.domains import Domain
from .audit import SECONDS, audit
from .caught import Caught
from .deadline import TooLong, within
from .entry import subject_of
from .findings import DIFFERENT, EQUAL, UNKNOWN
from .guess import Guess, NotImplementedHere, guesses, one_hot
from .pairs import Found, pairs_in
from .untraced import arguments_held
from .verdict import BY_NUMBERS, EXIT_CODES, Verdict

GUESSING = 10.0  # seconds
NOT_BEGUN, SURROGATE = "not begun", "surrogate"


@dataclass(frozen=True)
class Outcome:
    """What became of one pair: a verdict, with the dims that it holds for, or a trouble: why the
    audit could not begin."""

    found: Found
    verdict: Verdict | None = None
    guessed: str = ""
    trouble: str = ""

    @property
    def kind(self) -> str:
        """The verdict's kind; without one "surrogate" for what is wrong on purpose, or "not
        begun"."""
        if self.verdict is not None:
            return self.verdict.kind
        return SURROGATE if self.found.surrogate else NOT_BEGUN

    @property
    def exit_code(self) -> int:
        """The verdict's; 2 for what could not begin."""
        if self.verdict is not None:
            return self.verdict.exit_code
        return 0 if self.kind == SURROGATE else EXIT_CODES[UNKNOWN]

    @property
    def line(self) -> int:
        """Where the backward begins; 0 where that is not known."""
        return self.found.line


@dataclass(frozen=True)
class Options:
    """What is known of all pairs: dims and settings by argument, and what is a constant.

    guesses_rest: dims are guessed beside some that are known.
    """

    dims: Mapping[str, str | Domain] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    constants: Sequence[str] = ()
    seconds: float = SECONDS
    guesses_rest: bool = False


def audit_all(module: ModuleType, options: Options) -> Iterator[Outcome]:
    """The outcome of each pair that the module defines; abstract ones are left out."""
    for found in pairs_in(module):
        outcome = audited(found, options)
        if outcome is not None:
            yield outcome


def audited(found: Found, options: Options) -> Outcome | None:
    """The outcome of one pair; None for what is abstract."""
    if found.surrogate:
        return Outcome(found, trouble=found.surrogate)
    outcome: Outcome | None = None
    with Caught() as caught:
        try:
            with within(GUESSING):
                tried = guesses(found.given, options.dims, options.settings)
            outcome = _judged(found, tried, options)
        except TooLong as error:
            return Outcome(found, trouble=f"{error} to find dims with which it runs")
        except SystemExit:
            return Outcome(found, trouble="the code ends the program")
    if isinstance(caught.error, NotImplementedHere):
        return None
    return outcome or Outcome(found, trouble=caught.sentence)


def audited_as_given(found: Found, options: Options) -> Outcome:
    """The outcome of one pair; dims are guessed where some are missing and none are given. What is
    wrong with the input raises."""
    formals = subject_of(found.given, {}).formals
    known = {*options.dims, *options.settings}
    is_given = bool(options.dims) and not options.guesses_rest
    if is_given or not any(f.required and f.name not in known for f in formals):
        verdict = audit(
            found.given,
            options.dims,
            settings=options.settings,
            constants=options.constants,
            seconds=options.seconds,
        )
        return Outcome(found, verdict)
    outcome = audited(found, options)
    if outcome is None or outcome.verdict is None:
        why = outcome.trouble if outcome else "it is abstract"
        raise InputError(f"{found.name}: {why}; give dims, as in --dims '{formals[0].name}=b n'")
    return outcome


def exit_code(outcomes: Iterable[Outcome]) -> int:
    """That of the worst: wrong, then unknown, then right by numbers alone, then right."""
    codes = {o.exit_code for o in outcomes}
    return next((code for code in (1, 2, BY_NUMBERS) if code in codes), 0)


def _judged(found: Found, tried: Sequence[Guess], options: Options) -> Outcome:
    """The verdict for the likeliest dims in which every gradient has the shape of its argument.

    Where likelier ones run as well, with gradients of other shapes, nobody can tell which are
    meant: then "equal" is no verdict; nor is "different" where gradients of other shapes are all
    that was found.
    """
    best = tried[-1] if tried[-1].fits else tried[0]
    outcome = Outcome(found, _verdict(found, best, options), str(best))
    targets = one_hot(best)
    if outcome.kind == DIFFERENT and targets is not None:
        again = Outcome(found, _verdict(found, targets, options), str(targets))
        outcome = again if again.kind == EQUAL else outcome
    verdict = outcome.verdict
    if verdict is None or verdict.kind == UNKNOWN or (best.fits and best is tried[0]):
        return outcome
    if not best.fits:
        said = f"for {tried[0]} a gradient has not the shape of its argument, nor for other dims"
    elif verdict.kind == DIFFERENT:
        return outcome
    else:
        said = (
            f"{outcome.kind} for {best}; for {tried[0]}, where it runs as well, a gradient has not "
            "the shape of its argument"
        )
    obstacle = f"{said}: say which dims are meant"
    return replace(outcome, verdict=replace(verdict, kind=UNKNOWN, obstacle=obstacle))


def _verdict(found: Found, guess: Guess, options: Options) -> Verdict:
    subject = subject_of(found.given, guess.settings)
    held = arguments_held(subject, guess.domains) if options.constants else ()
    known = {f.name for f in subject.formals} | {h.name for h in held}
    verdict = audit(
        found.given,
        guess.domains,
        settings=guess.settings,
        constants=[n for n in options.constants if n in known],
        seconds=options.seconds,
    )
    return replace(verdict, assumed=(f"dims: {guess}", *verdict.assumed))
