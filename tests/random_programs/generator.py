"""Random plain NumPy forwards as source text, with domains on which they are smooth enough."""

from __future__ import annotations

import itertools
import linecache
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st

from symderive.index.domains import Domain, integers, positive

from .moves import MOVES
from .values import LENGTHS, Chooser, Value, length

T = TypeVar("T")
Array = Any
HEADER = """import numpy as np


def soft(u, axis):
    e = np.exp(u)
    return e / np.sum(e, axis=axis, keepdims=True)

"""
SHAPES = ((), ("n",), ("b", "n"), ("n", "m"), ("b",), ("m", "n"), ("n", "n"), ("b", "n", "m"))
LARGEST = 40.0
_numbers = itertools.count()


@dataclass(frozen=True, eq=False)
class RandomProgram:
    """A forward as a chain of values; the last is what it returns."""

    inputs: tuple[Value, ...]
    result: Value

    @property
    def values(self) -> tuple[Value, ...]:
        """The values that the result needs, in the order in which they were made."""
        found: dict[int, Value] = {}
        stack = [self.result]
        while stack:
            value = stack.pop()
            if value.text and value.serial not in found:
                found[value.serial] = value
                stack.extend(value.operands)
        return tuple(found[serial] for serial in sorted(found))

    @property
    def source(self) -> str:
        """The text of the module."""
        names = {id(v): v.name for v in self.inputs}
        lines = []
        for number, value in enumerate(self.values):
            expression = value.text.format(*(names[id(o)] for o in value.operands))
            names[id(value)] = names[id(value.operands[0])] if value.writes else f"u{number}"
            lines.append(expression if value.writes else f"{names[id(value)]} = {expression}")
        lines.append(f"return {names[id(self.result)]}")
        arguments = ", ".join(v.name for v in self.inputs)
        return (
            HEADER + f"\ndef program({arguments}):\n" + "".join(f"    {line}\n" for line in lines)
        )

    @property
    def domains(self) -> dict[str, str | Domain]:
        """The named dims and domain of each input."""
        make: dict[str, Callable[[str], str | Domain]] = {
            "real": str,
            "positive": positive,
            "labels": lambda dims: integers(dims, below="n"),
        }
        return {v.name: make[v.domain](" ".join(v.dims)) for v in self.inputs}

    def compiled(self) -> Callable[..., Array]:
        """The function, with a source file that `inspect` and tracebacks can read."""
        file = f"<random program {next(_numbers)}>"
        source = self.source
        linecache.cache[file] = (len(source), None, source.splitlines(True), file)
        scope: dict[str, Any] = {"__name__": "random_program"}
        exec(compile(source, file, "exec"), scope)
        program: Callable[..., Array] = scope["program"]
        return program

    @property
    def any_lengths(self) -> bool:
        """Whether it runs for axes of length one: it takes no slice and no element."""
        return not any("[" in v.text and "None" not in v.text for v in self.values)

    def arrays(self, seed: int, lengths: Mapping[str, int] = LENGTHS) -> tuple[Array, ...]:
        """Inputs within their ranges."""
        rng = np.random.default_rng(seed)
        shapes = [tuple(length(d, lengths) for d in v.dims) for v in self.inputs]
        return tuple(
            rng.integers(0, lengths["n"], shape)
            if v.domain == "labels"
            else rng.uniform(v.low, v.high, shape)
            for v, shape in zip(self.inputs, shapes, strict=True)
        )

    def smaller(self) -> list[RandomProgram]:
        """Programs with one value less: an earlier result, or an operand in its place."""
        found = [
            replace(self, result=o) for o in self.result.operands if o.domain != "labels" and o.text
        ]
        for value in self.values:
            for operand in value.operands:
                if (
                    operand.dims == value.dims
                    and operand.domain != "labels"
                    and value is not self.result
                ):
                    found.append(replace(self, result=_replaced(self.result, value, operand, {})))
        used = {id(o) for v in self.values for o in v.operands}
        if any(id(v) not in used for v in self.inputs) and used:
            found.append(replace(self, inputs=tuple(v for v in self.inputs if id(v) in used)))
        return found


def _replaced(root: Value, old: Value, new: Value, memo: dict[int, Value]) -> Value:
    if root is old:
        return new
    if id(root) not in memo:
        operands = tuple(_replaced(o, old, new, memo) for o in root.operands)
        same = all(a is b for a, b in zip(operands, root.operands, strict=True))
        memo[id(root)] = root if same else replace(root, operands=operands)
    return memo[id(root)]


def write(c: Chooser, statements: int) -> RandomProgram:
    """A program of about as many statements, by the decisions of a chooser."""
    inputs = _inputs(c)
    pool = list(inputs)
    for _ in range(statements):
        value = c.pick(MOVES)(c, pool)
        if value is None or value.size > LARGEST or np.prod([1, *map(length, value.dims)]) > 150:
            continue
        if value.writes:
            pool = [v for v in pool if not _sees(v, value.operands[0])]
        pool.append(value)
    made = [v for v in pool if v.text] or [
        Value(inputs[0].dims, -3, 3, text="2 * {0}", operands=inputs[:1])
    ]
    result = made[-1]
    for other in made[-3:-1]:  # bring what was left over into the result
        if c.chance(50) and not result.writes:
            result = Value(result.dims, -99, 99, text="{0} + np.sum({1})", operands=(result, other))
    return RandomProgram(inputs, result)


def _sees(value: Value, base: Value) -> bool:
    """Whether a value is an array or a view of it."""
    return value is base or (not value.owned and any(_sees(o, base) for o in value.operands))


def _inputs(c: Chooser) -> tuple[Value, ...]:
    inputs = []
    for name in ("x", "z", "w")[: c.pick((1, 2, 2, 3))]:
        if c.chance(40):
            inputs.append(
                Value(c.pick(SHAPES), 0.5, 1.5, True, name=name, domain="positive", owned=False)
            )
        else:
            inputs.append(Value(c.pick(SHAPES), -1.5, 1.5, name=name, owned=False))
    if any("n" in v.dims for v in inputs) and c.chance(15):
        inputs.append(Value(("b",), 0, 3, name="t", domain="labels", owned=False))
    return tuple(inputs)


class Seeded:
    """Decisions from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def pick(self, options: Sequence[T]) -> T:
        return self._random.choice(options)

    def chance(self, percent: int) -> bool:
        return self._random.randrange(100) < percent


def programs(most: int = 8) -> st.SearchStrategy[RandomProgram]:
    """Random programs of two to `most` statements.

    Hypothesis draws the seed alone: drawing every decision makes it repeat the shortest programs.
    """
    seeds = st.integers(0, 2**64 - 1)
    return seeds.map(lambda seed: write(Seeded(seed), 2 + seed % (most - 1)))
