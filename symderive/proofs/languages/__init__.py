"""The prose of a proof, one file a language. A new language is a new file beside `en.toml`, with
the same keys."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ...errors import InputError, nearest
from ..tree import Inline, Math, Number, Strong, Typed

_PLACE = re.compile(r"\{(\w+)\}")
Piece = str | Math | Typed | Strong | Number


@dataclass(frozen=True)
class Language:
    """A language: its code, and its texts by key."""

    code: str
    texts: Mapping[str, str]

    def word(self, key: str) -> str:
        """A text without places to fill."""
        return self.texts[key]

    def get(self, key: str) -> str | None:
        """A text that need not exist, such as the name of something counted."""
        return self.texts.get(key)

    def say(self, key: str, **values: Piece | Inline) -> Inline:
        """A text with its `{places}` filled by formulas, code or words."""
        return filled(self.texts[key], values)


def filled(template: str, values: Mapping[str, Piece | Inline]) -> Inline:
    """A template's text with its places filled."""
    parts: list[Piece] = []
    for n, piece in enumerate(_PLACE.split(template)):
        if n % 2 == 0:
            parts += [piece] if piece else []
        else:
            value = values[piece]
            parts += value if isinstance(value, tuple) else (value,)
    return tuple(parts)


def places(template: str) -> frozenset[str]:
    """The names of a template's places."""
    return frozenset(_PLACE.findall(template))


@cache
def known() -> tuple[str, ...]:
    """The codes of the languages that have a file."""
    return tuple(sorted(f.name[:-5] for f in files(__name__).iterdir() if f.name.endswith(".toml")))


@cache
def language(code: str) -> Language:
    """A language by its code; an unknown one is an error that lists those there are."""
    if code not in known():
        raise InputError(
            f"no language '{code}': there are {', '.join(known())}."
            f"{nearest(str(code), list(known()))}"
        )
    tables = tomllib.loads((files(__name__) / f"{code}.toml").read_text(encoding="utf-8"))
    texts = {
        f"{table}.{key}": _joined(text)
        for table, entries in tables.items()
        for key, text in entries.items()
    }
    return Language(code, texts)


def _joined(text: str) -> str:
    """A text written over several lines as one line; Chinese lines join without a space."""
    lines = text.split("\n")
    joined = lines[0]
    for line in lines[1:]:
        latin = joined[-1:].isascii() or line[:1].isascii()
        joined += f" {line}" if latin and joined[-1:] != " " else line
    return joined
