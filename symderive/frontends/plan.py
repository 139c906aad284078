"""What a run of a forward starts from, and running it again where it asks for something finer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ..errors import InputError, LimitError, Place, located
from ..index.dims import Dim
from ..index.domains import Domain, boolean
from ..index.naming import unused
from ..index.nodes import Tensor, bracket, idx
from ..program import Argument, Program
from .array import BOOL, FLOAT, INT, Array, number_axes
from .broadcasting import as_length, axis_length
from .context import Concrete, Masked, Split, Written, constant_dim, place_of_error
from .dims import as_domain, held_domain, parse_dims
from .memory import given
from .origin import Origin
from .randomness import Drawn
from .rebound import Unreached

_RESTARTS = 16
_DRAWS = 3
_NO_ROOM = "setting an array element with a sequence"  # NumPy, of a symbolic value in a plain array


@dataclass
class Plan:
    """The dims that are split into parts, the parameters that are plain numbers, the arguments that
    are truth values, whether zeros of known lengths are symbolic, and the answers to decisions on
    data, where there are any.

    everywhere: NumPy's functions are replaced in their modules, not for the forward's names alone.
    """

    refined: dict[str, tuple[Dim, ...]] = field(default_factory=dict)
    concrete: frozenset[str] = frozenset()
    symbolic_zeros: bool = False
    everywhere: bool = False
    masks: frozenset[str] = frozenset()
    answers: tuple[bool, ...] | None = None
    names: frozenset[str] = (
        frozenset()
    )  # every dim seen so far: a part is not named like another dim

    def split(self, signal: Split) -> None:
        """Replace a dim by its parts, (outer, inner); a part of unknown length is a new dim."""
        name = signal.dim.name
        parts = [constant_dim(p) if p else self._part(name, n) for n, p in enumerate(signal.parts)]
        for key, held in self.refined.items():
            self.refined[key] = tuple(q for d in held for q in (parts if d == signal.dim else [d]))
        self.refined.setdefault(name, tuple(parts))

    def _part(self, name: str, number: int) -> Dim:
        return Dim(unused(f"{name}_{number}", self.names, "_"))


def restarted(
    run: Callable[[Plan], Program], what: str, answers: tuple[bool, ...] | None = None
) -> Program:
    """Run until nothing finer is asked for."""
    plan, drawn = Plan(answers=answers), 0
    place: Place | None = None
    for _ in range(_RESTARTS):
        try:
            return run(plan)
        except Split as signal:
            plan.split(signal)
            place = signal.place
        except Concrete as signal:
            plan.concrete |= signal.names
        except Masked as signal:
            plan.masks |= {signal.name}
        except Written:
            plan.symbolic_zeros = True
        except Unreached:
            plan.everywhere = True
        except Drawn as signal:  # a forward that draws does so every time
            drawn += 1
            if drawn == _DRAWS:
                raise signal.refused from None
        except ValueError as error:
            if plan.symbolic_zeros or _NO_ROOM not in str(error):
                raise
            plan.symbolic_zeros = True
        except LimitError as error:
            raise LimitError(located(str(error), place_of_error(error))) from error
        except RecursionError as error:
            raise InputError(
                f"{what} nests one expression too deeply: give names to its intermediate values"
            ) from error
    raise InputError(
        located(
            f"{what} takes an axis apart here that is itself a result, and whose parts have no "
            "dims: shape the pieces first and join them after",
            place,
        )
    )


def argument_of(name: str, given: str | Domain, plan: Plan) -> Argument:
    """The argument of this name with these dims."""
    domain = as_domain(name, given)
    domain = boolean(domain.dims) if name in plan.masks else domain
    layout = parse_dims(domain.dims, name, plan.refined)
    return Argument(
        Tensor(name, tuple(d for axis in layout for d in axis), held_domain(domain)), layout
    )


def array_of(argument: Argument) -> Array:
    """The symbolic array that stands for an argument."""
    axes = number_axes(argument.layout)
    value = argument.tensor[tuple(idx(i) for axis in axes for i in axis)]
    domain = argument.tensor.domain
    array = Array(value, axes, INT if domain.is_label else FLOAT)
    if domain.is_mask:
        array = Array(bracket("ne", value, 0), axes, BOOL)
    if axes:  # without axes it may be a number, or an array
        shape = tuple(as_length(axis_length(axis)) for axis in axes)
        array.origin = Origin(given, (shape, array.kind))
    return array


def dim_names(arguments: Iterable[Argument]) -> frozenset[str]:
    """The names of all dims of these arguments."""
    return frozenset(d.name for a in arguments for d in a.tensor.dims)
