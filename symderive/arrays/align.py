"""Arrays transposed, and given or freed of axes of length one, so that they broadcast."""

from __future__ import annotations

from .axes import Axes, NeedsLastAxis, fits, stripped
from .moves import Permuted, Unit
from .nodes import NUMBER, Array, Held, walk


def align(array: Array, frame: Axes, any_axis: bool) -> Array:
    """The array such that it broadcasts against the frame."""
    if array.kind == NUMBER or fits(array.axes, frame):
        return array
    wanted = stripped(tuple(a if a in array.axes else None for a in frame))
    if any_axis:
        return _at_any_axis(array, wanted)
    present = [a for a in array.axes if a is not None]
    target = tuple(a for a in wanted if a is not None)
    if tuple(present) != target:
        array = Permuted(_with_axes(array, tuple(present)), axes=target, kind=array.kind)
    return _with_axes(array, wanted)


def _at_any_axis(array: Array, wanted: Axes) -> Array:
    """Where the axis has no fixed place, only adding and removing it can be written."""
    added = len(wanted) == len(array.axes) + 1 and wanted[:-1] == array.axes
    removed = array.axes[:-1] == wanted and array.axes[-1] is None
    if added or removed:
        return Unit(array, axes=wanted, kind=array.kind)
    raise NeedsLastAxis(next((n.name for n in walk(array) if isinstance(n, Held)), "an array"))


def _with_axes(array: Array, wanted: Axes) -> Array:
    """The array with axes of length one added and dropped; the others stay in order."""
    if array.axes == wanted:
        return array
    if [a for a in array.axes if a is not None] != [a for a in wanted if a is not None]:
        raise AssertionError(f"{array.axes} has other axes than {wanted}")
    return Unit(array, axes=wanted, kind=array.kind)
