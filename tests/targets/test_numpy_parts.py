"""An index over one dim may read a part of an axis of another: every form of array code takes that
part, and no more. Random elements, sums and products are printed, run, and compared with the
evaluator.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from symderive import derive
from symderive.arrays.axes import NeedsLastAxis
from symderive.arrays.scope import Scope
from symderive.arrays.statements import lines_of
from symderive.errors import SymderiveError
from symderive.index import nodes
from symderive.index.dims import Dim, Index
from symderive.index.domains import integers
from symderive.index.evaluate import Evaluator
from symderive.index.nodes import Expr, Tensor, bracket, delta, idx, size
from symderive.program import Argument, Output
from symderive.schedule import Procedure, Statement
from symderive.targets.numpy.words import numpy_words
from symderive.targets.python.rows import rows_of

B, N = Dim("b"), Dim("n")
LESS = Dim("p", None, (("", -1), ("n", 1)))  # n - 1
MORE = Dim("q", None, (("", 1), ("n", 1)))  # n + 1
FOUR, THREE, TWO = Dim("f", 4), Dim("k", 3), Dim("h", 2)
LENGTHS = {"b": 3, "n": 4, "...": 2}
SHORTER = {MORE: (N, LESS), N: (LESS,), FOUR: (THREE, TWO), THREE: (TWO,)}
BATCH = Dim("...")
ARRAYS = {
    Tensor(f"a{place}", dims)
    for place, dims in enumerate(
        [(N,), (FOUR,), (MORE,), (N, N), (FOUR, FOUR), (THREE, FOUR), (MORE, N), (B, N), (B, FOUR),
         (N, B), (B, N, N), (B, FOUR, THREE), (FOUR, FOUR, FOUR), (BATCH, N), (BATCH, FOUR, FOUR)]
    )
}  # fmt: skip
LABELS = {
    Tensor(f"t{place}", dims, integers("", below))
    for place, (dims, below) in enumerate(
        [
            ((B,), "n"),
            ((N,), "n"),
            ((FOUR,), 4),
            ((B,), 4),
            ((FOUR,), 3),
            ((N, FOUR), "n"),
            ((BATCH,), "n"),
        ]
    )
}
Taken = dict[Dim, int]


def below(label: Tensor) -> Expr:
    bound = label.domain.below
    return nodes.num(bound) if isinstance(bound, int) else size(Dim(str(bound)))


def index(c: random.Random, dim: Dim, taken: Taken) -> Index:
    """A new index, or one that is in use."""
    serial = 0 if dim.is_batch else c.randint(0, taken.get(dim, 0)) % 3
    taken[dim] = max(taken.get(dim, 0), serial + 1)
    return Index(dim, serial)


def place(c: random.Random, dim: Dim, taken: Taken, depth: int = 0) -> Expr:
    """A place that is certainly on an axis of this dim."""
    kinds = ["whole", "part", "part", "part", "label", "number", "back", "around"]
    kind = "whole" if dim.is_batch else c.choice(kinds)
    if kind == "part" and dim in SHORTER:
        short = c.choice(SHORTER[dim])
        if dim is FOUR and short is TWO and c.random() < 0.5:
            return 2 * idx(index(c, short, taken)) + c.randint(0, 1)
        spare = {(MORE, LESS): 2, (FOUR, TWO): 2}.get((dim, short), 1)
        return idx(index(c, short, taken)) + c.randint(0, spare)
    fitting = [t for t in sorted(LABELS, key=lambda t: t.name) if below(t) is size(dim)]
    if kind == "label" and fitting and depth < 2:
        return element(c, c.choice(fitting), taken, depth + 1)
    if kind == "number" and dim in (FOUR, THREE):
        return nodes.num(c.randrange(3))
    if kind == "back":
        return size(dim) - 1 - idx(index(c, dim, taken))
    if kind == "around":
        return nodes.mod(idx(index(c, dim, taken)) + 1, size(dim))
    return idx(index(c, dim, taken))


def element(c: random.Random, tensor: Tensor, taken: Taken, depth: int = 0) -> nodes.Ref:
    places = [place(c, dim, taken, depth) for dim in tensor.dims]
    found = nodes.ref(tensor, *places)
    assert isinstance(found, nodes.Ref)
    return found


def choice(c: random.Random, free: list[Index]) -> Expr:
    """What holds of some of the indices."""
    first, second = c.choice(free), c.choice(free)
    label = element(c, c.choice(sorted(LABELS, key=lambda t: t.name)), {})
    if label.free <= set(free) and c.random() < 0.4:
        return delta(idx(first), label)
    if first is second:
        return nodes.ONE
    relation = c.choice(["gt", "ge", "eq"])
    return delta(idx(first), idx(second)) if relation == "eq" else bracket(
        relation, idx(first), idx(second)
    )  # fmt: skip


def statement(seed: int) -> tuple[tuple[Index, ...], Expr]:
    """A random statement of elements: their product, with a choice, a sum over some of the
    indices, a maximum, and a sum of two."""
    c = random.Random(seed)
    taken: Taken = {}
    arrays = sorted(ARRAYS, key=lambda t: t.name)
    value: Expr = element(c, c.choice(arrays), taken)
    if c.random() < 0.5:
        value = value * element(c, c.choice(arrays), taken)
    free = sorted(i for i in value.free if not i.dim.is_batch)
    if free and c.random() < 0.3:
        value = value * choice(c, free)
    if c.random() < 0.2:
        value = value + element(c, c.choice(arrays), taken)
    free = sorted(value.free)
    bound = [i for i in free if not i.dim.is_batch and c.random() < 0.5]
    value = nodes.reduce_(c.choice(["sum", "sum", "sum", "max"]), bound, value) if bound else value
    frame = [i for i in free if i not in bound]
    c.shuffle(frame)
    frame.sort(key=lambda i: not i.dim.is_batch)
    return tuple(frame), value


def arrays() -> dict[str, Any]:
    rng = np.random.default_rng(3)
    lengths = {d: Evaluator({}, LENGTHS)(size(d), ()) for t in ARRAYS | LABELS for d in t.dims}
    shapes = {t: [int(lengths[d]) for d in t.dims] for t in ARRAYS | LABELS}
    most = {t: int(Evaluator({}, LENGTHS)(below(t), ())) for t in LABELS}
    found = {t.name: rng.normal(size=shapes[t]) for t in ARRAYS}
    return found | {t.name: rng.integers(0, most[t], shapes[t]) for t in LABELS}


def run(indices: tuple[Index, ...], value: Expr, given: dict[str, Any]) -> tuple[Any, str]:
    """What the printed statement computes, and its text."""
    result = Tensor("result", tuple(i.dim for i in indices))
    every = sorted(ARRAYS | LABELS, key=lambda t: t.name)
    arguments = tuple(Argument(t, tuple((d,) for d in t.dims)) for t in every)
    output = Output(result, tuple((d,) for d in result.dims))
    procedure = Procedure(arguments, (Statement(result, indices, value),), (output,))
    text = "\n".join(rows_of(lines_of(procedure, Scope(), {}), numpy_words(), 0))
    space = {"np": np, "_cumsum": np.cumsum, **given}
    exec(text, space)
    return space["result"], text


@pytest.mark.parametrize("seed", range(0, 2000, 200))
def test_no_more_of_an_axis_is_taken_than_its_index_reads(seed: int) -> None:
    given = arrays()
    for number in range(seed, seed + 200):
        indices, value = statement(number)
        said = f"{number}: {value} over {indices}"
        expected = Evaluator(given, LENGTHS)(value, indices)
        try:
            found, text = run(indices, value, given)
        except NeedsLastAxis:
            continue  # labels of labels over batch dims, which no row of array code reads
        except (ValueError, IndexError, TypeError) as error:
            raise AssertionError(f"{said}: {error}") from error
        assert np.shape(found) == expected.shape, f"{said}: {text}"
        np.testing.assert_allclose(
            found, expected, rtol=1e-12, atol=1e-12, err_msg=f"{said}: {text}"
        )


def test_what_no_row_of_array_code_reads_is_refused_in_a_sentence() -> None:
    def chosen(z: Any, t: Any, u: Any) -> Any:
        return np.take_along_axis(z, u[t], -1) * 2

    labels = {"t": integers("...", below="n"), "u": integers("n 4", below="n")}
    with pytest.raises(SymderiveError, match="batch dims"):
        derive(chosen, z="... n", **labels).build("numpy")
