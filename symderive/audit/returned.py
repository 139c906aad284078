"""Which argument is meant by each array that backward returns: by name, by place, by shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, islice, takewhile
from typing import Any

from ..errors import InputError
from .collect import Left, has_shape, is_array, spellings
from .data import is_data

MOST_TRIED = 500  # ways to give the arrays that are returned to arguments


def returned(
    result: Any,
    own: Sequence[str],
    formals: Sequence[str],
    values: Mapping[str, Any],
    others: Sequence[str] = (),
) -> dict[str, Left]:
    """The gradients that backward returns.

    own: the arguments of the forward that a gradient is wanted of.
    formals: all arguments of the forward, for a result with one entry for each of them.
    others: the wanted arguments of the constructor.
    """
    if result is None:
        return {}
    if not isinstance(result, (Mapping, tuple, list)):
        inputs = [n for n in own if not is_data(n)] or own  # loss(target, output): of the output
        return {inputs[0]: Left(result, "returned")} if inputs else {}
    named, placed = _spread(result, "returned", [*own, *others])
    own, others, formals = ([n for n in ns if n not in named] for ns in (own, others, formals))
    given = _by_place(placed, own, others, formals, values)
    wanted = {*own, *others}
    return named | {n: g for n, g in given.items() if g.array is not None and n in wanted}


def _spread(result: Any, path: str, names: Sequence[str]) -> tuple[dict[str, Left], list[Left]]:
    """What mappings hold, by argument, and what tuples and lists hold, in order."""
    named: dict[str, Left] = {}
    placed: list[Left] = []
    if isinstance(result, Mapping):
        return _by_name(result, path, names), placed
    for number, entry in enumerate(result):
        where = f"{path}[{number}]"
        if isinstance(entry, Mapping) or _holds_gradients(entry):
            inner, more = _spread(entry, where, names)
            named |= inner
            placed += more
        elif not (isinstance(entry, (tuple, list)) and not entry):  # no parameters, no gradients
            placed.append(Left(entry, where))
    return named, placed


def _holds_gradients(entry: Any) -> bool:
    """False for a list of numbers, which is one gradient."""
    if not isinstance(entry, (tuple, list)):
        return False
    return any(isinstance(e, Mapping) or is_array(e) or _holds_gradients(e) for e in entry)


def _by_name(result: Mapping[Any, Any], path: str, names: Sequence[str]) -> dict[str, Left]:
    found: dict[str, Left] = {}
    for key, held in result.items():
        where = f"{path}[{key!r}]"
        if isinstance(held, Mapping):
            found |= _by_name(held, where, names)
        for name in names if held is not None else ():
            if str(key).lower() in spellings(name):
                found[name] = Left(held, where)
    return found


def _by_place(
    placed: Sequence[Left],
    own: Sequence[str],
    others: Sequence[str],
    formals: Sequence[str],
    values: Mapping[str, Any],
) -> dict[str, Left]:
    """In the order of the arguments; where the shapes say otherwise, some arguments are left out.

    The entries for the forward's arguments alone may be all there are: then a wrong shape is a
    wrong shape, and not the gradient of something else.
    """
    names = [*own, *others]
    order = list(own) if len(placed) <= len(own) else names
    if len(placed) == len(formals) != len(order):
        order = list(formals)
    if len(placed) > len(order):
        raise InputError(
            f"backward returns {len(placed)} values, but the dims name {len(names)} differentiable "
            f"arguments ({', '.join(names)}); name the dims of the others, too"
        )
    first = dict(zip(order, placed, strict=False))
    beside = [given for name, given in first.items() if name not in names]
    if len(placed) == len(names) or _fits(first, values):
        return first
    if beside and all(given.array is None for given in beside):  # None for each setting
        return first
    found = _fitting(placed, names, values)
    if found is not None:
        return found
    if len(placed) == len(own):
        return first
    raise InputError(
        f"backward returns {len(placed)} values for {len(names)} differentiable arguments "
        f"({', '.join(names)}), and their shapes do not say which of them belongs to which; "
        "return one for each argument, None where there is none"
    )


def _fitting(
    placed: Sequence[Left], names: Sequence[str], values: Mapping[str, Any]
) -> dict[str, Left] | None:
    """The one way to leave arguments out that the shapes allow; of several, the one that leaves
    none out for longest: in (x, mask, W) a first gradient is that of x, not of a mask like it."""
    found: dict[int, list[dict[str, Left]]] = {}
    for chosen in islice(combinations(names, len(placed)), MOST_TRIED):
        given = dict(zip(chosen, placed, strict=True))
        if _fits(given, values):
            kept = sum(
                1 for _ in takewhile(lambda p: p[0] == p[1], zip(chosen, names, strict=False))
            )
            found.setdefault(kept, []).append(given)
    best = found.get(max(found, default=0), [])
    return best[0] if len(best) == 1 else None


def _fits(given: Mapping[str, Left], values: Mapping[str, Any]) -> bool:
    return all(has_shape(g.array, values[n]) for n, g in given.items() if n in values)
