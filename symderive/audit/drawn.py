"""Random numbers that a forward draws are arguments that both passes share: the mask of dropout is
the same in backward, whatever it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from typing import Any

from ..frontends.context import running
from ..frontends.plan import array_of
from ..frontends.randomness import answering, refusal
from ..frontends.registry import RULES
from ..index.domains import REAL, UNIT
from ..index.nodes import Tensor
from ..program import Argument
from .outside import drawing, shape_of_draw

_UNIT = ("rand", "random", "random_sample", "ranf")
_DRAWN = (*_UNIT, "randn", "standard_normal", "uniform", "normal", "binomial")


class NewDraws:
    """Makes an argument of every draw of a first run on symbolic arrays."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = taken
        self.arguments: list[Argument] = []

    def __call__(
        self, real: Callable[..., Any], name: str, args: tuple[Any, ...], options: dict[str, Any]
    ) -> Any:
        """The array that stands for the draw."""
        shape = shape_of_draw(name, args, options)
        if shape is None:
            raise _refused(name)
        layout = RULES["ones"](shape).layout if shape else ()
        own = next(n for k in range(1, 1000) if (n := f"draw{k}") not in self.taken)
        self.taken.add(own)
        domain = UNIT if name.rpartition(".")[2] in _UNIT else REAL
        dims = tuple(d for axis in layout for d in axis)
        self.arguments.append(Argument(Tensor(own, dims, domain), layout))
        return array_of(self.arguments[-1])


def _refused(name: str) -> Exception:
    context = running()
    return refusal(name, context.place() if context else None)


@contextmanager
def giving(values: Sequence[Any]) -> Iterator[None]:
    """For this time a forward draws these arrays, one after the other."""
    if not values:
        yield
        return
    given = cycle(values)

    def hook(real: Any, name: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        if shape_of_draw(name, args, options) is None:
            raise _refused(name)
        return next(given)

    if running() is not None:
        with drawing(hook):
            yield
        return

    def answer(real: Any, name: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        module, _, own = name.rpartition(".")
        return next(given) if module == "np.random" and own in _DRAWN else real(*args, **options)

    with answering(answer):
        yield
