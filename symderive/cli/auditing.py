"""Paths and names => what became of each pair that they mean."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from ..audit.batch import Options, Outcome, audit_all, audited_as_given
from ..audit.pairs import Found, found_at
from ..errors import InputError, SymderiveError
from .modules import holds_pairs, load_code, loaded, python_files


def outcomes_of(paths: Sequence[str], known: Options, may_be_none: bool) -> list[Outcome]:
    """What became of each pair that the paths name. Raises where there is none."""
    found: list[Outcome] = []
    for path in paths:
        if Path(path).exists():
            found += _of_path(Path(path), known)
        else:
            found.append(_of_names(path, known))
    if not found and not may_be_none:
        raise InputError(
            f"nothing in {', '.join(paths)} has the names of a forward and a backward; say which "
            "they are, as in FILE.py:FORWARD,BACKWARD"
        )
    return found


def _of_path(path: Path, known: Options) -> list[Outcome]:
    """Every pair of a file or of a folder; a file that does not import is one line."""
    found: list[Outcome] = []
    for file in python_files(path):
        try:
            with silent():
                module = loaded(file) if holds_pairs(file) else None
                found += audit_all(module, known) if module is not None else []
        except SymderiveError as error:
            here = Found(file.name, None, str(file), 0)
            found.append(Outcome(here, trouble=str(error).splitlines()[0]))
    return found


def _of_names(where: str, known: Options) -> Outcome:
    with silent():
        return audited_as_given(found_at(where, load_code(where)), known)


@contextmanager
def silent() -> Iterator[None]:
    """For this time what is printed goes nowhere: audited code runs hundreds of times."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        yield
