"""A forward whose names stand for what a trace puts in their place, while all others' names stay.

A copy of the function looks its names up where np.zeros, len and np.random are those of the trace,
and so do copies of the functions that it calls: no module changes, and no other thread sees any of
it. What has no such copy (methods of classes, code that assigns to globals) is noticed when it
runs, and `Unreached` is raised at the end.
"""

from __future__ import annotations

import builtins
import dis
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from types import CellType, CodeType, FrameType, FunctionType, MethodType, ModuleType
from typing import Any

from .context import is_library, is_machinery_file
from .replaced import Change, real_of

_REBINDING = frozenset(("STORE_GLOBAL", "DELETE_GLOBAL", "LOAD_BUILD_CLASS"))
_OF_A_CELL = frozenset(("STORE_DEREF", "DELETE_DEREF"))
_READING_GLOBALS = frozenset(("eval", "exec", "globals", "vars"))


class Unreached(BaseException):
    """Code runs that looks its names up in its own module: run it again, and replace them there."""


class _Globals(dict[str, Any]):
    """A module's globals, as they are at the moment, with other values under some names."""

    def __init__(self, real: dict[str, Any], names: Names) -> None:
        super().__init__(__builtins__=names.builtins)
        self.real, self.names = real, names

    def __missing__(self, name: str) -> Any:
        return self.names.of(self.real[name])


class _View(ModuleType):
    """A module with other values under some names."""

    def __init__(self, real: ModuleType, names: Names) -> None:
        super().__init__(real.__name__)
        object.__setattr__(self, "seen", (real, names))

    def __getattribute__(self, name: str) -> Any:
        real, names = object.__getattribute__(self, "seen")
        return names.of(getattr(real, name))

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(object.__getattribute__(self, "seen")[0], name, value)


class Names:
    """What stands for a value in the forward that is traced: for most values they themselves."""

    def __init__(self, changes: Callable[[], Iterable[Change]]) -> None:
        self.changes = changes
        self.known: dict[int, tuple[Any, Any]] = {}  # by id: the value, which lives on, and another
        self.spaces: dict[int, _Globals] = {}
        self._learn()
        own = vars(builtins)
        new = {n: self.known[id(v)][1] for n, v in own.items() if id(v) in self.known}
        self.builtins = {**own, **new, "__import__": self._import}

    def _learn(self) -> None:
        for place, name, make in self.changes():
            real = real_of(place, name)
            self.known.setdefault(id(real), (real, make(real)))

    def of(self, value: Any) -> Any:
        """What the forward is given in the place of a value."""
        found = self.known.get(id(value))
        if found is None and (copy := _COPIES.get(type(value))) is not None:
            found = self.known[id(value)] = value, copy(self, value)
        return value if found is None else found[1]

    def _import(
        self, name: str, spaces: Any = None, held: Any = None, names: Any = (), level: int = 0
    ) -> Any:
        real = spaces.real if isinstance(spaces, _Globals) else spaces
        load: Callable[..., Any] = vars(builtins)["__import__"]
        return self.of(load(name, real, held, names, level))

    def _module(self, module: ModuleType) -> ModuleType:
        if module.__name__ == "numpy.random":  # loaded when it is first asked for
            self._learn()
        return _View(module, self)

    def _partial(self, value: partial[Any]) -> partial[Any]:
        return partial(self.of(value.func), *map(self.of, value.args), **value.keywords)

    def _method(self, value: MethodType) -> MethodType:
        return MethodType(self.of(value.__func__), value.__self__)

    def _function(self, function: FunctionType) -> FunctionType:
        code = function.__code__
        if is_machinery_file(code.co_filename) or _rebinds(code):
            return function
        space = function.__globals__
        own = self.spaces.setdefault(id(space), _Globals(space, self))
        cells = tuple(CellType() for _ in code.co_freevars)
        made = FunctionType(code, own, function.__name__, None, cells)
        self.known[id(function)] = function, made  # it may call itself
        for new, old in zip(cells, function.__closure__ or (), strict=True):
            for value in contents(old):
                new.cell_contents = self.of(value)
        defaults, by_name = function.__defaults__, function.__kwdefaults__
        made.__defaults__ = defaults and tuple(map(self.of, defaults))
        made.__kwdefaults__ = by_name and {k: self.of(v) for k, v in by_name.items()}
        made.__dict__, made.__qualname__ = function.__dict__, function.__qualname__
        return made


_COPIES: dict[type, Callable[[Names, Any], Any]] = {
    ModuleType: Names._module,
    FunctionType: Names._function,
    MethodType: Names._method,
    partial: Names._partial,
}


def contents(cell: CellType) -> list[Any]:
    """What a closure's cell holds; it may be empty."""
    try:
        return [cell.cell_contents]
    except ValueError:
        return []


@cache
def _rebinds(code: CodeType) -> bool:
    """True for code that assigns to what is not its own, or looks names up by itself."""
    outer = frozenset(code.co_freevars)

    def inside(part: CodeType) -> Iterator[bool]:
        yield not _READING_GLOBALS.isdisjoint(part.co_names)
        for step in dis.get_instructions(part):
            yield step.opname in _REBINDING
            yield step.opname in _OF_A_CELL and step.argval in outer
        for constant in part.co_consts:
            if isinstance(constant, CodeType):
                yield from inside(constant)

    return any(inside(code))


def is_unreached(frame: FrameType) -> bool:
    """True for a frame that looks its names up in its own module."""
    space = frame.f_globals
    if isinstance(space, _Globals) or is_library(frame):
        return False
    return not str(space.get("__name__")).startswith("namedtuple_")
