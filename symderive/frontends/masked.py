"""`x[mask]` by truth values that depend on the data.

How many elements there are is not known, so each stays in its place beside the mask. What is
computed from them element by element is written back under the same mask, or summed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..index import nodes
from ..index.nodes import Expr
from ..program import Program
from .array import BOOL, Array, apply
from .booleans import is_truth
from .broadcasting import as_array
from .context import Context, Masked, current
from .registry import METHODS

REFUSED = (
    "x[mask] has a length that depends on the data: it may be computed with element by element, "
    "written back under the same mask, or summed; else write np.where(mask, x, 0) and reduce that"
)


class Chosen(np.lib.mixins.NDArrayOperatorsMixin):
    """The elements of an array at which a mask holds."""

    takes_over = True  # an operation with an array is this class's own

    def __init__(self, array: Array, mask: Array) -> None:
        self.array, self.mask = array, mask

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        options.pop("out", None)  # x[mask] *= 2 is written back by Python itself
        if method == "reduce" and ufunc is np.add and set(options.values()) <= {None, 0}:
            return self.sum()
        if method != "__call__" or options:
            raise current().unsupported(REFUSED)
        found = ufunc(*(self._array_of(i) for i in inputs))
        return Chosen(found, self.mask)

    def _array_of(self, given: Any) -> Any:
        """An operand in its places: chosen by the same mask, or a single number."""
        if isinstance(given, Chosen):
            if not same(given.mask, self.mask):
                raise current().unsupported("elements of two different masks are combined")
            return given.array
        if as_array(given).axes:
            raise current().unsupported(REFUSED)
        return given

    def __array_function__(self, func: Any, types: Any, args: Any, options: Any) -> Any:
        known = {"sum": self.sum, "mean": self.mean}
        said = [v for v in (*args[1:], *options.values()) if v is not None]
        if func.__name__ not in known or said:
            raise current().unsupported(REFUSED)
        return known[func.__name__]()

    def __len__(self) -> int:
        raise current().unsupported(REFUSED)

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise current().unsupported(REFUSED)

    def __getattr__(self, name: str) -> Any:
        raise current().unsupported(REFUSED)

    def sum(self) -> Array:
        """The sum of the chosen elements."""
        return apply("sum", self.held(0))

    def mean(self) -> Array:
        """Their mean."""
        ones = apply("ones_like", self.array)
        return apply("divide", self.sum(), Chosen(ones, self.mask).sum())

    def held(self, otherwise: Any) -> Array:
        """The chosen elements in their places, and another value, or an array, elsewhere."""
        missing = len(self.array.axes) - len(self.mask.axes)  # a mask covers the leading axes
        mask = Array(self.mask.value, (*self.mask.axes, *[()] * missing), BOOL)
        return apply("where", mask, self.array, otherwise)


def chosen_by(array: Array, key: tuple[Any, ...]) -> Chosen | None:
    """`array[mask]` for a mask over its leading axes; None for any other key."""
    if len(key) != 1 or not isinstance(key[0], Array):
        return None
    mask = key[0]
    if mask.axes and mask.layout == array.layout[: len(mask.axes)]:
        must_be_mask(mask)
    if mask.kind != BOOL:
        return None
    if not mask.axes or mask.layout != array.layout[: len(mask.axes)]:
        raise current().unsupported(REFUSED)
    return Chosen(Array(array.value, array.axes, array.kind), mask)


def holds_truth(array: Array) -> bool:
    """True where the elements are 0 or 1: of numbers a sum of brackets may be a count."""
    value = array.value
    if array.kind != BOOL and any(isinstance(n, nodes.Add) for n in (value, *value.args)):
        return False
    return is_truth(value)


def as_truth(array: Array) -> Array:
    """What is true where it is not 0, as NumPy takes numbers for a choice."""
    if holds_truth(array):
        return array
    tensor = _argument(array)
    if tensor is not None:
        current().truths.add(tensor)
    return apply("not_equal", array, 0)


def must_be_mask(array: Array) -> None:
    """Run again with truth values where an argument is used as only truth values can be."""
    tensor = _argument(array)
    if tensor is not None:
        raise Masked(tensor.name)


def _argument(array: Array) -> nodes.Tensor | None:
    """The real argument whose elements these are."""
    value = array.value
    if not isinstance(value, nodes.Ref) or value.tensor not in current().arguments:
        return None
    return value.tensor if value.tensor.domain.is_whole_line else None


def refuse_reals_as_masks(context: Context, program: Program) -> None:
    """Run again with truth values for what chooses, and is nowhere read as a number."""
    for tensor in sorted(context.truths, key=lambda t: t.name):
        if not any(_reads(a.value, tensor) for a in program.assignments):
            raise Masked(tensor.name)


def _reads(expr: Expr, tensor: nodes.Tensor) -> bool:
    """True where an element is read elsewhere than in a comparison with 0."""
    if tensor not in expr.tensors:
        return False
    if isinstance(expr, (nodes.Bracket, nodes.Delta)) and nodes.ZERO in expr.args:
        return not any(isinstance(a, nodes.Ref) and a.tensor == tensor for a in expr.args)
    if isinstance(expr, nodes.Ref) and expr.tensor == tensor:
        return True
    return any(_reads(a, tensor) for a in expr.args)


def same(one: Array, other: Array) -> bool:
    """True for masks of one value over the same dims."""
    return one.layout == other.layout and one.value is other.value


METHODS["as_truth"] = as_truth
