"""Named dims as users write them: "b n", "" for a scalar, "... n", "b (g c) h w", "b 1 n", "b
3"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ..errors import InputError, InputTypeError
from ..index.dims import BATCH, Dim
from ..index.domains import Domain, real
from ..program import Layout
from .context import constant_dim

_TOKEN = re.compile(r"\.\.\.|\(|\)|[A-Za-z][A-Za-z0-9_]*|\d+|\S")


def as_domain(name: str, given: str | Domain) -> Domain:
    """The domain that a user gave for an argument; a bare string means real numbers."""
    if isinstance(given, str):
        return real(given)
    if isinstance(given, Domain):
        return given
    raise InputTypeError(
        f"the dims of '{name}' must be a string such as \"b n\", not {type(given).__name__}"
    )


def parse_dims(
    text: str, name: str, refined: Mapping[str, tuple[Dim, ...]] | None = None
) -> Layout:
    """The real axes of an array, each the dims that it holds; a dim that is being split becomes
    its parts."""
    refined = refined or {}
    axes: list[tuple[Dim, ...]] = []
    group: list[Dim] | None = None
    for token in _TOKEN.findall(text):
        if token == "(":
            if group is not None:
                raise _wrong(text, name, "groups cannot be nested")
            group = []
        elif token == ")":
            if group is None:
                raise _wrong(text, name, "a ')' closes nothing")
            axes.append(tuple(group))
            group = None
        else:
            held = _held(token, text, name, refined)
            if group is None:
                axes.append(held)
            else:
                group.extend(held)
    if group is not None:
        raise _wrong(text, name, "a '(' is not closed")
    for place, axis in enumerate(axes):
        if any(d.is_batch for d in axis) and (place or len(axis) > 1):
            raise _wrong(text, name, "'...' stands for leading dims, so it comes first and alone")
    return tuple(axes)


def _held(
    token: str, text: str, name: str, refined: Mapping[str, tuple[Dim, ...]]
) -> tuple[Dim, ...]:
    if token == BATCH:
        return (Dim(BATCH),)
    if token.isdigit():
        if token == "0":
            raise _wrong(text, name, "an axis of length 0 holds nothing to derive")
        return () if int(token) == 1 else refined.get(f"k{int(token)}", (constant_dim(int(token)),))
    if not token[0].isalpha():
        raise _wrong(text, name, f"'{token}' is neither a name nor a length")
    return refined.get(token, (Dim(token),))


def _wrong(text: str, name: str, why: str) -> InputError:
    return InputError(
        f'dims "{text}" of \'{name}\': {why}; write them as "b n", "... n", "b (g c)" or ""'
    )


def with_lengths(
    domains: Mapping[str, str | Domain], lengths: Mapping[str, int]
) -> dict[str, str | Domain]:
    """The same domains, some dims being numbers: "b n" with n = 3 is "b 3"."""
    found: dict[str, str | Domain] = {}
    for name, given in domains.items():
        domain = as_domain(name, given)
        tokens = [str(lengths.get(t, t)) for t in _TOKEN.findall(domain.dims)]
        below = domain.below
        bound = lengths.get(below, below) if isinstance(below, str) else below
        found[name] = replace(domain, dims=" ".join(tokens), below=bound)
    return found


def held_domain(domain: Domain) -> Domain:
    """The domain as a tensor carries it, without the dims as text."""
    return replace(domain, dims="")


def layout_text(layout: Layout) -> str:
    """A layout as a user would write it."""
    return " ".join(_axis_text(axis) for axis in layout)


def _axis_text(axis: tuple[Dim, ...]) -> str:
    names = [
        str(d.length) if d.length is not None and d.name == f"k{d.length}" else d.name for d in axis
    ]
    return names[0] if len(names) == 1 else f"({' '.join(names)})" if names else "1"
