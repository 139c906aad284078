"""Random points to evaluate a program at: small lengths, inputs within their domains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..index.dims import BATCH
from ..index.domains import Wanted
from ..index.evaluate import Evaluator
from ..program import Argument, Program
from .layouts import Sizes

Array = Any
Generator = np.random.Generator

SMALL = (1, 2, 3, 5)
EVEN = ", labels that leave no class out"
LEAST = (1, 2, 6)  # tried in turn: n - 1 wants more than 1, a mean by class as many as classes
LONGEST = 2048  # an axis at which things are checked
TRIES = 4  # draws at one size before it is given up: a random mask may hide a whole row

# The ranges that real inputs are drawn from: the first one in which the forward is finite serves.
RANGES: Mapping[str, tuple[float, float] | None] = {
    "standard normal": None,
    "uniform in [0.1, 0.9)": (0.1, 0.9),
    "uniform in [1.1, 2.5)": (1.1, 2.5),
    "uniform in [-1.5, -0.5)": (-1.5, -0.5),
    "uniform in [-0.2, 0.2)": (-0.2, 0.2),
}


@dataclass(frozen=True)
class Point:
    """Tensors by name, over dims of these lengths; `cotangent` over the output's dims."""

    sizes: Sizes
    tensors: Mapping[str, Array]
    cotangent: Array
    drawn: str = "standard normal"

    def inputs(self, program: Program, dtype: Any = np.float64) -> list[Array]:
        """The real arrays that a kernel takes, labels as integers and all else in `dtype`."""
        reals = (
            self.sizes.to_real(self.tensors[a.tensor.name], a.layout) for a in program.arguments
        )
        types = (
            dtype if a.differentiable else bool if a.tensor.domain.is_mask else np.int64
            for a in program.arguments
        )  # fmt: skip
        return [np.asarray(x).astype(t) for x, t in zip(reals, types, strict=True)]

    def real_cotangent(self, program: Program, dtype: Any = np.float64) -> Array:
        """The cotangent as a real array of the output's shape."""
        return self.sizes.to_real(self.cotangent, program.output.layout).astype(dtype)


def sizes_for(
    program: Program, number: int, least: int = 1, small: tuple[int, ...] = SMALL
) -> Sizes | None:
    """The last dim takes the small size of that number, the dim before it the next size, and so on;
    none is below `least`.

    All are raised alike until the program's constant indices fit; None where they never do.
    """
    doubled = (1 << k for k in range(4, LONGEST.bit_length()))  # x[700] wants a long axis
    for extra in (*range(10), *doubled):
        lengths = {
            d.name: max(small[(number + k) % 4], least) + extra
            for k, d in enumerate(free_dims(program))
        }
        if BATCH not in lengths:
            sizes = Sizes(lengths)
        else:
            batches = ((), (lengths[BATCH],), (2,), (2, lengths[BATCH]))
            sizes = Sizes(lengths, batches[number % 4])
        if fits(program, sizes):
            return sizes
    return None


def free_dims(program: Program) -> list[Any]:
    """The dims with a length of their own, the last first: that is where reductions usually are."""
    return [d for d in reversed(program.dims) if d.length is None and not d.extent]


def fits(program: Program, sizes: Sizes) -> bool:
    """True where every dim has a positive length and every named place is there."""
    dims = {d for a in program.assignments for d in a.tensor.dims}
    return program.fits(sizes.lengths) and all(sizes.length(d) >= 1 for d in dims)


def draw(
    program: Program,
    sizes: Sizes,
    rng: Generator,
    drawn: str = "standard normal",
    scale: float = 1.0,
) -> Point:
    """A random point within the domains of the arguments. `scale` stretches the real ones."""
    tensors = {a.tensor.name: draw_argument(a, sizes, rng, drawn, scale) for a in program.arguments}
    cotangent = rng.uniform(0.5, 1.5, sizes.tensor_shape(program.output.tensor.dims))
    cotangent *= rng.choice([-1.0, 1.0], cotangent.shape)  # either sign, and never near zero
    return Point(sizes, tensors, cotangent, drawn)


def draw_argument(
    argument: Argument, sizes: Sizes, rng: Generator, drawn: str, scale: float = 1.0
) -> Array:
    """Random values of one argument, as a tensor over its dims."""
    domain = argument.tensor.domain
    within = RANGES[drawn.removesuffix(EVEN)]
    wanted = Wanted(within, scale, domain.bound(sizes.lengths), drawn.endswith(EVEN))
    values = domain.draw(rng, sizes.real_shape(argument.layout), wanted)
    return sizes.to_tensor(values, argument.layout)


def evaluate_forward(
    program: Program,
    point: Point,
    functions: Any = None,
    lift: Callable[[Array], Array] = np.asarray,
) -> Evaluator:
    """An evaluator that holds the inputs, the parameters and every assigned tensor."""
    arrays = {name: lift(array) for name, array in point.tensors.items()}
    arrays |= {p.tensor.name: lift(np.asarray(p.default, float)) for p in program.parameters}
    evaluator = Evaluator(arrays, point.sizes.lengths, functions)
    for assignment in program.assignments:
        evaluator.assign(assignment.tensor, assignment.indices, assignment.value)
    return evaluator


def usual_range(program: Program, rng: Generator) -> str:
    """The first of `RANGES` in which the whole forward is finite; the first where none is."""
    labelled = any(a.tensor.domain.is_label for a in program.arguments)
    for drawn in (*RANGES, *(f"{r}{EVEN}" for r in RANGES if labelled)):
        if all(_may_be_finite(program, number, rng, drawn) for number in (2, 3)):
            return drawn
    return next(iter(RANGES))


def _may_be_finite(program: Program, number: int, rng: Generator, drawn: str) -> bool:
    """True where the forward is finite, if need be over axes that are longer than 1."""
    sizes = [s for least in LEAST if (s := sizes_for(program, number, least)) is not None]
    return not sizes or any(is_finite(program, draw(program, s, rng, drawn)) for s in sizes)


def is_finite(program: Program, point: Point) -> bool:
    """The outputs are finite, and nothing is NaN; what is masked with -∞ on the way may be."""
    evaluator = evaluate_forward(program, point)
    values = {a.tensor: evaluator.arrays[a.tensor.name] for a in program.assignments}
    computed = [values[o.tensor] for o in program.outputs if o.tensor in values]
    finite = all(np.isfinite(np.asarray(v, float)).all() for v in computed)
    return finite and not any(np.isnan(np.asarray(v, float)).any() for v in values.values())
