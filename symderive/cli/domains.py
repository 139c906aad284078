"""`--dims` text => domains: 'x=b n', 'w=', 'x=positive n', 't=integers b below n', ...."""

from __future__ import annotations

import keyword
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from ..errors import InputError
from ..index.domains import Domain, offered


def domains_of(specs: Sequence[str]) -> dict[str, Domain]:
    """The domain of each argument that `--dims` names."""
    found: dict[str, Domain] = {}
    for spec in specs:
        name, equals, words = spec.partition("=")
        name = name.strip()
        if not equals or not is_name(name):
            raise InputError(
                f"--dims wants ARGUMENT=DIMS, not '{spec}'; for example {_examples()}."
            )
        if name in found:
            raise InputError(f"--dims names '{name}' twice; give its dims once.")
        found[name] = _domain(spec, words.split())
    return found


def is_name(word: str) -> bool:
    """True for what may name a Python variable."""
    return word.isidentifier() and not keyword.iskeyword(word)


def _domain(spec: str, words: list[str]) -> Domain:
    kind = offered()[words.pop(0) if words and words[0] in offered() else "real"]
    words, options = _split(spec, words, kind.options)
    domain = kind(" ".join(_dims(spec, words)), **options)
    if domain.is_label and domain.below is None:
        raise InputError(f"'{spec}' does not bound the labels; write '{kind.example}'.")
    return domain


def _examples() -> str:
    given = [f"'{d.example}'" for d in offered().values()]
    return ", ".join([given[0], "'w=' (a scalar)", *given[1:]])


def _split(spec: str, words: list[str], options: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
    """The dims, and the word that follows each option."""
    at = next((n for n, word in enumerate(words) if word in options), len(words))
    names, values = words[at::2], words[at + 1 :: 2]
    if len(values) < len(names) or not {*names} <= {*options}:
        raise InputError(f"'{spec}' wants one word after '{words[at]}'; for example {_examples()}.")
    return words[:at], {n: _value(spec, n, v) for n, v in zip(names, values, strict=True)}


def _dims(spec: str, words: list[str]) -> list[str]:
    for place, word in enumerate(words):
        plain = word.removeprefix("(").removesuffix(")")  # x=b (h d): one axis of two dims
        if is_name(plain) or plain.isdigit() or (word == "..." and place == 0):
            continue
        raise InputError(
            f"'{word}' in '{spec}' is not the name of a dim; dims are names or lengths "
            f"between spaces, such as 'b n', and '...' may lead."
        )
    meant = get_close_matches(words[0], offered(), n=1, cutoff=0.85) if words else []
    if meant and words[0] not in offered():
        raise InputError(f"'{words[0]}' in '{spec}' is no domain. Did you mean '{meant[0]}'?")
    return words


def _value(spec: str, option: str, word: str) -> str | int | float:
    """A number, or for what labels stay below the name of a dim."""
    if option == "below" and not word.isdigit():
        return word
    try:
        return float(word) if "." in word else int(word)
    except ValueError:
        raise InputError(f"'{option} {word}' in '{spec}' is not a whole number.") from None
