"""A kernel as a function of arrays: shapes are checked and results made here, before C runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ...errors import InputError, InputTypeError
from ...index.nodes import Tensor
from ...loops.kernel import Signature
from ...program import Argument, Layout
from ...schedule import Schedule
from .arrays import solve

Array = Any
REAL = (np.dtype(np.float32), np.dtype(np.float64))
DOUBLE = REAL[1]
LABEL = np.dtype(np.int64)
REMEMBERED = 512  # shapes whose plan is kept


def is_weak(value: Any) -> bool:
    """True for a number of Python, which has the dtype of what it meets."""
    return type(value) in (int, float)


def dtype_of(array: Array) -> np.dtype[Any]:
    """What an array is computed in; integers and truth values become float64."""
    dtype = np.asarray(array).dtype
    return DOUBLE if dtype.kind in "iub" else dtype


def widest(arrays: Iterable[Array]) -> np.dtype[Any]:
    """The dtype in which arrays of real numbers are computed together."""
    dtypes = [dtype_of(a) for a in arrays if not is_weak(a)]
    return np.result_type(*dtypes) if dtypes else DOUBLE


class Compile(Protocol):
    """The extension module for a dtype, and whether there can be one."""

    def __call__(self, dtype: np.dtype[Any], /) -> Any: ...

    def serves(self, dtype: np.dtype[Any], /) -> bool: ...


@dataclass(slots=True)
class Plan:
    """What is known once the shapes are."""

    function: Callable[..., None]
    shapes: tuple[tuple[int, ...], ...]
    dtype: np.dtype[Any]
    lengths: tuple[int, ...]


class Caller:
    """One kernel: from its arguments, with the reduced axis last, to a list of its results."""

    def __init__(
        self,
        plan: Schedule,
        signature: Signature,
        arguments: tuple[Argument, ...],
        results: tuple[tuple[Tensor, Layout], ...],
        compile_for: Compile,
    ) -> None:
        self.operator, self.signature = plan.name, signature
        self.requires = plan.requires
        self.arguments, self.results, self.compile_for = arguments, results, compile_for
        names = [a.tensor.name for a in arguments]
        self.read = tuple(names.index(t.name) for t in signature.reads)
        self.reads_all = self.read == tuple(range(len(arguments)))
        self.labels = [(n, a) for n, a in enumerate(arguments) if a.tensor.domain.is_label]
        self.plans: dict[Any, Plan] = {}
        self.remember: Callable[[tuple[Array, ...], Plan], None] | None = None

    def __call__(
        self, arrays: tuple[Array, ...], numbers: tuple[float, ...], out: Any = None
    ) -> list[Array]:
        try:
            plan = self.plans.get(tuple([(a.dtype, a.shape) for a in arrays]))
        except AttributeError:  # a list, or a number
            plan = None
        if plan is None:
            arrays, plan = self.prepare(arrays)
        if self.labels:
            arrays = self._checked_labels(arrays)
        results = (
            [np.empty(s, plan.dtype) for s in plan.shapes]
            if out is None
            else self._given(out, plan)
        )
        used = arrays if self.reads_all else [arrays[n] for n in self.read]
        try:
            plan.function(*used, *results, *numbers, *plan.lengths)
        except BufferError:
            used = [self._contiguous(n, arrays[n], plan.dtype) for n in self.read]
            plan.function(*used, *results, *numbers, *plan.lengths)
        except ValueError as error:
            raise InputError(f"{self.operator}: {error}") from None
        return results

    def prepare(self, arrays: tuple[Array, ...]) -> tuple[tuple[Array, ...], Plan]:
        """Arrays of everything, and the plan for their shapes, which is remembered."""
        dtype = self.dtype(arrays)
        arrays = tuple(np.asarray(a) for a in arrays)
        for n, argument in self.labels:
            mask = argument.tensor.domain.is_mask
            if arrays[n].dtype.kind not in ("biu" if mask else "iu"):
                raise InputTypeError(
                    f"{self.operator}: the {'mask' if mask else 'labels'} {argument.tensor.name} "
                    f"{'is of truth values' if mask else 'are integers'}, not {arrays[n].dtype}"
                )
        shapes = [
            (a.tensor.name, a.layout, x.shape) for a, x in zip(self.arguments, arrays, strict=True)
        ]
        lengths = solve(shapes, self.operator)
        lengths.refuse(self.requires, self.operator)
        function = getattr(self.compile_for(dtype), self.signature.name)
        plan = Plan(
            function,
            tuple(lengths.shape(layout) for _, layout in self.results),
            dtype,
            tuple(lengths.product(axis) for axis in self.signature.lengths),
        )
        if all(x.dtype == dtype or x.dtype == LABEL for x in arrays):
            if len(self.plans) >= REMEMBERED:
                self.plans.clear()
            self.plans[tuple([(a.dtype, a.shape) for a in arrays])] = plan
            if self.remember is not None:
                self.remember(arrays, plan)
        return arrays, plan

    def dtype(self, arrays: tuple[Array, ...]) -> np.dtype[Any]:
        """The dtype that NumPy would compute in; a Python number does not count."""
        real = zip(arrays, self.arguments, strict=True)
        return widest([a for a, argument in real if not argument.tensor.domain.is_label])

    def _contiguous(self, n: int, array: Array, dtype: np.dtype[Any]) -> Array:
        wanted = LABEL if self.arguments[n].tensor.domain.is_label else dtype
        found = np.ascontiguousarray(array, dtype=wanted).reshape(array.shape)
        return found if found.flags.aligned else found.copy()

    def _checked_labels(self, arrays: tuple[Array, ...]) -> tuple[Array, ...]:
        """The arrays with copies of the labels, which no other thread can change once checked."""
        copied = list(arrays)
        for n, argument in self.labels:
            labels, bound = arrays[n].copy(), self.bound(argument, arrays)
            copied[n] = labels
            if not labels.size:
                continue
            if labels.min() < 0 or (bound is not None and labels.max() >= bound):
                raise InputError(
                    f"{self.operator}: the labels {argument.tensor.name} must be at least 0 "
                    f"and below {bound}"
                )
        return tuple(copied)

    def bound(self, argument: Argument, arrays: tuple[Array, ...]) -> int | None:
        """What labels stay below; None for other arguments, and where nothing tells."""
        below = argument.tensor.domain.below if argument.tensor.domain.is_label else None
        return below if below is None or isinstance(below, int) else self._length(arrays, below)

    def _length(self, arrays: tuple[Array, ...], dim: str) -> int | None:
        for argument, array in zip(self.arguments, arrays, strict=True):
            for place, axis in enumerate(reversed(argument.layout)):
                if len(axis) == 1 and axis[0].name == dim:
                    return int(array.shape[-1 - place])
        return None

    def _given(self, out: Any, plan: Plan) -> list[Array]:
        given = list(out) if isinstance(out, tuple | list) else [out]
        for array, shape in zip(given, plan.shapes, strict=True):
            if array.shape != shape or array.dtype != plan.dtype or not array.flags.carray:
                raise InputError(
                    f"{self.operator}: out must be contiguous and writeable, "
                    f"of shape {shape} and {plan.dtype}"
                )
        return given
