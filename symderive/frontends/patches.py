"""What NumPy's dispatch does not reach: np.zeros((b, n)), len(x) and math.sqrt(n) with symbolic
lengths.

For the time of a trace a few module functions look first whether they are given symbolic values;
all other calls go on to the real function.
"""

from __future__ import annotations

import builtins
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial, reduce
from typing import Any, Self

import numpy as np

from ..index.functions import FUNCTIONS
from .array import BOOL, Array, apply
from .broadcasting import as_array
from .context import is_machinery, running
from .origin import remember
from .registry import METHODS, RULES
from .replaced import Change, Globals, real_of, replaced

_SHAPED = [
    "zeros",
    "ones",
    "empty",
    "full",
    "eye",
    "identity",
    "arange",
    "linspace",
    "tri",
    "asarray",
    "array",
    "ascontiguousarray",
    "asanyarray",
    "take",
]
_WRITTEN = {"zeros": 1, "ones": 1, "empty": 1, "full": 2, "eye": 3, "array": 1}  # where dtype is
_FOLDS = {"sum": "add", "prod": "multiply", "max": "maximum", "min": "minimum", "amax": "maximum",
          "amin": "minimum", "mean": "add"}  # fmt: skip
_OF_NUMBERS = {  # math's name -> the rule
    **{name: name for name in ("sqrt", "cbrt", "fabs", "exp2", "log2", "log10")},
    **{f.library or f.name: f.name for f in FUNCTIONS.values() if f.smooth},
    "pow": "power",
}


def _symbolic(values: Any) -> bool:
    return any(
        isinstance(v, Array) or (isinstance(v, (tuple, list)) and _symbolic(v))
        for v in (tuple.__iter__(values) if isinstance(values, tuple) else values)
    )


def _guarded(real: Callable[..., Any], rule: str) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        if running() is not None and (_symbolic(args) or _symbolic(options.values())):
            return remember(RULES[rule](*args, **options), real, args, options)
        return real(*args, **options)

    return call


def _fresh(real: Callable[..., Any], rule: str) -> Callable[..., Any]:
    """Zeros that the forward will write into, where plain ones could not hold what it writes."""
    guarded = _guarded(real, rule)

    def call(*args: Any, **options: Any) -> Any:
        context, by_user = running(), not is_machinery(sys._getframe(1))
        place = _WRITTEN[rule]
        dtype = options.get("dtype", args[place] if len(args) > place else None)
        wanted = context is not None and context.symbolic_zeros and by_user
        if wanted and rule == "array" and dtype is None and not _symbolic(args):
            dtype = real(*args, **options).dtype
        if wanted and (dtype is None or np.dtype(dtype).kind == "f"):
            return remember(RULES[rule](*args, **options), real, args, options)
        return guarded(*args, **options)

    return call


def _folding(real: Callable[..., Any], name: str) -> Callable[..., Any]:
    """np.sum([x, y], axis=0) is x + y, and np.prod(x.shape) the number of elements."""

    def call(a: Any, axis: Any = None, *args: Any, **options: Any) -> Any:
        if not (running() is not None and isinstance(a, (list, tuple)) and _symbolic(a)):
            return real(a, axis, *args, **options)
        return remember(folded(a, axis, *args, **options), real, (a, axis, *args), options)

    def folded(a: Any, axis: Any, *args: Any, **options: Any) -> Any:
        parts = [as_array(x) for x in tuple.__iter__(tuple(a) if isinstance(a, list) else a)]
        if name in ("sum", "mean", "prod"):  # truth values are counted
            parts = [apply("astype", p, int) if p.kind == BOOL else p for p in parts]
        if options or args or not (axis == 0 or all(not p.axes for p in parts)):
            return RULES[name](apply("stack", parts), axis, *args, **options)
        total = reduce(lambda x, y: apply(_FOLDS[name], x, y), parts)
        return apply("divide", total, len(parts)) if name == "mean" else total

    return call


def _length(real: Callable[[Any], int]) -> Callable[[Any], Any]:
    return lambda value: METHODS["length"](value) if isinstance(value, Array) else real(value)


class Places(Array):
    """range(n) for a symbolic length n: it may be looked up with, and a loop over it wants a
    number.
    """

    def __init__(self, found: Array, end: Array) -> None:
        super().__init__(found.value, found.axes, found.kind)
        self.end = end

    def __iter__(self) -> Iterator[Self]:
        self.end.concrete("range() or an index")
        raise AssertionError("unreachable")


class _RangeType(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, _RANGE)


class _Range(metaclass=_RangeType):
    """range, which is a class and not a function: `isinstance(v, range)` goes on to work."""

    def __new__(cls, *args: Any) -> Any:
        lengths = [a for a in args if isinstance(a, Array)] if running() is not None else []
        return Places(RULES["arange"](*args), lengths[0]) if lengths else _RANGE(*args)


_RANGE = builtins.range


def patched(fn: Any) -> AbstractContextManager[None]:
    """For this time symbolic lengths make arrays, in every thread that traces."""
    changes = lengths_make_arrays()
    return replaced([*changes, *_from_imports(fn, changes)])


def lengths_make_arrays() -> list[Change]:
    """The functions that are replaced so that symbolic lengths make arrays."""
    changes: list[Change] = [
        (np, n, partial(_fresh if n in _WRITTEN else _guarded, rule=n)) for n in _SHAPED
    ]
    changes += [(np, n, partial(_folding, name=n)) for n in _FOLDS]
    changes += [
        (math, n, partial(_guarded, rule=rule))
        for n, rule in _OF_NUMBERS.items()
        if hasattr(math, n)
    ]
    changes += [(builtins, "len", _length), (builtins, "range", lambda real: _Range)]
    return [*changes, *_of_scipy()]


def _of_scipy() -> list[Change]:
    """SciPy's softmax family is Python, and does not dispatch; patched only where the user has
    loaded SciPy."""
    special = sys.modules.get("scipy.special")
    names = ("softmax", "log_softmax", "logsumexp") if special else ()
    return [(special, n, partial(_guarded, rule=n)) for n in names]


def _from_imports(fn: Any, changes: list[Change]) -> list[Change]:
    """The same functions where the forward's module holds them by `from numpy import zeros`."""
    makers = {id(real_of(module, name)): make for module, name, make in changes}
    held = getattr(fn, "__globals__", {})
    place = Globals(held)
    names = [n for n in list(held) if not n.startswith("__")]
    found = [(n, makers.get(id(real_of(place, n)))) for n in names]
    return [(place, n, make) for n, make in found if make is not None]
