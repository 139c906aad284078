"""The arrays that code holds by itself, made by a constructor, a class or a module: each is an
argument like those that are handed in, so that its starting value (zeros, an identity) hides
nothing."""

from __future__ import annotations

import dis
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import CellType
from typing import Any

import numpy as np

from ..frontends.array import FLOAT, Array
from ..frontends.context import constant_dim
from ..index.nodes import Tensor
from ..program import Argument, Layout
from .collect import attributes, is_object, plain, spellings

DEEPEST = 5
Spaces = Mapping[int, Any]  # dictionaries of globals, and classes, by what tells them apart
Step = tuple[str, Any]  # ("attribute", name), ("item", key)

_WRAPPED = ("data", "value", "val", "array", "values")


@dataclass(frozen=True)
class Slot:
    """Where an array is kept: the steps from the object, and how the code would write them."""

    steps: tuple[Step, ...]
    path: str
    value: Any

    @property
    def name(self) -> str:
        """What the code calls it: W for self.fc.W, for self.params["W"] and for self.W.data."""
        names = [str(k) for kind, k in self.steps]
        if len(names) > 1 and names[-1] in _WRAPPED:
            names = names[:-1]
        own = plain(names[-1]) if names[-1].isidentifier() else "_".join(names[-2:])
        return re.sub(r"\W", "_", own).strip("_") or "held"

    @property
    def is_inside(self) -> bool:
        """False for what a module or a class keeps."""
        return self.path.startswith("self.")

    @property
    def is_called(self) -> bool:
        """False for self.params[0]."""
        return isinstance(self.steps[-1][1], str)


@dataclass(frozen=True)
class Held:
    """One array that code holds by itself, and everywhere that it is kept.

    layout: the dims that its shape tells.  is_outside: a module or a class keeps it.
    """

    name: str
    slots: tuple[Slot, ...]
    layout: Layout
    is_outside: bool = False

    @property
    def path(self) -> str:
        """How the code would write it."""
        return self.slots[0].path

    @property
    def is_of_module(self) -> bool:
        """True for what a module keeps: a table, unless code leaves a gradient of it."""
        return self.is_outside and self.slots[0].steps[1][0] == "item"

    @property
    def argument(self) -> Argument:
        """The argument that stands for it."""
        return Argument(
            Tensor(self.name, tuple(d for axis in self.layout for d in axis)), self.layout
        )


def _layout(value: Any) -> Layout:
    if isinstance(value, Array):
        return value.layout
    return tuple((constant_dim(k),) if k > 1 else () for k in np.shape(value))


def slots_in(value: Any, path: str, steps: tuple[Step, ...] = ()) -> Iterator[Slot]:
    """Every value in an object that a backward could leave a gradient of: real arrays, and numbers
    in attributes."""
    if isinstance(value, (Array, np.ndarray, np.floating, float)):
        if steps:
            yield Slot(steps, path, value)
        return
    if len(steps) < DEEPEST:
        for step, inner, held in _inside(value, path):
            yield from slots_in(held, inner, (*steps, step))


def _inside(value: Any, path: str) -> Iterable[tuple[Step, str, Any]]:
    if isinstance(value, Mapping):
        return [(("item", k), f"{path}[{k!r}]", v) for k, v in value.items()]
    if isinstance(value, (list, tuple)):
        return [(("item", n), f"{path}[{n}]", v) for n, v in enumerate(value)]
    if is_object(value) and (not callable(value) or hasattr(value, "forward")):
        own = attributes(value).items()
        return [(("attribute", n), f"{path}.{n}", v) for n, v in own]
    return ()


def spaces_of(functions: Iterable[Any], kinds: Iterable[type]) -> Spaces:
    """The globals of functions, what they close over, and classes: where code keeps arrays outside
    of its objects."""
    spaces: dict[int, Any] = {id(k): k for k in kinds}
    for function in functions:
        code, own = getattr(function, "__code__", None), getattr(function, "__globals__", None)
        if code is None or own is None:
            continue
        spaces[id(own)] = own
        cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
        spaces.update({id(c): _Closed(n, c) for n, c in cells.items()})
    return spaces


class _Closed(dict[str, Any]):
    """A variable that a function closes over, as a dictionary of one key."""

    def __init__(self, name: str, cell: CellType) -> None:
        try:
            super().__init__({name: cell.cell_contents})
        except ValueError:  # not assigned yet
            super().__init__()
        self.cell = cell

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        self.cell.cell_contents = value


def _slots_around(around: Spaces) -> Iterator[Slot]:
    for key, space in around.items():
        is_class = isinstance(space, type)
        prefix = f"{space.__name__}." if is_class else ""
        kind = "attribute" if is_class else "item"
        for name, value in list((vars(space) if is_class else space).items()):
            if not name.startswith("__") and isinstance(value, (np.ndarray, dict, list, tuple)):
                yield from slots_in(value, f"{prefix}{name}", (("item", key), (kind, name)))


def held_in(
    inner: Any, around: Spaces, taken: Iterable[str], written: frozenset[str]
) -> list[Held]:
    """The arrays of real numbers that an object holds, and those of its classes and modules, which
    depend on no argument; each under a name that nothing else has.

    written: the attributes that a backward assigns: they tell which numbers are parameters.
    """
    found: dict[Any, tuple[bool, list[Slot]]] = {}
    for outside, slots in ((False, slots_in(inner, "self")), (True, _slots_around(around))):
        for slot in slots:
            if _is_parameter(slot, written):
                key = slot.path if np.ndim(slot.value) == 0 else id(slot.value)
                found.setdefault(key, (outside, []))[1].append(slot)
    names, held = set(taken), list[Held]()
    arrays = [kept[0].value for _, kept in found.values()]
    for outside, kept in found.values():
        if any(_is_part(kept[0].value, array) for array in arrays):
            continue
        own = [s for s in kept if s.is_inside != outside]
        own.sort(key=lambda s: (not s.is_called, len(s.steps)))
        name = _free(own[0], names)
        names.add(name)
        held.append(Held(name, tuple(own), _layout(own[0].value), outside))
    return held


def _is_parameter(slot: Slot, written: frozenset[str]) -> bool:
    value = slot.value
    if isinstance(value, Array):
        return value.kind == FLOAT and value.view is None and not value.value.tensors
    if isinstance(value, np.ndarray):
        return value.dtype.kind == "f" and value.size > 0
    named = slot.steps[-1][0] == "attribute" and slot.is_inside
    return named and not written.isdisjoint(spellings(slot.name)[:-1])


def _is_part(one: Any, other: Any) -> bool:
    """True for a view of another array that is held."""
    if not isinstance(one, np.ndarray) or not isinstance(other, np.ndarray) or one is other:
        return False
    return other.size > one.size and np.shares_memory(other, one)


def _free(slot: Slot, taken: set[str]) -> str:
    parts = [re.sub(r"\W", "_", str(k)) for _, k in slot.steps]
    tried = [slot.name, *("_".join(parts[-n:]) for n in range(2, len(parts) + 1))]
    tried += [f"{slot.name}_{n}" for n in range(1, 100)]
    return next(n for n in tried if n not in taken and n.isidentifier())


def placed(root: Any, held: Iterable[Held], values: Mapping[str, Any]) -> dict[str, Any]:
    """Put values where these arrays are kept in an object; what is kept there afterwards, by name.

    A NumPy array of float64 is written to, so that views of it follow.
    """
    kept: dict[str, Any] = {}
    for one in held:
        if one.name not in values:
            continue
        new, old = values[one.name], _get(root, one.slots[0].steps)  # None: not made yet
        if _is_writable(old) and isinstance(new, np.ndarray):
            old[...] = new
            kept[one.name] = old
            continue
        kept[one.name] = new
        for slot in one.slots:
            _put(root, slot.steps, new)
    return kept


@contextmanager
def keeping(root: Any, held: Sequence[Held], values: Mapping[str, Any]) -> Iterator[None]:
    """For this time modules and classes keep these values."""
    slots = [(s, values[one.name]) for one in held if one.name in values for s in one.slots]
    before = [(s, _get(root, s.steps)) for s, _ in slots]
    try:
        for slot, new in slots:
            _put(root, slot.steps, new)
        yield
    finally:
        for slot, old in before:
            _put(root, slot.steps, old)


def _get(holder: Any, steps: tuple[Step, ...]) -> Any:
    for kind, key in steps:
        holder = getattr(holder, key, None) if kind == "attribute" else holder[key]
    return holder


def _is_writable(array: Any) -> bool:
    return isinstance(array, np.ndarray) and array.dtype == np.float64 and array.flags.writeable


def _put(holder: Any, steps: tuple[Step, ...], new: Any) -> Any:
    """The object with a value put where these steps lead; tuples are made anew."""
    (kind, key), rest = steps[0], steps[1:]
    old = _get(holder, steps[:1])
    value = _put(old, rest, new) if rest else new
    if isinstance(holder, tuple):
        parts = [value if n == key else v for n, v in enumerate(holder)]
        return type(holder)(*parts) if hasattr(holder, "_fields") else tuple(parts)
    if value is old:
        return holder
    if kind == "attribute":
        setattr(holder, key, value)
    else:
        holder[key] = value
    return holder


def assigned_in(function: Any) -> frozenset[str]:
    """The names of the attributes that a function assigns, in small letters."""
    code = getattr(function, "__code__", None)
    if code is None:
        return frozenset()
    return frozenset(
        str(i.argval).lower() for i in dis.get_instructions(code) if i.opname == "STORE_ATTR"
    )
