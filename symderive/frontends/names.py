"""Names of intermediate values: the user's own variables first, then what mathematics calls such a
value."""

from __future__ import annotations

import gc
import keyword
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

from ..errors import Place
from ..index.dims import VECTOR_LETTERS
from ..index.naming import unused
from ..index.nodes import Expr, Ref
from .array import Array
from .context import Cell, Context, is_machinery
from .rebound import Unreached, is_unreached

# What mathematics calls the result of an operation: the first letter that is no dim or input,
# numbered where it is taken.
DEFAULTS = {
    "exp": ("e", "w", "q"),
    "sqrt": ("r", "sigma"),
    "sum": ("s", "z", "total"),
    "prod": ("p", "total"),
    "max": ("m", "top"),
    "min": ("m", "low"),
    "mean": ("mu", "mean"),
    "var": ("v", "var"),
    "std": ("sigma", "std"),
    "matmul": ("a", "z", "c"),
    "sigmoid": ("g", "s", "u"),
    "tanh": ("t", "u"),
    "cumsum": ("c", "s"),
    "output": ("y", "out", "result"),
}
REST = ("u", "v", "w", "z", "q", "value")
RESERVED = frozenset(
    ("np", "numpy", "math", "self", "residuals", *keyword.kwlist, *keyword.softkwlist)
)


class Names:
    """Gives each value a name that no other value has."""

    def __init__(self, context: Context, taken: Iterable[str], dims: Iterable[str]) -> None:
        letters = set(VECTOR_LETTERS) if "n" in (dims := set(dims)) else set()
        self.inputs = frozenset(taken)
        self.taken = set(self.inputs)
        self.avoided = (
            dims | letters | RESERVED | {c.name for c in context.cells.values() if c.name}
        )

    def of(self, cell: Cell) -> str:
        """The name of a cell: the user's, else the default of its operation; numbered where it is
        taken."""
        if cell.name:
            return self._free(cell.name, RESERVED)
        known, used = DEFAULTS.get(cell.hint, REST), self.inputs
        if known is REST:  # such values have nothing in common that a number could count
            used = frozenset(self.taken)
        letter = next((x for x in known if x not in self.avoided and x not in used), known[-1])
        return self._free(letter, self.avoided)

    def _free(self, name: str, avoided: Iterable[str]) -> str:
        found = unused(name, self.taken.union(avoided))
        self.taken.add(found)
        return found


def give(context: Context, name: str, value: Any) -> None:
    """Remember that the user calls this value `name`, if it has no name yet."""
    if not isinstance(value, Array) or value.kind != "float":
        return
    seen = value.peek()
    cell = context.cells.get(seen.tensor) if isinstance(seen, Ref) else None
    plain = name.strip("_")
    if cell is None or cell.name or not plain.isidentifier() or not plain.isascii():
        return
    if seen is cell.tensor[cell.indices]:
        cell.name = plain


Passed = dict[str, tuple[Array, Expr]]


def _look(context: Context, frame: FrameType, passed: Passed) -> None:
    for name, value in frame.f_locals.items():
        if isinstance(value, Array):
            came = passed.get(name)
            if came is None or came[0] is not value or came[1] is not value.peek():
                give(context, name, value)
        elif name == "self":
            for attribute, held in vars(value).items() if hasattr(value, "__dict__") else ():
                give(context, attribute, held)


@contextmanager
def watching(context: Context, reached: bool) -> Iterator[None]:
    """While this lasts, values that the user's frames hold in variables take those names. What a
    function is called with keeps the name that it has outside.

    reached: the user's functions are copies. Where one was none, `Unreached` is raised at the end
    and whatever else the run has raised is forgotten; at once would stop a finaliser, not the run.
    """

    def watch(passed: Passed) -> Callable[[FrameType, str, Any], Any]:
        def local(frame: FrameType, event: str, argument: Any) -> Any:
            if event in ("line", "return"):
                _look(context, frame, passed)
            if event == "return":
                context.returned = Place(frame.f_code.co_filename, frame.f_lineno)
            return local

        return local

    collectors = {getattr(c, "__code__", None) for c in gc.callbacks}  # they may run anywhere

    def enter(frame: FrameType, event: str, argument: Any) -> Any:
        if _generated(frame) or frame.f_code in collectors:
            return None
        if reached and is_unreached(frame):
            others.append(frame.f_code)
        if is_machinery(frame):
            return None
        held = frame.f_locals.items()
        return watch({name: (v, v.peek()) for name, v in held if isinstance(v, Array)})

    before, others = sys.gettrace(), list[CodeType]()
    sys.settrace(enter)
    try:
        yield
    finally:
        sys.settrace(before)
        if others and not isinstance(sys.exc_info()[1], KeyboardInterrupt):
            raise Unreached from None


def _generated(frame: FrameType) -> bool:
    """True for methods that dataclasses write, which have no file."""
    return frame.f_code.co_filename == "<string>" and frame.f_code.co_name.startswith("__")
