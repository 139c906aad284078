"""What a forward returns => its output, and what its backward wants to be given of the rest."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from ..errors import InputError
from .collect import is_gradient

# roles of what backward takes; no argument can be called so
REST = "the rest"  # what only the forward can have returned
OUTPUT = "the output"


class RoleError(InputError):
    """What was said about the code does not fit it: it must be said otherwise."""


@dataclass(frozen=True)
class Forwarded:
    """output: what is differentiated.  rest: by backward's own names, what it is given.
    saved: all that was returned beside the output."""

    output: Any
    rest: Mapping[str, Any]
    saved: tuple[Any, ...] = ()


def forwarded(result: Any, forward: Callable[..., Any], wanted: Sequence[str]) -> Forwarded:
    """Take apart what a forward returned.

    wanted: the names under which backward takes more than the cotangent, the arguments and the
    output. The names in the forward's own return statement say which is which; then the order.
    """
    if not isinstance(result, tuple) or not result:
        return Forwarded(result, {})
    names = _returned_names(forward, len(result))
    own = {n: names.index(n) for n in wanted if n in names}
    places = [k for k in range(len(result)) if k not in own.values()] or [0]
    first = next((k for k in places if is_gradient(result[k])), places[0])
    rest = [result[k] for k in places if k != first]
    others = [n for n in wanted if n not in own]
    given = {n: result[k] for n, k in own.items()} | _shared(others, rest)
    saved = tuple(v for k, v in enumerate(result) if k != first)
    return Forwarded(result[first], given, saved)


def _shared(names: Sequence[str], rest: Sequence[Any]) -> dict[str, Any]:
    """One for each; a cache that holds them all; all for the one that is wanted."""
    if len(names) == len(rest):
        return dict(zip(names, rest, strict=True))
    packs = [v for v in rest if not is_gradient(v)]
    if len(names) == 1 and rest:
        return {names[0]: packs[0] if len(packs) == 1 else tuple(rest)}
    held = [v for v in packs if isinstance(v, (tuple, list)) and len(v) == len(names)]
    if len(held) == 1:
        return dict(zip(names, held[0], strict=True))
    return dict(zip(names, rest, strict=False))


def answered(names: Sequence[str], rest: Mapping[str, Any], forward: Sequence[str]) -> None:
    """Raise for what backward wants and the forward did not return."""
    lacking = [n for n in names if n not in rest]
    if lacking:
        raise RoleError(
            f"backward also takes '{lacking[0]}', which is no argument of the forward; a backward "
            f"may take the cotangent, the forward's arguments by their names "
            f"({', '.join(forward)}), its output (y) and what the forward returns beside it"
        )


@cache
def _returned_names(forward: Callable[..., Any], count: int) -> tuple[str, ...]:
    """The variables in the return statement of so many values, "" for what is none."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(forward)))
    except (OSError, TypeError, SyntaxError):  # code without a file
        return ("",) * count
    found = [
        tuple(e.id if isinstance(e, ast.Name) else "" for e in node.value.elts)
        for node in ast.walk(tree)
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple)
    ]
    alike = {names for names in found if len(names) == count}
    return alike.pop() if len(alike) == 1 else ("",) * count
