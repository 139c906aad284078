"""For test suites: a backward that is not the derivative of its forward fails the test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from .audit.audit import SECONDS
from .audit.batch import Options, audited_as_given
from .audit.listing import details
from .audit.pairs import SURROGATE, found_at
from .audit.verdict import Verdict
from .index.domains import Domain
from .proofs.languages import language

Marked = TypeVar("Marked", bound=Callable[..., Any])
NONE: Mapping[str, str | Domain] = {}


def assert_backward(
    subject: Any,
    dims: Mapping[str, str | Domain] = NONE,
    /,
    *,
    settings: Mapping[str, Any] | None = None,
    constants: Sequence[str] = (),
    seconds: float = SECONDS,
    proof: bool = True,
    **given: Any,
) -> Verdict:
    """Audit hand-written code; raise an AssertionError that says why it is not right.

    subject, dims, settings, constants, seconds, given: as `symderive.audit` takes them. Dims that
    are not given at all are guessed; the verdict's `assumed` says which they were.
    proof: False where it is enough that numbers agree.
    Raises a SymderiveError where the input is wrong.
    """
    domains = {n: v for n, v in given.items() if isinstance(v, (str, Domain))} | dict(dims)
    plain = {n: v for n, v in given.items() if n not in domains} | dict(settings or {})
    found = found_at(_called(subject), subject)
    outcome = audited_as_given(found, Options(domains, plain, constants, seconds))
    verdict = outcome.verdict
    assert verdict is not None  # what cannot begin raises
    if not verdict.ok and (proof or not verdict.agrees):
        told = "\n".join(f"  {line}" for line in details(outcome, language("en")))
        place = f"\n  {found.file}:{found.line}" if found.line else ""
        raise AssertionError(f"{verdict.name}: {verdict.kind}{place}\n{told}")
    return verdict


def surrogate(reason: str) -> Callable[[Marked], Marked]:
    """Mark a class or a backward whose gradient is wrong on purpose, such as a straight-through
    estimator: an audit of a file leaves it out and gives the reason."""

    def mark(code: Marked) -> Marked:
        setattr(code, SURROGATE, reason)
        return code

    return mark


def _called(subject: Any) -> str:
    parts = subject if isinstance(subject, tuple) else (subject,)
    return ", ".join(p if isinstance(p, str) else getattr(p, "__name__", "the code") for p in parts)
