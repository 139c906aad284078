"""`--example` text or files => the dims that their shapes tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..index.domains import Domain, integers, real
from .domains import is_name

LETTERS = ("b", "n", "m", "k", "h", "w", "t", "c")


def dims_of_examples(specs: Sequence[str]) -> dict[str, Domain]:
    """`x=4,5` => x over the dims b n: axes of one length are one dim; whole numbers are labels."""
    found = [one for spec in specs for one in _shapes(spec)]
    letters: dict[int, str] = {}
    for _, shape, _ in found:
        for length in shape:
            if length > 1 and length not in letters:
                number = len(letters)
                letters[length] = LETTERS[number] if number < len(LETTERS) else f"d{length}"
    return {name: _domain(shape, labels, letters) for name, shape, labels in found}


def _domain(shape: Sequence[int], labels: int, letters: dict[int, str]) -> Domain:
    dims = " ".join(letters[k] if k > 1 else "1" for k in shape)
    if not labels:
        return real(dims)
    above = [k for k in letters if k >= labels]
    return integers(dims, below=letters[min(above)] if above else labels)


def _shapes(spec: str) -> Iterator[tuple[str, tuple[int, ...], int]]:
    """Name, shape, and for whole numbers how many there are."""
    name, equals, sizes = (part.strip() for part in spec.partition("="))
    if not equals:
        yield from _in_file(Path(spec))
        return
    parts = [part.strip() for part in sizes.split(",") if part.strip()]
    if not is_name(name) or not all(part.isdigit() and int(part) for part in parts):
        raise InputError(
            f"--example wants ARG=LENGTHS or a file of arrays, not '{spec}'; for example 'x=4,5'."
        )
    yield name, tuple(map(int, parts)), 0


def _in_file(path: Path) -> Iterator[tuple[str, tuple[int, ...], int]]:
    if not path.is_file():
        raise InputError(f"--example: there is no file {path}; a shape is ARG=4,5.")
    try:
        with np.load(path, allow_pickle=False) as arrays:
            held = {name: arrays[name] for name in arrays.files}
    except (ValueError, OSError, AttributeError) as error:
        raise InputError(f"--example: {path} is no .npz file of arrays") from error
    for name, array in held.items():
        whole = array.dtype.kind in "iu" and array.size
        yield name, array.shape, int(array.max()) + 1 if whole else 0
