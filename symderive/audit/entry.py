"""What a user hands in => a subject, with the dims of all that it takes."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from ..errors import InputError, InputTypeError
from ..index.domains import Domain
from .contexts import ContextPair
from .functions import Pair
from .layer import Layer
from .subjects import Subject, Values


def subject_of(given: Any, settings: Values) -> Subject:
    """What a user handed in, as a subject."""
    if isinstance(given, (tuple, list)) and len(given) == 2 and all(map(callable, given)):
        return Pair(given[0], given[1], settings)
    if not isinstance(given, type):
        what = type(given).__name__
        advice = (
            "give the class, not an object of it"
            if hasattr(given, "backward")
            else ("give a class with forward and backward, or a pair (forward, backward)")
        )
        raise InputTypeError(f"audit cannot judge a {what}: {advice}")
    missing = [m for m in ("forward", "backward") if not callable(getattr(given, m, None))]
    if missing:
        raise InputError(f"{given.__name__} has no {' and no '.join(missing)}; an audit needs both")
    static = isinstance(inspect.getattr_static(given, "backward"), staticmethod)
    first = next(iter(inspect.signature(given.backward).parameters), "")  # type: ignore[attr-defined]
    if static and (first == "ctx" or _is_torch(given)):
        return ContextPair(given, settings)
    return Layer(given, settings)


def _is_torch(kind: type) -> bool:
    return any(c.__module__.startswith("torch.autograd") for c in kind.__mro__)


def domains_for(subject: Subject, given: Mapping[str, str | Domain], settings: Values) -> None:
    """Refuse dims of what is no argument, say which arguments want dims, and see that backward
    takes a cotangent and nothing that nobody knows."""
    known = [f.name for f in subject.formals]
    unknown = [n for n in (*given, *settings) if n not in known]
    if unknown:
        takes = ", ".join(known) or "nothing"
        raise InputError(f"{subject.name} has no argument '{unknown[0]}'; it takes {takes}")
    lacking = [
        f for f in subject.formals if f.required and f.name not in given and f.name not in settings
    ]
    if lacking:
        places = ", ".join(
            f"{f.name} ({'forward' if f.of_forward else 'constructor'})" for f in lacking
        )
        first = lacking[0].name
        raise InputError(
            f'{subject.name} wants the dims of {places}: for example {first}="b n", '
            f'{first}="" for a scalar, or a plain value for a setting '
            f"(on the command line --dims '{first}=b n', --dims '{first}=', --set {first}=VALUE)"
        )
    if subject.roles.cotangent in given:
        raise InputError(f"'{subject.roles.cotangent}' is the cotangent: it has the output's dims")
