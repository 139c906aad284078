"""`--dims` text => domains: 'x=b n', 'w=', 'x=positive n', 't=integers b below n', ...."""

from __future__ import annotations

import keyword
from collections.abc import Sequence
from difflib import get_close_matches

from ..errors import InputError
from ..index.domains import Domain, boolean, integers, positive, real, simplex

KINDS = ("real", "positive", "integers", "boolean", "simplex")
EXAMPLES = (
    "'x=b n', 'w=' (a scalar), 'x=positive n', 't=integers b below n', 'm=boolean b n', "
    "'q=simplex b n axis -1'"
)


def domains_of(specs: Sequence[str]) -> dict[str, Domain]:
    """The domain of each argument that `--dims` names."""
    found: dict[str, Domain] = {}
    for spec in specs:
        name, equals, words = spec.partition("=")
        name = name.strip()
        if not equals or not is_name(name):
            raise InputError(f"--dims wants ARGUMENT=DIMS, not '{spec}'; for example {EXAMPLES}.")
        if name in found:
            raise InputError(f"--dims names '{name}' twice; give its dims once.")
        found[name] = _domain(spec, words.split())
    return found


def is_name(word: str) -> bool:
    """True for what may name a Python variable."""
    return word.isidentifier() and not keyword.iskeyword(word)


def _domain(spec: str, words: list[str]) -> Domain:
    kind = words.pop(0) if words and words[0] in KINDS else "real"
    options = {"integers": "below", "simplex": "axis"}
    words, option = _split(spec, words, options.get(kind))
    dims = " ".join(_dims(spec, words))
    if kind == "integers":
        if option is None:
            raise InputError(f"'{spec}' does not bound the labels; write 't=integers b below n'.")
        return integers(dims, below=int(option) if option.isdigit() else option)
    if kind == "boolean":
        return boolean(dims)
    if kind == "simplex":
        return simplex(dims, axis=-1 if option is None else _whole(spec, option))
    return positive(dims) if kind == "positive" else real(dims)


def _split(spec: str, words: list[str], option: str | None) -> tuple[list[str], str | None]:
    """The dims, and the one word that follows `option`."""
    if option is None or option not in words:
        return words, None
    at = words.index(option)
    if len(words) != at + 2:
        raise InputError(f"'{spec}' wants one word after '{option}'; for example {EXAMPLES}.")
    return words[:at], words[at + 1]


def _dims(spec: str, words: list[str]) -> list[str]:
    for place, word in enumerate(words):
        plain = word.removeprefix("(").removesuffix(")")  # x=b (h d): one axis of two dims
        if is_name(plain) or plain.isdigit() or (word == "..." and place == 0):
            continue
        raise InputError(
            f"'{word}' in '{spec}' is not the name of a dim; dims are names or lengths "
            f"between spaces, such as 'b n', and '...' may lead."
        )
    meant = get_close_matches(words[0], KINDS, n=1, cutoff=0.85) if words else []
    if meant and words[0] not in KINDS:
        raise InputError(f"'{words[0]}' in '{spec}' is no domain. Did you mean '{meant[0]}'?")
    return words


def _whole(spec: str, word: str) -> int:
    if not word.removeprefix("-").isdigit():
        raise InputError(f"'axis {word}' in '{spec}' is not a whole number.")
    return int(word)
