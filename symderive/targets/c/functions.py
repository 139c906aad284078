"""An operator's functions over its C kernels; what C does not do, the NumPy module does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ...errors import InputTypeError
from ...index.dims import Dim
from ...program import Layout
from ...schedule import Schedule
from .entries import BACKWARD, FORWARD, VALUE, Entries
from .module import Written
from .runtime import REAL, Array, Caller, Compile, dtype_of, is_weak, widest


class Functions:
    """`value`, `fwd` and `bwd`, as the NumPy module has them, and with `out=`."""

    def __init__(
        self, plan: Schedule, made: Written, compile_for: Compile, other: Callable[[], Any]
    ) -> None:
        self.plan, self.other, self.serves = plan, other, compile_for.serves
        layouts = {o.tensor: o.layout for o in (*plan.forward.results, *plan.backward.results)}
        layouts = {**made.saved, **layouts}
        self.moved: Dim | None = plan.inputs[0].layout[-1][0] if plan.axis else None

        def caller(signature: Any, arguments: Any) -> Caller:
            results = tuple((t, layouts[t]) for t in signature.writes)
            return Caller(plan, signature, arguments, results, compile_for)

        self.value_of = caller(made.value, plan.forward.arguments)
        self.forward_of = caller(made.forward, plan.forward.arguments)
        self.behind = tuple(
            replace(a, layout=made.saved.get(a.tensor, a.layout)) for a in plan.backward.arguments
        )
        self.backward_of = caller(made.backward, self.behind)
        self.defaults = {p.tensor.name: p.default for p in plan.parameters}
        self.no_numbers = not plan.parameters
        inputs = [a.tensor for a in plan.inputs]
        self.inputs = len(inputs)
        writes = list(made.forward.writes)
        self.saved = tuple(  # where each residual comes from: an input, or a result of the forward
            (True, inputs.index(t)) if t in inputs else (False, writes.index(t))
            for t in plan.residuals
        )
        self.outer = [t in inputs or t == plan.output.tensor for t in plan.residuals]

    def short_ways(self, compile_for: Compile) -> tuple[Any, Any, Any]:
        """The same three functions, by a short way where nothing has to be checked or converted."""
        ways = (
            (self.value_of, VALUE, (), self.value),
            (self.forward_of, FORWARD, self.saved, self.fwd),
            (self.backward_of, BACKWARD, (), self.bwd),
        )
        value, fwd, bwd = (
            Entries(caller, mode, saved, self._numbers(caller, {}), slow, compile_for).first
            for caller, mode, saved, slow in ways
        )
        return value, fwd, bwd

    def value(self, *inputs: Array, out: Any = None, **options: Any) -> Array:
        """The value alone."""
        inputs, options, axis = self._bound(inputs, options)
        if self._is_other(inputs, self.value_of):
            return _into(out, self.other().value(*inputs, **options))
        arrays = self._entering(inputs, self.plan.forward.arguments, axis)
        (result,) = self.value_of(arrays, self._numbers(self.value_of, options), out)
        return self._leaving(result, self.plan.output.layout, axis)

    def fwd(
        self, *inputs: Array, out: Any = None, **options: Any
    ) -> tuple[Array, tuple[Array, ...]]:
        """The value, and what the gradient needs. out: the value and each new residual."""
        inputs, options, axis = self._bound(inputs, options)
        if self._is_other(inputs, self.forward_of):
            y, residuals = self.other().fwd(*inputs, **options)
            return _into(out[0] if isinstance(out, tuple | list) else out, y), residuals
        inputs, dtypes = self._of_one_dtype(inputs)
        arrays = self._entering(inputs, self.plan.forward.arguments, axis)
        results = self.forward_of(arrays, self._numbers(self.forward_of, options), out)
        results[0] = self._leaving(results[0], self.plan.output.layout, axis)
        kept = tuple([inputs[n] if given else results[n] for given, n in self.saved])
        return results[0], (*kept, dtypes) if dtypes else kept

    def bwd(
        self, residuals: tuple[Array, ...], cotangent: Array, *, out: Any = None, **options: Any
    ) -> tuple[Array, ...]:
        """The gradients, one for each differentiable input."""
        if len(residuals) > len(self.saved):  # with the dtypes of the inputs
            gradients = self.bwd(residuals[:-1], cotangent, **options)
            found = tuple(map(_of_dtype, gradients, residuals[-1]))
            return found if out is None else tuple(map(_into, _listed(out), found))
        axis = options.get("axis", -1) if self.moved is not None else -1
        given = (*residuals, self._real(cotangent, residuals))
        if self._is_other(given, self.backward_of):
            gradients = self.other().bwd(residuals, cotangent, **options)
            return gradients if out is None else tuple(map(_into, _listed(out), gradients))
        arrays = self._entering(given, self.behind, axis, (*self.outer, True))
        results = self.backward_of(arrays, self._numbers(self.backward_of, options), out)
        half = given[-1].dtype
        if half.itemsize < 4:  # computed in float32
            results = [r.astype(half) for r in results]
        layouts = [o.layout for o in self.plan.backward.results]
        if axis == -1 and all(r.ndim for r in results):
            return tuple(results)
        return tuple(
            [self._leaving(r, layout, axis) for r, layout in zip(results, layouts, strict=True)]
        )

    def _of_one_dtype(
        self, inputs: tuple[Array, ...]
    ) -> tuple[tuple[Array, ...], tuple[np.dtype[Any], ...]]:
        """The real inputs in the widest of their dtypes; what they had, where these are several."""
        labels = [a.tensor.domain.is_label for a in self.plan.inputs]
        reals = [a for a, is_label in zip(inputs, labels, strict=True) if not is_label]
        dtype = widest(reals)
        dtypes = tuple(dtype if is_weak(a) else dtype_of(a) for a in reals)
        if all(d == dtype for d in dtypes):
            return inputs, ()
        pairs = zip(inputs, labels, strict=True)
        return tuple(a if label else np.asarray(a, dtype) for a, label in pairs), dtypes

    def _real(self, cotangent: Array, residuals: tuple[Array, ...]) -> Array:
        """The cotangent in the dtype of the output, as far as the residuals tell."""
        array = np.asarray(cotangent)
        pairs = list(zip(residuals, self.behind, self.outer, strict=False))
        real = [(r, o) for r, a, o in pairs if not a.tensor.domain.is_label and not is_weak(r)]
        for residual, _ in sorted(real, key=lambda pair: not pair[1]):
            return array.astype(np.asarray(residual).dtype, copy=False)
        return array.astype(np.float64) if array.dtype.kind in "iub" else array

    def _bound(
        self, inputs: tuple[Array, ...], options: dict[str, Any]
    ) -> tuple[tuple[Array, ...], dict[str, Any], int]:
        """Inputs by place or by name, options by name or after the inputs."""
        if len(inputs) == self.inputs and not options:
            return inputs, self.defaults, -1
        names = [a.tensor.name for a in self.plan.inputs]
        order = [*names, *self.defaults, *(["axis"] if self.plan.axis else [])]
        named = {**dict(zip(order, inputs, strict=False)), **options}
        if len(inputs) > len(order) or not set(names) <= set(named) <= set(order):
            raise InputTypeError(f"{self.plan.name} takes {', '.join(order)}")
        rest = {**self.defaults, **{n: v for n, v in named.items() if n not in names}}
        return tuple(named[n] for n in names), rest, int(rest.get("axis", -1))

    def _numbers(self, caller: Caller, options: dict[str, Any]) -> tuple[float, ...]:
        if self.no_numbers:
            return ()
        merged = {**self.defaults, **options}
        return tuple(float(merged[t.name]) for t in caller.signature.numbers)

    def _is_other(self, arrays: tuple[Array, ...], caller: Caller) -> bool:
        """True for empty arrays, and for dtypes that C does not have or cannot be compiled for."""
        try:
            plan = caller.plans.get(tuple([(a.dtype, a.shape) for a in arrays]))
        except AttributeError:
            plan = None
        if plan is not None:
            return False
        dtype = caller.dtype(arrays)
        empty = any(np.size(a) == 0 for a in arrays)
        return empty or dtype not in REAL or not self.serves(dtype)

    def _entering(
        self, arrays: tuple[Array, ...], arguments: Any, axis: int, outer: tuple[bool, ...] = ()
    ) -> tuple[Array, ...]:
        """The reduced axis moved to the end."""
        if axis == -1:
            return arrays
        moved = list(arrays)
        for n, argument in enumerate(arguments):
            if argument.layout and argument.layout[-1] == (self.moved,) and (not outer or outer[n]):
                moved[n] = np.moveaxis(np.asarray(arrays[n]), axis, -1)
        return tuple(moved)

    def _leaving(self, result: Array, layout: Layout, axis: int) -> Array:
        """The reduced axis moved back; a number for an array without axes."""
        if axis != -1 and layout and layout[-1] == (self.moved,):
            return np.moveaxis(result, -1, axis)
        return result if result.ndim else result[()]


def _listed(out: Any) -> Any:
    """The arrays that `out` gives; for one result it may be that array itself."""
    return out if isinstance(out, tuple | list) else [out]


def _of_dtype(value: Array, dtype: np.dtype[Any]) -> Array:
    return value.astype(dtype, copy=False)


def _into(out: Any, value: Array) -> Array:
    if out is None:
        return value
    np.copyto(out, value)
    return out
