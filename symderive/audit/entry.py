"""What a user hands in => a subject, with the dims of all that it takes."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from inspect import isfunction
from typing import Any

from ..errors import InputError, InputTypeError, nearest
from ..index.domains import Domain
from .contexts import ContextPair
from .functions import Pair
from .layer import Layer
from .subjects import Subject, Values
from .ways import functions, loss_with_gradients, methods, owner_of


def subject_of(given: Any, settings: Values) -> Subject:
    """What a user handed in, as a subject."""
    if isinstance(given, (tuple, list)):
        return _of_several(tuple(given), settings)
    if isfunction(given):
        if (kind := owner_of(given)) is not None:
            return _of_class(methods(kind, given.__name__), settings)
        return Pair(*loss_with_gradients(given), settings)
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
        raise InputError(
            f"{given.__name__} has no {' and no '.join(missing)}; an audit needs both: name the "
            f"methods, as in (Class, 'forward_pass', 'backward_pass')"
        )
    return _of_class(given, settings)


def _of_several(given: tuple[Any, ...], settings: Values) -> Subject:
    """(forward, backward), or a class with the names of its methods."""
    kind, *names = given or (None,)
    if isinstance(kind, type) and names and all(isinstance(n, str) for n in names):
        lacking = [n for n in names if not callable(getattr(kind, n, None))]
        if lacking or len(names) > 2:
            raise InputError(
                f"{kind.__name__} has no method '{lacking[0]}'.{nearest(lacking[0], dir(kind))}"
                if lacking
                else f"{kind.__name__}: name two methods, not {len(names)}"
            )
        return _of_class(methods(kind, *names), settings)
    if len(given) != 2 or not all(map(callable, given)):
        raise InputTypeError(
            "audit cannot judge this: give a pair (forward, backward), or a class and the names of "
            "its methods, as in (Class, 'forward_pass', 'backward_pass')"
        )
    kinds = [owner_of(f) for f in given]
    if kinds[0] is not None and kinds[0] is kinds[1]:
        return _of_class(methods(kinds[0], *(f.__name__ for f in given)), settings)
    return Pair(*functions(*given), settings)


def _of_class(kind: Any, settings: Values) -> Subject:
    static = isinstance(inspect.getattr_static(kind, "backward"), staticmethod)
    first = next(iter(inspect.signature(kind.backward).parameters), "")
    if static and (first == "ctx" or _is_torch(kind)):
        return ContextPair(kind, settings)
    return Layer(kind, settings)


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
