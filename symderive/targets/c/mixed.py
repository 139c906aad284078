"""An operator whose contractions NumPy does: the driver's functions, and the kernels it calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ...errors import InputError, InputTypeError, SymderiveError
from ...schedule import Schedule
from ..base import Live
from .driver import Call
from .entries import BACKWARD, VALUE, Entries
from .runtime import Array, Caller, Compile

DOUBLE = np.dtype(np.float64)


class Part(Caller):
    """One kernel, from the arrays and numbers of a line of the driver to what the line names."""

    def __init__(self, plan: Schedule, call: Call, compile_for: Compile) -> None:
        super().__init__(plan, call.made.signature, call.arguments, call.results, compile_for)
        self.count = len(call.arguments)
        real = [n for n in self.read if not call.arguments[n].tensor.domain.is_label]
        self.typed = real or range(self.count)

    def dtype(self, arrays: tuple[Array, ...]) -> np.dtype[Any]:
        """The dtype of what the kernel reads; arrays that only tell lengths do not count."""
        return np.result_type(*(arrays[n] for n in self.typed))

    def short_way(self) -> Callable[..., Any]:
        """`run`, by the short way where nothing has to be checked or converted."""
        if self.signature.numbers:  # the short way knows their values beforehand
            return self.run
        if len(self.results) == 1:
            return Entries(self, VALUE, (), (), self.run, self.compile_for).first  # type: ignore[no-any-return]
        entry = Entries(self, BACKWARD, (), (), self._run_pair, self.compile_for).first
        return lambda *given: entry(given[:-1], given[-1])

    def _run_pair(self, given: tuple[Any, ...], last: Any) -> Any:
        return self.run(*given, last)

    def run(self, *given: Any) -> Any:
        """The results: one by itself, or several."""
        arrays, numbers = given[: self.count], tuple(map(float, given[self.count :]))
        results = self(arrays, numbers)
        if len(results) == 1:
            return results[0] if results[0].ndim else results[0][()]
        return [r if r.ndim else r[()] for r in results]


class Mixed:
    """`value`, `fwd` and `bwd`, as the NumPy module has them, and with `out=`."""

    def __init__(
        self, plan: Schedule, driver: Live, modules: Compile, other: Callable[[], Live]
    ) -> None:
        self.name, self.driver, self.modules, self.other = plan.name, driver, modules, other
        old = {a.tensor for a in plan.inputs} | {plan.output.tensor}
        self.saved = len(plan.residuals)
        self.new = [n for n, t in enumerate(plan.residuals) if t not in old]
        self.output = [n for n, t in enumerate(plan.residuals) if t == plan.output.tensor]

    def value(self, *inputs: Array, out: Any = None, **options: Any) -> Array:
        """The value alone."""
        run = self._module((*inputs, *options.values())).value
        y = self._checked(run, *inputs, **options)
        return y if out is None else self._given(out, [y], inputs)[0]

    def fwd(
        self, *inputs: Array, out: Any = None, **options: Any
    ) -> tuple[Array, tuple[Array, ...]]:
        """The value, and what the gradient needs. out: the value and each new residual."""
        run = self._module((*inputs, *options.values())).fwd
        y, residuals = self._checked(run, *inputs, **options)
        if out is None:
            return y, residuals
        y, *new = self._given(out, [y, *(residuals[n] for n in self.new)], inputs)
        given = dict(zip(self.new, new, strict=True)) | dict.fromkeys(self.output, y)
        return y, tuple(given.get(n, r) for n, r in enumerate(residuals))

    def bwd(
        self, residuals: tuple[Array, ...], cotangent: Array, *, out: Any = None, **options: Any
    ) -> tuple[Array, ...]:
        """The gradients, one for each differentiable input."""
        told = residuals[: self.saved]  # without the dtypes of the inputs
        run = self._module((*told, cotangent)).bwd
        gradients: tuple[Array, ...] = self._checked(run, residuals, cotangent, **options)
        if out is None:
            return gradients
        return tuple(self._given(out, list(gradients), (*told, cotangent)))

    def _module(self, arrays: tuple[Array, ...]) -> Live:
        """The NumPy module for empty arrays, whose edges it defines, and where C cannot be had."""
        try:
            full = all(a.size for a in arrays)
            types = {a.dtype for a in arrays}
        except AttributeError:  # a list, or a number
            full, types = all(map(np.size, arrays)), {DOUBLE}
        served = DOUBLE not in types or self.modules.serves(DOUBLE)
        return self.driver if full and served else self.other()

    def _checked(self, run: Callable[..., Any], *given: Any, **options: Any) -> Any:
        try:
            return run(*given, **options)
        except SymderiveError:
            raise
        except TypeError as error:
            raise InputTypeError(str(error)) from error
        except ValueError as error:
            raise InputError(str(error)) from error

    def _given(self, out: Any, values: list[Array], inputs: Iterable[Array]) -> list[Array]:
        """The arrays that `out` gives, with the values in them."""
        given = list(out) if isinstance(out, tuple | list) else [out]
        if len(given) != len(values):
            raise InputError(f"{self.name}: out must hold {len(values)} arrays, not {len(given)}")
        for array, value in zip(given, values, strict=True):
            shape, dtype = np.shape(value), np.asarray(value).dtype
            if array.shape != shape or array.dtype != dtype or not array.flags.carray:
                raise InputError(
                    f"{self.name}: out must be contiguous and writeable, "
                    f"of shape {shape} and {dtype}"
                )
            if any(np.may_share_memory(array, other) for other in inputs):
                raise InputError(f"{self.name}: out must not share memory with other arrays")
        for array, value in zip(given, values, strict=True):
            np.copyto(array, value)
        return given
