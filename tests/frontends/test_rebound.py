"""A trace puts its own functions under the forward's names, and under no one else's."""

from __future__ import annotations

import builtins
import functools
import math
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any

import numpy as np
import pytest
from numpy import ones, zeros

import symderive as sd

X = np.linspace(0.3, 1.7, 5)
COUNT = 0
GENERATOR = np.random.default_rng(0)


def names() -> list[Any]:
    """What stands under the names that a trace gives another meaning."""
    found = [np.zeros, np.sum, np.random.rand, random.gauss, math.sqrt, zeros, ones]
    return [*found, builtins.len, builtins.range]


USUAL = names()
ASKED: SimpleQueue[bool] = SimpleQueue()
ANSWERS: SimpleQueue[list[Any]] = SimpleQueue()
DURING: list[list[Any]] = []


@pytest.fixture(autouse=True)
def bystander() -> Iterator[None]:
    """Another thread, which says what it finds when it is asked."""

    def answer() -> None:
        while ASKED.get():
            ANSWERS.put(names())

    thread = threading.Thread(target=answer)
    thread.start()
    yield
    ASKED.put(False)
    thread.join()


def helper(x: Any) -> Any:
    ASKED.put(True)
    DURING.append(ANSWERS.get())
    return np.full(x.shape, 2.0) * x


def twice(f: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(f)
    def wrapped(x: Any) -> Any:
        return f(x) * 2

    return wrapped


@twice
def decorated(x: Any) -> Any:
    return helper(x) * ones(x.shape)


def imported(x: Any) -> Any:
    import numpy as other
    from numpy import full

    return helper(x) * full(x.shape, 3.0) + other.zeros(x.shape)


def recursive(x: Any, n: int = 3) -> Any:
    return helper(x) if n == 0 else recursive(x, n - 1) * x * math.sqrt(len(x))


def passed(x: Any, act: Callable[..., Any] = helper) -> Any:
    return functools.reduce(lambda a, b: a * act(b), [x] * 3)


def generated(x: Any) -> Any:
    def parts() -> Iterator[Any]:
        yield from (helper(x) * k for k in range(1, 3))

    return np.sum(list(parts()), axis=0) * zeros(x.shape) + x * len(x)


def closed(number: int) -> Callable[..., Any]:
    def inner(x: Any) -> Any:
        return helper(x) * number + len(x) * x * isinstance(range(3), range)

    return inner


REACHED = [decorated, imported, recursive, passed, generated, closed(3), functools.partial(helper)]


class Layer:
    """What has no copy."""

    def __init__(self) -> None:
        self.table = {"helper": helper}

    def scaled(self, x: Any) -> Any:
        return np.ones(x.shape) * 2

    def __call__(self, x: Any) -> Any:
        return self.scaled(x) * x + self.table["helper"](x)


def counting(x: Any) -> Any:
    global COUNT
    COUNT += 1
    return x * len(x)


def evaluated(x: Any) -> Any:
    return x * eval("np.zeros(x.shape) + len(x)", globals(), {"x": x})


def nested_class(x: Any) -> Any:
    class Held:
        factor = np.pi

    return x * Held.factor * len(x)


def check(forward: Callable[..., Any]) -> None:
    """Value and slope are the forward's own; np.random.rand and its like are as before."""
    value, step = forward(X), 1e-6
    kernel = sd.derive(forward, x="n").build()
    output, residuals = kernel.fwd(X)
    (found,) = kernel.bwd(residuals, np.ones_like(X))
    np.testing.assert_allclose(output, value, rtol=1e-12)
    differences = (forward(X + step) - forward(X - step)) / (2 * step)
    np.testing.assert_allclose(found, differences, rtol=1e-6)
    assert names() == USUAL


@pytest.mark.parametrize("forward", REACHED)
def test_functions_change_no_module_while_they_are_traced(forward: Callable[..., Any]) -> None:
    DURING.clear()
    check(forward)
    assert len(DURING) > 1 and all(d == USUAL for d in DURING)


@pytest.mark.parametrize("forward", [Layer(), Layer().__call__, counting, evaluated, nested_class])
def test_what_has_no_copy_is_traced_all_the_same(forward: Callable[..., Any]) -> None:
    check(forward)
    assert COUNT or forward is not counting


class Dropped:
    """What runs code of its own when it is dropped."""

    def __del__(self) -> None:
        self.gone = True


def dropping(x: Any) -> Any:
    Dropped()
    named = x * len(x)
    return named * x


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_a_finaliser_does_not_end_the_watch_over_names() -> None:
    check(dropping)
    assert "named" in str(sd.derive(dropping, x="n").program)


class Aliased:
    """A draw under a name that is not NumPy's."""

    draw = np.random.rand


def aliased(x: Any) -> Any:
    return x * Aliased.draw()


def held(x: Any) -> Any:
    return x * GENERATOR.random()


def of_the_library(x: Any) -> Any:
    return x * random.betavariate(1, 2)


def imported_draw(x: Any) -> Any:
    from numpy.random import rand

    return x * rand()


@pytest.mark.parametrize("forward", [aliased, held, of_the_library, imported_draw])
def test_no_draw_is_taken_for_a_constant_while_another_thread_draws(
    forward: Callable[..., Any],
) -> None:
    done = threading.Event()

    def draw() -> None:
        while not done.is_set():
            np.random.rand()
            random.random()

    thread = threading.Thread(target=draw)
    thread.start()
    try:
        with pytest.raises(sd.SymderiveError, match="randomness inside a forward"):
            sd.derive(forward, x="n")
        sd.derive(closed(2), x="n")
    finally:
        done.set()
        thread.join()


def test_a_draw_is_refused_that_loads_what_draws() -> None:
    code = """
import sys, numpy as np, symderive.frontends, symderive as sd
def noisy(x):
    return x * np.random.rand()
sd.derive
assert "numpy.random" not in sys.modules
try:
    sd.derive(noisy, x="n")
except sd.SymderiveError as error:
    print(error)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "randomness inside a forward (np.random.rand)" in ran.stdout
