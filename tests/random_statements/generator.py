"""Random plain NumPy functions, written by trying: a line is kept where it runs and its values are
moderate, at two sets of lengths. Nothing here knows a rule of shapes or of ranges but NumPy.
"""

from __future__ import annotations

import itertools
import linecache
import random
import string
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from symderive.index.domains import Domain, integers, positive

from .templates import CONDITIONS, HELPERS, MERGING, NAMES, NEW, VIEWS, WRITES

Array = Any
LENGTHS = ({"b": 2, "n": 5, "m": 3}, {"b": 3, "n": 7, "m": 2})
SHAPES = ("", "n", "b n", "n m", "m n", "n n", "b", "b n m", "m", "b 4")
MOST_ELEMENTS, LARGEST, SMALLEST_SPAN = 130, 40.0, 1e-3
TRIES = 30
_numbers = itertools.count()


@dataclass(frozen=True)
class Function:
    """A forward as lines of text; the last is what it returns.

    dims: for each argument its dims.  kinds: those that are "labels" below n, or "positive".
    """

    dims: Mapping[str, str]
    kinds: Mapping[str, str]
    lines: tuple[str, ...]

    @property
    def source(self) -> str:
        """The text of the module."""
        body = "\n".join(f"    {part}" for line in self.lines for part in line.split("\n"))
        return f"{HELPERS}def program({', '.join(self.dims)}):\n{body}\n"

    @property
    def domains(self) -> dict[str, str | Domain]:
        """What `derive` is told of the arguments."""
        make: Mapping[str, Callable[[str], str | Domain]] = {
            "labels": lambda dims: integers(dims, below="n"),
            "positive": positive,
            "real": str,
        }
        return {name: make[self.kinds.get(name, "real")](d) for name, d in self.dims.items()}

    def compiled(self) -> Callable[..., Array]:
        """The function, with a source that tracebacks can read."""
        file = f"<random statements {next(_numbers)}>"
        linecache.cache[file] = (len(self.source), None, self.source.splitlines(True), file)
        scope: dict[str, Any] = {"__name__": "random_statements"}
        exec(compile(self.source, file, "exec"), scope)
        found: Callable[..., Array] = scope["program"]
        return found

    def arrays(self, seed: int, lengths: Mapping[str, int] = LENGTHS[0]) -> tuple[Array, ...]:
        """Inputs of these lengths."""
        rng = np.random.default_rng(seed)
        return tuple(self._array(name, rng, lengths) for name in self.dims)

    def _array(self, name: str, rng: np.random.Generator, lengths: Mapping[str, int]) -> Array:
        shape = tuple(lengths.get(d) or int(d) for d in self.dims[name].split())
        kind = self.kinds.get(name, "real")
        if kind == "labels":
            return rng.integers(0, lengths["n"], shape)
        return rng.uniform(0.5, 1.5, shape) if kind == "positive" else rng.normal(0, 0.8, shape)

    def shorter(self) -> Iterator[Function]:
        """The same without one of its lines, or with an earlier result."""
        for n in range(len(self.lines) - 1):
            yield replace(self, lines=self.lines[:n] + self.lines[n + 1 :])
        for n in range(len(self.lines) - 2, -1, -1):
            head, equals, _ = self.lines[n].partition(" = ")
            if equals and head.isidentifier():
                shorter = replace(self, lines=(*self.lines[: n + 1], f"return {head}"))
                if len(shorter.source) < len(self.source):
                    yield shorter


def runs(function: Function) -> bool:
    """True where it runs at both sets of lengths, see `shapes_of`."""
    return shapes_of(function) is not None


def shapes_of(function: Function) -> tuple[tuple[int, ...], ...] | None:
    """The shapes of its result at both sets of lengths; None where it does not run, its values are
    not moderate, or it writes to its inputs.
    """
    call, shapes = function.compiled(), []
    for seed, lengths in enumerate(LENGTHS):
        given = function.arrays(seed, lengths)
        kept = [np.array(x) for x in given]
        with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
            warnings.simplefilter("error")
            try:
                y = call(*given)
            except (ValueError, IndexError, TypeError, AttributeError, ArithmeticError, NameError,
                    UserWarning, Warning):  # fmt: skip
                return None
        if not all(map(np.array_equal, kept, given)) or not _is_moderate(y):
            return None
        shapes.append(np.shape(y))
    if len({len(shape) for shape in shapes}) > 1:  # np.squeeze of what has length 1 by chance
        return None
    return tuple(shapes)


def _is_moderate(y: Any) -> bool:
    y = np.asarray(y)
    if y.dtype.kind != "f" or not 0 < y.size <= MOST_ELEMENTS or y.ndim > 4:
        return False
    return bool(np.all(np.isfinite(y)) and np.max(np.abs(y)) < LARGEST)


def _any(shape: tuple[int, ...]) -> bool:
    return True


_FITS: Mapping[str, Callable[[tuple[int, ...]], bool]] = {
    "v": lambda shape: len(shape) > 0,
    "s": lambda shape: len(shape) == 2 and shape[0] == shape[1],
}


class Writer:
    """Writes one function: a pool of names, and lines that were seen to run."""

    def __init__(self, decisions: random.Random) -> None:
        self.random = decisions
        self.dims, self.kinds = self._arguments()
        self.lines: list[str] = []
        self.pool = [n for n in self.dims if self.kinds.get(n) != "labels"]
        self.made: list[str] = []
        self.shapes = {n: self._shapes_of_argument(n) for n in self.pool}

    def _shapes_of_argument(self, name: str) -> tuple[tuple[int, ...], ...]:
        shapes = shapes_of(self.function([f"return {name} * 1.0"]))
        assert shapes is not None
        return shapes

    def _arguments(self) -> tuple[dict[str, str], dict[str, str]]:
        names = ("x", "z", "w")[: self.random.choice((1, 2, 2, 3))]
        dims = {name: self.random.choice(SHAPES) for name in names}
        kinds = {n: "positive" for n in names if self.random.random() < 0.2}
        if self.random.random() < 0.3:
            dims["t"], kinds["t"] = self.random.choice(("b", "n")), "labels"
        return dims, kinds

    def function(self, lines: Sequence[str]) -> Function:
        return Function(self.dims, self.kinds, tuple(lines))

    def write(self, statements: int) -> Function:
        for _ in range(TRIES * statements):
            if len(self.lines) >= statements:
                break
            self._try()
        return self._finished()

    def _try(self) -> None:
        roll = self.random.random()
        if roll < 0.3 and self.made:
            target = self.random.choice(self.made[-3:])
            self._keep(self._filled(self.random.choice(WRITES), target), target)
            return
        name = f"{self.random.choice(string.ascii_lowercase[:8])}{len(self.lines)}"
        rows = VIEWS if roll < 0.45 and self.made else MERGING if roll > 0.97 else NEW
        if self._keep(f"{name} = {self._filled(self.random.choice(rows))}", name):
            self.pool.append(name)
            self.made.append(name)

    def _keep(self, line: str, name: str) -> bool:
        shapes = shapes_of(self.function([*self.lines, line, f"return {name}"]))
        if shapes is None:
            return False
        self.lines.append(line)
        self.shapes[name] = shapes
        return True

    def _filled(self, row: str, target: str = "") -> str:
        letters = {key for _, key, _, _ in string.Formatter().parse(row) if key}
        known = {"o": target, "t": "t", "k": self.random.choice("123"), "f": "", "m": ""}
        known["i"] = self.random.choice(("0", "-1", "1"))
        known["f"] = self.random.choice(NAMES)
        found = {key: known[key] if key in known else self._operand(key) for key in letters}
        if "m" in letters:
            found["m"] = f"({self._filled(self.random.choice(CONDITIONS))})"
        return row.format(**found)

    def _operand(self, key: str) -> str:
        fits = [n for n in self.pool if all(_FITS.get(key, _any)(s) for s in self.shapes[n])]
        late = fits[-3:] if self.random.random() < 0.6 else fits
        return self.random.choice(late or self.pool)

    def _finished(self) -> Function:
        """What was made last, with the sum of what was made before and is nowhere used."""
        result = self.made[-1] if self.made else self.pool[0]
        text = result
        for other in self.made[-4:-1]:
            longer = f"{text} + np.sum({other})"
            if runs(self.function([*self.lines, f"return {longer}"])):
                text = longer
        if text == self.pool[0]:
            text = f"2 * {text}"
        return self.function([*self.lines, f"return {text} * 1.0"])


def write(seed: int, statements: int | None = None) -> Function:
    """The function of this seed, of 3 to 14 statements."""
    return Writer(random.Random(seed)).write(statements or 3 + seed % 12)
