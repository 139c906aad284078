"""Operators × shapes × contestants → times."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np

from ..emit import Kernel
from ..index.domains import Wanted
from ..pipeline import derive
from .libraries import LIBRARIES, installed
from .measure import Call, times
from .textbook import TEXTBOOK

Array = Any
OPERATORS = (
    *("softmax", "log_softmax", "cross_entropy", "layer_norm", "rms_norm"),
    *("gelu", "gelu_tanh", "silu"),
)
SHAPES = ((64, 10), (256, 1024), (2048, 1024), (512, 32000))
TARGETS = ("numpy", "numpy-tuned", "c")
WITH_OUT = ("numpy-tuned", "c")  # these write into arrays that exist
BASE = "textbook"
LARGE = 1 << 23  # elements, beyond every cache
TRIAD = "triad"  # c = a + 3 b: what the memory can do


@dataclass(frozen=True)
class Result:
    """The times of one operator at one shape, in one direction.

    seconds: by contestant.  moved: the bytes that the C kernel reads and writes at least.
    limit: the memory's bytes per second beyond every cache, measured in turn with the others.
    """

    operator: str
    direction: str
    shape: tuple[int, int]
    seconds: dict[str, float]
    moved: int
    limit: float | None = None

    def ratio(self, name: str, to: str = BASE) -> float | None:
        """How many times as fast as another contestant; None where one of them is missing."""
        if name not in self.seconds or to not in self.seconds:
            return None
        return self.seconds[to] / self.seconds[name]


@cache
def _triad() -> Kernel:
    def triad(a: Array, b: Array) -> Array:
        return a + 3 * b

    return derive(triad, a="n", b="n").build("c")


def _result(
    operator: str, direction: str, shape: tuple[int, int], calls: dict[str, Call],
    seconds: float, moved: int,
) -> Result:  # fmt: skip
    size = shape[0] * shape[1]
    if size < LARGE:
        return Result(operator, direction, shape, times(calls, seconds), moved)
    a, b, c = (np.ones(size, np.float32) for _ in range(3))
    found = times({**calls, TRIAD: lambda: _triad()(a, b, out=c)}, seconds)
    limit = 3 * c.nbytes / found.pop(TRIAD)
    return Result(operator, direction, shape, found, moved, limit)


def threads() -> int:
    """The threads that kernels may use."""
    return int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)


def bench(
    operators: tuple[str, ...], shapes: tuple[tuple[int, int], ...], seconds: float
) -> Iterator[Result]:
    """One result after the other; `seconds` is spent on each."""
    if installed("torch"):
        import torch  # 1 s that only this comparison pays

        torch.set_num_threads(threads())
    for operator in operators:
        kernels = {target: derive(operator).build(target) for target in TARGETS}
        for shape in shapes:
            yield from _compared(operator, shape, kernels, seconds)


def _arguments(kernel: Kernel, operator: str, shape: tuple[int, int]) -> tuple[Array, ...]:
    rng = np.random.default_rng(0)
    found = []
    for argument in derive(operator).program.arguments:
        domain, count = argument.tensor.domain, len(argument.layout)
        own = shape[:count] if domain.is_label else shape[2 - count :]
        drawn = domain.draw(rng, own, Wanted(bound=shape[1]))
        found.append(drawn if domain.is_label else drawn.astype(np.float32))
    return tuple(found)


def _compared(
    operator: str, shape: tuple[int, int], kernels: dict[str, Kernel], seconds: float
) -> Iterator[Result]:
    inputs = _arguments(kernels["c"], operator, shape)
    y, residuals = kernels["c"].fwd(*inputs)
    dy = np.random.default_rng(1).standard_normal(np.shape(y)).astype(np.float32)
    gradients = kernels["c"].bwd(residuals, dy)
    ahead: dict[str, Call] = {}
    behind: dict[str, Call] = {}
    if operator in TEXTBOOK:
        value, gradient = TEXTBOOK[operator]
        ahead[BASE], behind[BASE] = lambda: value(*inputs), lambda: gradient(*inputs, y, dy)
    for target, made in kernels.items():
        saved = made.fwd(*inputs)[1]
        ahead[target] = partial(made, *inputs)
        behind[target] = partial(made.bwd, saved, dy)
    out, outs = np.empty_like(y), tuple(np.empty_like(g) for g in gradients)
    for target in WITH_OUT:
        made = kernels[target]
        saved = made.fwd(*inputs)[1]
        ahead[f"{target} out="] = partial(made, *inputs, out=out)
        behind[f"{target} out="] = partial(made.bwd, saved, dy, out=outs)
    for library, runs in LIBRARIES.items():
        if installed(library):
            for name, (value_call, gradient_call) in runs(operator, inputs, dy):
                ahead |= {name: value_call} if value_call else {}
                behind |= {name: gradient_call} if gradient_call else {}
    read = sum(np.asarray(a).nbytes for a in inputs)
    written = np.asarray(y).nbytes
    yield _result(operator, "forward", shape, ahead, seconds, read + written)
    moved = sum(np.asarray(a).nbytes for a in (*residuals, dy, *gradients))
    yield _result(operator, "backward", shape, behind, seconds, moved)
