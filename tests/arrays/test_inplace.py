"""A value is written into the array of its name in steps, without an array of its size between."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symderive.arrays.inplace import into
from symderive.arrays.lines import Line
from symderive.arrays.nodes import ZERO, Array, Choice, Held, elementwise, number
from symderive.index.dims import Dim, Index
from symderive.targets.numpy.words import numpy_words
from symderive.targets.python.rows import rows_of

B, N = Index(Dim("b")), Index(Dim("n"))
y, dy = (Held(name, axes=(B, N)) for name in ("y", "dy"))
a, b, inner = (Held(name, axes=(B, None)) for name in ("a", "b", "inner"))


def of(function: str, *args: Array) -> Array:
    return elementwise(function, *args)


chosen = Choice(of("gt", y, ZERO), y, number(1), axes=(B, N))
CASES = {
    "a product": (
        of("multiply", y, of("subtract", dy, inner)),
        ["np.subtract(dy, inner, out=dx)", "np.multiply(y, dx, out=dx)"],
    ),
    "the deeper side goes first": (
        of("divide", of("subtract", y, a), of("add", of("multiply", dy, y), b)),
        ["np.multiply(dy, y, out=dx)", "np.add(dx, b, out=dx)", "np.divide(y - a, dx, out=dx)"],
    ),
    "a column has no room": (
        of("multiply", y, of("add", a, b)),
        ["np.multiply(y, a + b, out=dx)"],
    ),
    "a power is made beside it": (
        of("exp", of("negative", of("power", y, number(2)))),
        ["np.negative(y**2, out=dx)", "np.exp(dx, out=dx)"],
    ),
    "a choice inside": (
        of("multiply", dy, chosen),
        ["np.multiply(dy, np.where(y > 0, y, 1), out=dx)"],
    ),
    "a choice": (chosen, ["dx[...] = np.where(y > 0, y, 1)"]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_value_is_written_where_it_belongs_in_steps(name: str) -> None:
    value, wanted = CASES[name]
    lines = into(Line("dx", value, "said", 7), {"y", "dy"}.__contains__)
    spell = numpy_words()
    codes = [row.split("  # ")[0] for row in rows_of(lines, spell, 0)]
    assert codes == wanted
    assert {line.equation for line in lines} == {7}
    assert [line.note for line in lines] == [""] * (len(wanted) - 1) + ["said"]
    rng = np.random.default_rng(6)
    values: dict[str, Any] = {n: rng.uniform(1, 2, (3, 4)) for n in ("y", "dy")}
    values |= {n: rng.uniform(1, 2, (3, 1)) for n in ("inner", "a", "b")}
    values |= {"np": np, "dx": np.full((3, 4), np.nan)}
    (plain,) = rows_of([Line("plain", value, "", 0)], spell, 0)
    exec("\n".join([plain, *codes]), values)
    np.testing.assert_array_equal(values["dx"], values["plain"])
