"""Forwards traced in many threads at once, while other threads go about their business."""

from __future__ import annotations

import builtins
import math
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy import zeros

import symderive as sd

THREADS = 4


@pytest.fixture(autouse=True)
def hurried() -> Iterator[None]:
    """Threads take turns a hundred times as often as usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def together(*works: Callable[[], None]) -> None:
    """All of them at once; the first error is raised."""
    errors: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def forward(number: int) -> Callable[..., Any]:
    """A forward that asks for what is replaced while it is traced, another for each number."""

    def weighted(x: Any, w: Any) -> Any:
        total = zeros(x.shape)
        for place in range(1, 4):
            total = total + x**place * np.sqrt(len(x.shape) * number)
        return np.sum(total, axis=-1) / math.sqrt(x.shape[-1]) + np.max(w, axis=-1)

    return weighted


def everything() -> list[Any]:
    """What stands in the modules and in this one."""
    names = [n for n in dir(np) if callable(getattr(np, n))]
    found = [getattr(np, n) for n in names] + [getattr(math, n) for n in dir(math)]
    found += [getattr(np.random, n) for n in dir(np.random) if n[0].islower()]
    return [*found, builtins.len, builtins.range, builtins.open, zeros]


def test_threads_that_derive_do_not_disturb_one_another() -> None:
    wanted = [str(sd.derive(forward(n), x="b n", w="b n").source("numpy")) for n in range(THREADS)]
    before = everything()

    def derive(number: int) -> Callable[[], None]:
        def work() -> None:
            for _ in range(2):
                derivation = sd.derive(forward(number), x="b n", w="b n")
                assert derivation.source("numpy") == wanted[number]

        return work

    together(*map(derive, range(THREADS)))
    assert all(a is b or a == b for a, b in zip(everything(), before, strict=True))


def test_threads_that_call_numpy_notice_nothing_of_a_trace() -> None:
    done = threading.Event()
    generator = np.random.default_rng(0)

    def derive() -> None:
        try:
            for number in range(4):
                sd.derive(forward(number), x="b n", w="b n")
        finally:
            done.set()

    def call() -> None:
        while not done.is_set():
            drawn = np.random.rand(3, 4)
            assert zeros((2, len(drawn))).shape == (2, 3) and math.sqrt(4) == 2
            assert np.sum([drawn, drawn], axis=0).shape == (3, 4) and generator.random() < 1
            assert isinstance(range(3), range) and [*range(3)] == [0, 1, 2]

    together(derive, call, call)


def test_a_forward_that_draws_is_refused_whatever_other_threads_do() -> None:
    def noisy(x: Any) -> Any:
        return x * np.random.rand()

    def work() -> None:
        with pytest.raises(sd.SymderiveError, match="randomness inside a forward"):
            sd.derive(noisy, x="n")

    together(*[work] * 4)


def test_threads_that_make_one_expression_get_one_object() -> None:
    from symderive.index import nodes
    from symderive.index.dims import Dim, Index

    found: list[list[Any]] = []
    start = threading.Barrier(THREADS)

    def make() -> None:
        start.wait()
        dims = [Index(Dim(f"raced{n}"), 3) for n in range(200)]
        found.append([nodes.add(nodes.idx(i), nodes.num(7919)) for i in dims])

    together(*[make] * THREADS)
    assert all(a is b for other in found[1:] for a, b in zip(found[0], other, strict=True))
