"""Which argument of a hand-written backward is the cotangent, and what the others are."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .forwarded import OUTPUT, REST

_COTANGENT = re.compile(
    r"d|d_?(out|y|z|o|l|h|a|s|loss)\w*|g|gy|gz|g_?out\w*|grad\w*|cotangent|upstream\w*|delta\w*"
    r"|v|ct|dout\w*|\w*_grad|err(or)?",
    re.IGNORECASE,
)
_OUTPUT = re.compile(r"y|z|o|out|output|result", re.IGNORECASE)
_OWN = ("dout", *(f"dout{n}" for n in range(2, 100)))
_CACHE = re.compile(r"cache\w*|saved\w*|residuals?|res|ctx|context|state|tape|memory|fwd\w*")


@dataclass(frozen=True)
class Roles:
    """cotangent: its parameter.  default: what it defaults to, or None.  rest: the other
    parameters, in order, each REST, OUTPUT or the name of a forward's argument.  optional: the
    arguments of the forward that it takes, too, and that have a default."""

    cotangent: str
    default: Any
    order: tuple[str, ...]
    rest: Mapping[str, str]
    optional: tuple[str, ...] = ()

    @property
    def is_one_by_default(self) -> bool:
        """True for backward(self, dout=1)."""
        return isinstance(self.default, (int, float)) and self.default == 1

    def positional(self, cotangent: Any, values: Mapping[str, Any]) -> list[Any]:
        """The arguments of a call; `values` holds the output, the forward's arguments, and under
        backward's own names what the forward returned beside the output."""
        return [
            cotangent
            if name == self.cotangent
            else values[name if self.rest[name] == REST else self.rest[name]]
            for name in self.order
        ]

    @property
    def returned(self) -> tuple[str, ...]:
        """The parameters that only the forward can have returned."""
        return tuple(n for n in self.order if self.rest.get(n) == REST)

    def named(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The optional arguments of a call: a setting that the forward was given holds for both."""
        return {name: values[name] for name in self.optional if name in values}


def roles_of(backward: Callable[..., Any], skip: int, forward: tuple[str, ...]) -> Roles:
    """Read the roles off the names; `skip` leaves out self or ctx."""
    formals = list(inspect.signature(backward).parameters.values())[skip:]
    optional = [p.name for p in formals if p.default is not p.empty and p.name in forward]
    formals = [p for p in formals if p.kind not in (p.VAR_KEYWORD, p.KEYWORD_ONLY)]
    if not formals:  # the last layer of a network: its own cotangent is 1
        return Roles(next(n for n in _OWN if n not in forward), 1, (), {})
    required = [p for p in formals if p.default is p.empty] or formals[:1]
    wanted = [p for p in required if p.kind is not p.VAR_POSITIONAL] or formals[:1]
    chosen = _cotangent([p.name for p in wanted], forward)
    default = next(p.default for p in formals if p.name == chosen)
    rest = {p.name: _role(p.name, forward) for p in wanted if p.name != chosen}
    return Roles(
        chosen,
        None if default is inspect.Parameter.empty else default,
        tuple(p.name for p in wanted),
        rest,
        tuple(n for n in optional if n not in rest and n != chosen),
    )


def _cotangent(names: list[str], forward: tuple[str, ...]) -> str:
    if len(names) == 1:
        return names[0]
    own = [n for n in names if n not in forward]
    likely = [n for n in own if _COTANGENT.fullmatch(n)]
    plain = [n for n in own if not _CACHE.fullmatch(n) and not _OUTPUT.fullmatch(n)]
    return (likely or plain or own or names)[0]


def _role(name: str, forward: tuple[str, ...]) -> str:
    if name in forward:
        return name
    return OUTPUT if _OUTPUT.fullmatch(name) and not _CACHE.fullmatch(name) else REST
