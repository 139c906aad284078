"""Every function of docs/forward.md gives a view where NumPy gives one, and a copy where NumPy
copies.

NumPy itself is the truth: a program writes after it took what may be a view, and one writes
through it; both must give what the forward gives on plain arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

import symderive as sd
from symderive.errors import InputError, NotSupportedError
from symderive.frontends.trace import trace

from .evaluating import agrees
from .slopes import derived_and_compared

Array = Any
DOCS = Path(__file__).parents[2] / "docs" / "forward.md"
MATRIX, SQUARE, CUBE = {"x": "b n"}, {"x": "4 4"}, {"x": "b 4 3"}


def documented() -> list[str]:
    """The functions that the docs name."""
    table = DOCS.read_text(encoding="utf-8").partition("<!-- functions -->")[2].partition("\n\n")[0]
    return [w for line in table.splitlines() for w in line.split("`")[1::2]]


VIEWS: dict[str, Callable[[Array], Array]] = {
    "atleast_1d": np.atleast_1d,
    "atleast_2d": np.atleast_2d,
    "broadcast_to": lambda y: np.broadcast_to(y, (2, *y.shape)),
    "expand_dims": lambda y: np.expand_dims(y, 1),
    "moveaxis": lambda y: np.moveaxis(y, 0, -1),
    "ravel": np.ravel,
    "reshape": lambda y: np.reshape(y, (-1,)),
    "squeeze": lambda y: np.squeeze(y[:, None]),
    "swapaxes": lambda y: np.swapaxes(y, 0, 1),
    "transpose": np.transpose,
    "flip": lambda y: np.flip(y, 0),
    "rot90": np.rot90,
    "split": lambda y: np.split(y, [1], axis=1)[1],
    "diagonal": np.diagonal,
    "diag": np.diag,
    "sliding_window_view": lambda y: sliding_window_view(y, 2, axis=1),
    "einsum": lambda y: np.einsum("ij->ji", y),
    "diff": lambda y: np.diff(y, n=0),
    "round": np.round,
    "linalg.matrix_power": lambda y: np.linalg.matrix_power(y, 1),
}
COPIES: dict[str, Callable[[Array], Array]] = {
    "average": lambda y: np.average(y, axis=0),
    "clip": lambda y: np.clip(y, None, None),
    "concatenate": lambda y: np.concatenate([y]),
    "convolve": lambda y: np.convolve(y[0], [1.0]),
    "corrcoef": np.corrcoef,
    "correlate": lambda y: np.correlate(y[0], [1.0]),
    "count_nonzero": lambda y: np.count_nonzero(y > 0, axis=0),
    "cov": np.cov,
    "cross": lambda y: np.cross(y[:, :3], y[:, :3]),
    "cumprod": lambda y: np.cumprod(y, 0),
    "cumsum": lambda y: np.cumsum(y, 0),
    "dot": lambda y: np.dot(y, 2.0),
    "gradient": lambda y: np.gradient(y, axis=0),
    "heaviside": lambda y: np.heaviside(y, 0.5),
    "hstack": lambda y: np.hstack([y]),
    "inner": lambda y: np.inner(y, 2.0),
    "kron": lambda y: np.kron(y, np.eye(1)),
    "linalg.multi_dot": lambda y: np.linalg.multi_dot([y, y]),
    "linalg.norm": lambda y: np.linalg.norm(y, axis=0),
    "linspace": lambda y: np.linspace(y[0, 0], y[0, 1], 3),
    "outer": lambda y: np.outer(y[0], [1.0, 2.0]),
    "pad": lambda y: np.pad(y, 0),
    "polyval": lambda y: np.polyval(y, 1.0),
    "repeat": lambda y: np.repeat(y, 1, axis=0),
    "roll": lambda y: np.roll(y, 0, axis=0),
    "select": lambda y: np.select([y > -9.0], [y], 0.0),
    "stack": lambda y: np.stack([y]),
    "take": lambda y: np.take(y, 0, axis=0),
    "take_along_axis": lambda y: np.take_along_axis(y, np.zeros((1, 4), int), axis=0),
    "tensordot": lambda y: np.tensordot(y, [1.0], 0),
    "tile": lambda y: np.tile(y, 1),
    "trapezoid": lambda y: np.trapezoid(y, axis=0),
    "tril": lambda y: np.tril(y, 3),
    "triu": lambda y: np.triu(y, -3),
    "vander": lambda y: np.vander(y[0], 2),
    "vdot": lambda y: np.vdot(y, y),
    "vecdot": lambda y: np.vecdot(y, y),
    "vstack": lambda y: np.vstack([y]),
    "where": lambda y: np.where(np.True_, y, 0.0),
    "full_like": lambda y: np.full_like(y, 2.0),
}
# of no array, or of labels
NEW = ["arange", "eye", "full", "identity", "ones", "tri", "zeros", "bincount"]
OF_TRUTH = ["all", "any", "logical_and", "logical_or", "logical_not", "logical_xor"]
OF_TWO = ["allclose", "isclose"]
OTHERS: dict[str, Callable[[Array], Array]] = {
    "y[...]": lambda y: y[...],
    "y[()]": lambda y: y[()],
    "y[1:, ::-1]": lambda y: y[1:, ::-1],
    "y[None]": lambda y: y[None],
    "y[0]": lambda y: y[0],
    "y[0, 1]": lambda y: y[0, 1],
    "y[0, 1, ...]": lambda y: y[0, 1, ...],
    "y[[0, 1]]": lambda y: y[[0, 1]],
    "y[[True, False] * 2]": lambda y: y[np.array([True, False] * 2)],
    "y[0][1]": lambda y: y[0][1],
    "y.T[1:]": lambda y: y.T[1:],
    "y.T.reshape": lambda y: y.T.reshape(-1),
    "y.T.ravel": lambda y: y.T.ravel(),
    "y.T.T.reshape": lambda y: y.T.T.reshape(-1),
    "y[:, 1:].reshape": lambda y: y[:, 1:].reshape(-1),
    "y[1:].reshape": lambda y: y[1:].reshape(-1),
    "y[:, None].reshape": lambda y: y[:, None].reshape(-1),
    "y.reshape(2, 2, -1).swapaxes.reshape": lambda y: (
        y.reshape(2, 2, -1).swapaxes(0, 1).reshape(4, -1)
    ),
    "(y.T * 2).reshape": lambda y: (y.T * 2).reshape(-1),
    "flatten": lambda y: y.flatten(),
    "copy": lambda y: y.copy(),
    "asarray": lambda y: np.asarray(y),
    "ascontiguousarray": lambda y: np.ascontiguousarray(y),
    "ascontiguousarray of y.T": lambda y: np.ascontiguousarray(y.T),
    "array": lambda y: np.array(y),
    "array(copy=None)": lambda y: np.array(y, copy=None),
    "array(ndmin=3)": lambda y: np.array(y, ndmin=3),
    "array(copy=None, ndmin=3)": lambda y: np.array(y, copy=None, ndmin=3),
    "astype": lambda y: y.astype(float),
    "fliplr": np.fliplr,
    "rot90 0": lambda y: np.rot90(y, 0),
    "rot90 4": lambda y: np.rot90(y, 4),
    "array_split": lambda y: np.array_split(y, 2)[1],
    "broadcast_arrays": lambda y: np.broadcast_arrays(y, 1.0)[0],
    "einsum ii->i": lambda y: np.einsum("ii->i", y),
    "einsum ij": lambda y: np.einsum("ij", y),
    "einsum ji": lambda y: np.einsum("ji", y),
    "einsum ij->i": lambda y: np.einsum("ij->i", y),
    "matrix_transpose": np.matrix_transpose,
    "y.diagonal": lambda y: y.diagonal(),
    "y.sum over no axis": lambda y: y.sum(axis=()),
    "roll no axis": lambda y: np.roll(y, (), axis=()),
    "positive": lambda y: +y,
    "pad one axis": lambda y: np.pad(y, [(0, 0), (0, 1)]),
    "split of a view": lambda y: np.split(y.T, 2)[0],
    "iteration": lambda y: list(y)[1],
    "unpacking": lambda y: next(iter(y.T)),
}
NAMED = {**VIEWS, **COPIES, **OTHERS}
SOURCES: dict[str, Callable[[Array], Array]] = {
    "product": lambda x: x * 1.5,
    "turned": lambda x: x.T * 1.5,
    "sum": lambda x: x + x.T,
}


def ufunc_call(name: str) -> Callable[[Array], Array] | None:
    """An elementwise function of y alone."""
    function = getattr(np, name, None)
    if isinstance(function, np.ufunc):
        return lambda y: function(*(y,) * function.nin)
    return None


def calls(name: str) -> Callable[[Array], Array]:
    if name in NAMED:
        return NAMED[name]
    found = ufunc_call(name)
    reducing = getattr(np, name, None)
    return found or (lambda y: reducing(*(y,) * (1 + (name in OF_TWO))))


def after(f: Callable[[Array], Array], source: Callable[[Array], Array]) -> Callable[..., Array]:
    def program(x):
        y = source(x)
        v = f(y)
        y *= 2
        return v * 1.0

    return program


def through(f: Callable[[Array], Array], source: Callable[[Array], Array]) -> Callable[..., Array]:
    def program(x):
        y = source(x)
        v = f(y)
        v *= 3
        return y * 1.0

    return program


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
@pytest.mark.parametrize("name", NAMED)
def test_what_is_written_is_seen_as_in_numpy(name: str, source: Callable[[Array], Array]) -> None:
    agrees(after(NAMED[name], source), SQUARE)
    program = through(NAMED[name], source)
    try:
        with np.errstate(all="ignore"):
            program(np.ones((4, 4)))
    except ValueError:  # read-only
        with pytest.raises(InputError, match=r"test_views\.py.*does not allow writing"):
            trace(program, SQUARE)
        return
    except TypeError:  # whole numbers
        return
    try:
        agrees(program, SQUARE)
    except NotSupportedError as error:
        assert "writing through this view" in str(error)


@pytest.mark.parametrize("name", [n for n in documented() if n not in {*NAMED, *NEW}])
def test_all_else_makes_new_arrays(name: str) -> None:
    f = calls(name)

    def positive(x):
        y = np.exp(-np.abs(x)) * 0.5
        v = f(y > 0.3 if name in OF_TRUTH else y)
        y *= 2
        return v * 1.0

    assert not np.may_share_memory(f(y := np.full((4, 4), 0.5)), y)
    with np.errstate(all="ignore"):
        agrees(positive, SQUARE)


def test_every_function_of_the_docs_is_here() -> None:
    names = documented()
    assert len(names) > 100
    unknown = [
        n for n in names if n not in {*NAMED, *NEW} and not hasattr(np, n.rpartition(".")[2])
    ]
    assert not unknown


def rows_written(x):
    y = x * 1.0
    for row in y:
        row *= 2
    return y


def numbers_stay(x):
    y = x[0] * 1.0
    total = y[0]
    before = total
    for v in y:
        total += v
        v *= 5
    return y * before + total


def view_of_a_view(x):
    y = x * 1.0
    v = y[:, 1:].T
    w = v[::-1]
    y[:, 1:] *= 2
    w += 1
    return y * 2 + v.T.sum()


def reshaped_and_written(x):
    y = x.T * 2
    r = y.T.reshape(-1)
    r[0] = 7.0
    return y * 1.0


def filled(x):
    y = x * 1.0
    v = y[1]
    y.fill(2.0)
    return v * x


def copied_to(x):
    y = x * 1.0
    v = y.T
    np.copyto(y, x[::-1], where=x > 0)
    return v * 3


def out_of_a_view(x):
    y = x * 1.0
    v = y[0]
    np.exp(x[1], out=v)
    return y


def out_of_what_is_made(x):
    y = x * 1.0
    np.exp(0.2 * y, out=y)
    np.add(y, x, y)
    v = y.reshape(-1)
    v *= 3.0
    return y * v[0]


def whole_division(x):
    y = x * 1.0
    v = y
    y //= 0.25
    y %= 3.0
    return v * x


WRITES = [
    *(rows_written, numbers_stay, view_of_a_view, reshaped_and_written, filled, copied_to),
    *(out_of_a_view, out_of_what_is_made, whole_division),
]


@pytest.mark.parametrize("program", WRITES, ids=lambda f: f.__name__)
def test_programs_that_write(program: Callable[..., Array]) -> None:
    agrees(program, SQUARE)


@pytest.mark.parametrize("f", [NAMED["y.T.reshape"], NAMED["diagonal"], NAMED["einsum ii->i"]])
def test_gradients_follow(f: Callable[[Array], Array]) -> None:
    x = np.linspace(-1.0, 2.0, 16).reshape(4, 4)
    derived_and_compared(after(f, SOURCES["turned"]), SQUARE, [x])


def test_what_cannot_be_known_is_refused() -> None:
    def cast(x):
        y = x * 1.5
        v = np.asarray(y, dtype=np.float32)
        y *= 2
        return v * 1.0

    with pytest.raises(NotSupportedError, match=r"test_views\.py:\d+: .*lie in memory"):
        sd.derive(cast, x="b n")

    def number(x, s):
        t = s
        s += 1
        return t * x

    with pytest.raises(NotSupportedError, match=r"test_views\.py:\d+: .*a number stays"):
        sd.derive(number, x="b n", s="")


def test_a_number_may_be_updated_where_nobody_else_looks() -> None:
    def scaled(x, s):
        s *= 2
        return x * s

    agrees(scaled, {"x": "b n", "s": ""})
