"""How an array was made: the call of NumPy that makes it, to be made again where it matters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class Origin:
    """`call(*args, **options)`, or the part of that number where it gives several arrays."""

    call: Callable[..., Any]
    args: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    part: int | None = None


class Recorded:
    """An array that may know how it was made."""

    origin: Origin | None = None


def remember(
    result: Result,
    call: Callable[..., Any],
    args: tuple[Any, ...],
    options: Mapping[str, Any] | None = None,
) -> Result:
    """The result, which knows now that this call made it, if it is not itself one of the
    arguments, as what out= names is."""
    held = dict(options or {})
    given = [v for a in (*args, *held.values()) for v in (a if type(a) is tuple else (a,))]
    if isinstance(result, Recorded):
        if not any(result is g for g in given):
            result.origin = Origin(call, args, held)
    elif isinstance(result, (list, tuple)):
        for n, part in enumerate(result):
            if isinstance(part, Recorded) and not any(part is g for g in given):
                part.origin = Origin(call, args, held, n)
    return result
