"""Check a step when it is made: both sides at a random point of small random sizes, in float64."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ..errors import DerivationError
from ..index.dims import Dim, Index, length_of
from ..index.domains import Wanted
from ..index.evaluate import Evaluator
from ..index.limits import refuse_large
from ..index.nodes import Expr, Tensor
from ..program import Assignment, Program

LENGTHS = (3, 2, 4, 2, 3, 2)
LONG = 64  # beyond this the lengths grow faster
DRAWS = 4  # of each range: a draw of labels may mask a whole row
SPREADS = (1.0, 0.3, 2.5)  # by seed: near 0 and far from it, other choices are taken
TOLERANCE = 1e-7
STEP, SLOPE_TOLERANCE = 1e-5, 1e-5  # of central differences, relative to the size of what adds up
RANGES = (
    (-1.5, 1.5),
    (0.5, 1.5),
    (0.1, 0.9),
    (1.1, 1.9),
    (-1.5, -0.5),
    (-0.2, 0.2),
)  # where a forward may be defined: tried in turn


class Point:
    """The value of every tensor of a program at one random point, and of its cotangent.

    gentle: what the usual spread of the inputs is multiplied by.
    """

    def __init__(
        self,
        program: Program,
        cotangents: Iterable[Tensor] = (),
        seed: int = 0,
        gentle: float = 1.0,
    ) -> None:
        rng = np.random.default_rng(seed)
        free = [d for d in _all_dims(program) if d.length is None and not d.extent]
        lengths = {d.name: LENGTHS[(n + seed) % len(LENGTHS)] for n, d in enumerate(free)}
        more = 1
        while not _fits(program, lengths):  # x[2:-2] wants a longer axis, x[10**9] a long one
            lengths = {name: length + more for name, length in lengths.items()}
            more = more if max(lengths.values()) < LONG else 2 * more
            for tensor in (a.tensor for a in program.arguments):
                shape = tuple(length_of(d, lengths) for d in tensor.dims)
                refuse_large(shape, f"the argument '{tensor.name}'")
        self.evaluator = self._defined(program, lengths, rng, SPREADS[seed % len(SPREADS)] * gentle)
        for tensor in cotangents:
            shape = tuple(self.evaluator.length(d) for d in tensor.dims)
            self.evaluator.arrays[tensor.name] = rng.uniform(0.5, 1.5, shape)

    def _defined(
        self, program: Program, lengths: dict[str, int], rng: np.random.Generator, spread: float
    ) -> Evaluator:
        first, *others = RANGES
        ranges = ((first[0] * spread, first[1] * spread), *others)
        for number, (low, high) in enumerate(ranges * DRAWS):
            even = number >= len(ranges)  # labels that leave no class out
            if even and number % len(ranges) == 0:
                lengths = {name: length + 1 for name, length in lengths.items()}
            evaluator = Evaluator({}, lengths)
            for parameter in program.parameters:
                evaluator.arrays[parameter.tensor.name] = np.float64(parameter.default)
            for argument in program.arguments:
                evaluator.arrays[argument.tensor.name] = sample(
                    argument.tensor, evaluator, low, high, rng, even
                )
            for assignment in program.assignments:
                evaluator.assign(assignment.tensor, assignment.indices, assignment.value)
            if all(np.isfinite(evaluator.arrays[o.tensor.name]).all() for o in program.outputs):
                return evaluator
        raise DerivationError(
            f"no point was found where {program.name} is finite, so its steps cannot be checked; "
            f"give its inputs a domain, such as sd.positive(...)"
        )

    def stand_in(self, tensor: Tensor) -> None:
        """Give a tensor that nothing computes yet a value, so that forms that hold it can be
        compared.
        """
        shape = tuple(self.evaluator.length(d) for d in tensor.dims)
        count = int(np.prod(shape))
        self.evaluator.keep(tensor.name, np.linspace(0.5, 1.5, count).reshape(shape))

    def add(self, assignment: Assignment) -> None:
        """Evaluate one more assignment here, of a cotangent that was given a name."""
        self.evaluator.assign(assignment.tensor, assignment.indices, assignment.value)

    def slope_is(
        self, program: Program, tensor: Tensor, gradient: Tensor, cotangent: Tensor
    ) -> bool:
        """True where the gradient, along a random direction, is the slope of Σ cotangent · output.

        By central differences of the program itself, which know nothing of the calculus. At a kink
        any slope between those of the two sides will do.
        """
        terms = np.asarray(self.evaluator.arrays[gradient.name]) * self._direction(tensor)
        here, right, left, step = self._sides(program, tensor, cotangent)
        claimed = float(np.sum(terms))
        size = 1.0 + float(np.sum(np.abs(terms))) + abs(here)
        if abs((right - left) / (2 * step) - claimed) <= SLOPE_TOLERANCE * size:
            return True
        sides = sorted(((right - here) / step, (here - left) / step))
        kinked = sides[1] - sides[0] > 100 * SLOPE_TOLERANCE * size
        margin = SLOPE_TOLERANCE * size * 10
        return kinked and sides[0] - margin <= claimed <= sides[1] + margin

    def is_rough(
        self, program: Program, tensor: Tensor, gradient: Tensor, cotangent: Tensor
    ) -> bool:
        """True where float64 tells nothing: the gradient is not finite, as where 1 - p rounds to 0,
        or differences of two steps disagree.
        """
        along = np.asarray(self.evaluator.arrays[gradient.name])
        if not np.isfinite(along).all():
            return True
        slopes = []
        for wide in (1.0, 3.0):
            here, right, left, step = self._sides(program, tensor, cotangent, wide)
            slopes.append((right - left) / (2 * step))
        size = 1.0 + abs(slopes[0]) + abs(here)
        return not abs(slopes[0] - slopes[1]) <= SLOPE_TOLERANCE * size

    def _direction(self, tensor: Tensor) -> np.ndarray:
        x = np.asarray(self.evaluator.arrays[tensor.name])
        signs = np.where(np.arange(x.size).reshape(x.shape) % 2, -1, 1)
        return np.asarray(np.random.default_rng(5).uniform(0.5, 1.5, x.shape) * signs)

    def _sides(
        self, program: Program, tensor: Tensor, cotangent: Tensor, wide: float = 1.0
    ) -> tuple[float, float, float, float]:
        """The loss here and a step to either side, and the step."""
        x, direction = np.asarray(self.evaluator.arrays[tensor.name]), self._direction(tensor)
        step = wide * STEP * (1.0 + float(np.max(np.abs(x), initial=0.0)))
        here, right, left = (
            self._loss(program, tensor, x + k * step * direction, cotangent) for k in (0, 1, -1)
        )
        return here, right, left, step

    def _loss(
        self, program: Program, tensor: Tensor, value: np.ndarray, cotangent: Tensor
    ) -> float:
        """Σ cotangent · output with one input changed."""
        known = self.evaluator.arrays
        names = [a.tensor.name for a in program.arguments]
        names += [p.tensor.name for p in program.parameters]
        evaluator = Evaluator({n: known[n] for n in names}, self.evaluator.lengths)
        evaluator.arrays[tensor.name] = value
        for assignment in program.assignments:
            evaluator.assign(assignment.tensor, assignment.indices, assignment.value)
        output = evaluator.arrays[program.output.tensor.name]
        return float(np.sum(np.asarray(output) * known[cotangent.name]))

    def difference(
        self, left: Expr, right: Expr, axes: Sequence[Index], start: Expr | None = None
    ) -> float:
        """The greatest difference of two expressions here, relative to their size; nan where
        both are not finite. start: compared is only where this is finite.
        """
        order = tuple(axes)
        a, b = self.evaluator(left, order), self.evaluator(right, order)
        finite = np.isfinite(a)
        if start is not None:
            finite = finite & np.isfinite(self.evaluator(start, order))
        if not finite.any():
            return 0.0 if not np.isfinite(b).any() else float("inf")
        scale = 1.0 + float(np.max(np.abs(a[finite])))
        return float(np.max(np.abs(a[finite] - b[finite]), initial=0.0)) / scale

    def agree(self, left: Expr, right: Expr, start: Expr | None = None) -> bool:
        """True where two expressions have the same value here, wherever `start` has one."""
        axes = sorted(left.free | right.free | (start.free if start else frozenset()))
        return self.difference(left, right, axes, start) <= TOLERANCE


def sample(
    tensor: Tensor,
    evaluator: Evaluator,
    low: float,
    high: float,
    rng: np.random.Generator,
    even: bool = False,
) -> np.ndarray:
    """A random array of a tensor's shape within its domain."""
    shape = tuple(evaluator.length(d) for d in tensor.dims)
    refuse_large(shape, f"the argument '{tensor.name}'")
    bound = tensor.domain.bound(evaluator.lengths)
    drawn = tensor.domain.draw(rng, shape, Wanted((low, high), bound=bound, even=even))
    return np.asarray(drawn)


def _fits(program: Program, lengths: dict[str, int]) -> bool:
    dims = [d for d in _all_dims(program) if d.extent]
    return program.fits(lengths) and all(length_of(d, lengths) >= 1 for d in dims)


def _all_dims(program: Program) -> list[Dim]:
    """Every dim of the program, and those that a derived dim's length is made of."""
    seen: dict[Dim, None] = {}
    tensors = [a.tensor for a in program.arguments] + [a.tensor for a in program.assignments]
    for tensor in tensors:
        for dim in tensor.dims:
            seen[dim] = None
            for name, _ in dim.extent:
                if name:
                    seen[Dim(name)] = None
    for argument in program.arguments:
        below = argument.tensor.domain.below
        if isinstance(below, str):
            seen[Dim(below)] = None
    return list(seen)
