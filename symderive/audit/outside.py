"""What code may take from outside: files are refused while it runs symbolically, and random numbers
are the same in every run on real arrays."""

from __future__ import annotations

import builtins
import io
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from numpy import random as draws

from ..errors import NotSupportedError, Place, located
from ..frontends.array import Array
from ..frontends.context import Draws, running, user_frame
from ..frontends.registry import RULES
from ..frontends.replaced import replaced

SEED = 0
_REFUSING: ContextVar[bool] = ContextVar("refusing files", default=False)


@contextmanager
def refusing_files() -> Iterator[None]:
    """For this time opening a file is an error at the user's line: what it holds would be taken for
    a constant."""
    token = _REFUSING.set(True)
    try:
        with replaced([(builtins, "open", _refused), (io, "open", _refused)]):
            yield
    finally:
        _REFUSING.reset(token)


def _refused(real: Callable[..., Any]) -> Callable[..., Any]:
    def call(file: Any, *args: Any, **options: Any) -> Any:
        if not _REFUSING.get():  # another thread
            return real(file, *args, **options)
        frame = user_frame()
        place = Place(frame.f_code.co_filename, frame.f_lineno) if frame else None
        raise NotSupportedError(
            located(f"the code opens the file {file}; pass what it holds as an argument", place)
        )

    return call


@contextmanager
def same_draws() -> Iterator[None]:
    """For this time global generators start from one seed."""
    states = random.getstate(), draws.get_state()
    random.seed(SEED)
    draws.seed(SEED)
    try:
        yield
    finally:
        random.setstate(states[0])
        draws.set_state(states[1])


@contextmanager
def allowing_draws() -> Iterator[None]:
    """For this time, that of a constructor, random numbers may be drawn, each time the same ones:
    what they fill is replaced by an argument."""
    with drawing(_filler), same_draws():
        yield


@contextmanager
def drawing(hook: Draws) -> Iterator[None]:
    """For this time a run on symbolic arrays draws its random numbers here."""
    context = running()
    before = context.draws if context is not None else None
    if context is not None:
        context.draws = hook
    try:
        yield
    finally:
        if context is not None:
            context.draws = before


def _filler(
    real: Callable[..., Any], name: str, args: tuple[Any, ...], options: dict[str, Any]
) -> Any:
    """Ones, where a length is symbolic; else what is drawn."""
    shape = shape_of_draw(name, args, options)
    symbolic = shape is not None and any(isinstance(k, Array) for k in shape)
    return RULES["ones"](shape) if symbolic else real(*args, **options)


_SIZE = {"random": 0, "random_sample": 0, "ranf": 0, "standard_normal": 0, "uniform": 2,
         "normal": 2, "binomial": 2}  # where NumPy's functions take the shape  # fmt: skip


def shape_of_draw(
    name: str, args: tuple[Any, ...], options: dict[str, Any]
) -> tuple[Any, ...] | None:
    """The shape of np.random.randn(n, m) or np.random.normal(0, s, (n, m)); None for what draws no
    array of numbers."""
    own = name.rpartition(".")[2]
    if own in ("rand", "randn"):
        return args
    if own not in _SIZE:
        return None
    given = options.get("size", args[_SIZE[own]] if len(args) > _SIZE[own] else ())
    return tuple(given) if isinstance(given, (tuple, list)) else (given,)
