"""`trace(fn, {"x": "b n"})`: run a NumPy forward on symbolic arrays, and read off the program."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import InputError, InputTypeError, located, nearest
from ..index.domains import POSITIVE, REAL, Domain
from ..index.nodes import Tensor
from ..program import Argument, Parameter, Program
from .array import Array
from .broadcasting import as_array
from .operators import takes_over
from .patches import lengths_make_arrays
from .plan import Plan, argument_of, restarted
from .randomness import draws_asked, place_of_function
from .rebound import Names
from .symbolic import run_body

Given = Mapping[str, str | Domain]


def trace(fn: Callable[..., Any], domains: Given, name: str | None = None) -> Program:
    """The program of a NumPy forward whose array arguments have these dims and domains."""
    if not callable(fn):
        raise InputTypeError(f"a forward must be a function, not {type(fn).__name__}")
    signature = signature_of(fn)
    _check_names(signature, domains, fn)
    program = restarted(lambda plan: _run(fn, signature, domains, plan), _name_of(fn))
    return replace(
        program, name=name or _name_of(fn), doc=inspect.getdoc(fn) or "", source=_source(fn)
    )


def signature_of(fn: Callable[..., Any]) -> inspect.Signature:
    """The arguments of a forward: of a ufunc its arrays, x or x1 and x2."""
    if isinstance(fn, np.ufunc):
        names = ["x"] if fn.nin == 1 else [f"x{n + 1}" for n in range(fn.nin)]
        kind = inspect.Parameter.POSITIONAL_ONLY
        return inspect.Signature([inspect.Parameter(n, kind) for n in names])
    try:
        return inspect.signature(fn)
    except (TypeError, ValueError) as error:  # a function written in C
        raise InputTypeError(
            f"{_name_of(fn)} does not say its arguments: wrap it in a function"
        ) from error


def _run(
    fn: Callable[..., Any], signature: inspect.Signature, domains: Given, plan: Plan
) -> Program:
    inputs = [argument_of(k, domains[k], plan) for k in signature.parameters if k in domains]
    parameters: list[Parameter] = []
    plain: dict[str, Any] = {}
    own = None if plan.everywhere else Names(lambda: [*draws_asked(), *lengths_make_arrays()])
    run = own.of(fn) if own else fn
    for key, formal in signature.parameters.items():
        if key in domains or formal.default is formal.empty:
            continue
        if _is_parameter(formal, plan):
            sign = POSITIVE if formal.default > 0 else REAL
            tensor = Tensor(key, (), replace(sign, fixed=True))
            parameters.append(Parameter(tensor, formal.default))
        else:
            plain[key] = own.of(formal.default) if own else formal.default

    def body(arrays: Mapping[str, Array]) -> dict[str, Array]:
        values = {**plain, **arrays}
        result = run(*_positional(signature, values), **_keywords(signature, values))
        return {"": checked_output(result, fn)}

    program = run_body(body, inputs, parameters, plan, fn, own is not None).program
    return replace(program, axis=program.axis and _has_axis(signature, inputs))


def _is_parameter(formal: inspect.Parameter, plan: Plan) -> bool:
    return isinstance(formal.default, float) and formal.name not in plan.concrete


def _has_axis(signature: inspect.Signature, inputs: list[Argument]) -> bool:
    axis = signature.parameters.get("axis")
    return axis is not None and axis.default == -1 and len(inputs) == 1


def called(fn: Callable[..., Any], arrays: Mapping[str, Any]) -> Any:
    """What a forward returns for these arrays by name; all else takes its default."""
    signature = signature_of(fn)
    formals = signature.parameters.items()
    defaults = {k: p.default for k, p in formals if p.default is not p.empty}
    values = {**defaults, **arrays}
    return fn(*_positional(signature, values), **_keywords(signature, values))


def _positional(signature: inspect.Signature, values: dict[str, Any]) -> list[Any]:
    return [
        values[k]
        for k, p in signature.parameters.items()
        if k in values and p.kind is not p.KEYWORD_ONLY
    ]


def _keywords(signature: inspect.Signature, values: dict[str, Any]) -> dict[str, Any]:
    return {
        k: values[k]
        for k, p in signature.parameters.items()
        if k in values and p.kind is p.KEYWORD_ONLY
    }


def checked_output(result: Any, fn: Any) -> Array:
    """The one array that a forward returns."""
    place = place_of_function(fn)
    if isinstance(result, Array):
        return result
    if isinstance(result, (int, float)) and not isinstance(result, bool):
        return as_array(result)
    if isinstance(result, (tuple, list)):
        raise InputError(
            located(
                f"the forward returns {len(result)} values; one array is supported: "
                "derive each output by a function of its own",
                place,
            )
        )
    if takes_over(result):
        np.asarray(result)  # it says itself why it is none
    what = "None: is a return missing?" if result is None else type(result).__name__
    raise InputTypeError(located(f"the forward must return an array, not {what}", place))


def _check_names(signature: inspect.Signature, domains: Given, fn: Any) -> None:
    known = list(signature.parameters)
    place = place_of_function(fn)
    for given in domains:
        if given not in known:
            raise InputError(
                located(
                    f"dims are given for '{given}', but the forward takes "
                    f"{', '.join(known) or 'nothing'}."
                    f"{nearest(given, known)}",
                    place,
                )
            )
    for key, formal in signature.parameters.items():
        if formal.kind in (formal.VAR_POSITIONAL, formal.VAR_KEYWORD):
            if key in domains or not domains:
                raise InputError(
                    located(
                        f"the forward takes {formal}, any number of arrays: each wants a name of "
                        "its own, so wrap it in a function, as in lambda a, b: f(a, b)",
                        place,
                    )
                )
            continue
        if key not in domains and formal.default is formal.empty:
            raise InputError(
                located(
                    f'the dims of argument \'{key}\' are missing: say {key}="b n", or {key}="" '
                    "for a scalar",
                    place,
                )
            )


def _name_of(fn: Any) -> str:
    name = getattr(fn, "__name__", "") or type(fn).__name__
    return name if name.isidentifier() else "f"


def _source(fn: Any) -> str:
    try:
        return textwrap.dedent(inspect.getsource(fn))
    except (OSError, TypeError):  # a function typed at a prompt has no source to show
        return ""
