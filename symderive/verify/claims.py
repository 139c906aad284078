"""What the steps say of derivatives, `∂y_i/∂x_j = ...` and `dx_i = ...`, against differences.

That `before` equals `after` says nothing of what both are called. Here the name on the left is
read, the derivative that it stands for is found by differences of the forward at many digits, and
must equal the last expression of that name. The step check finds those before it equal to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from ..calculus.result import Derived, Jacobian
from ..index.dims import Index
from ..index.evaluate import Evaluator
from ..index.nodes import Expr, Tensor
from ..index.text import text
from .check import Check, Tally, skipped
from .environment import environment
from .points import points
from .precise import SPARE, Arithmetic, arithmetic, as_float, largest
from .sampling import Point, evaluate_forward
from .steps import ALL, MOST_TERMS, all_steps, terms

Array = Any
SERIALS = 4  # i, j, k, l: the letters that a left side may use
MOST_WORK = 120_000  # numbers that the differences by one tensor may take


@dataclass(frozen=True)
class Claim:
    """∂of[rows]/∂by[columns] = value, or for no `of`: the cotangent of by[columns] = value."""

    left: str
    of: Tensor | None
    by: Tensor
    axes: tuple[Index, ...]
    value: Expr


def check_claims(
    derived: Derived, jacobians: Iterable[Jacobian] = (), *, digits: int = 50, seed: int = 0
) -> Check:
    """Each derivative that a step names has the value that its last step gives."""
    name = "derivatives named by the steps"
    found = {claim.left: claim for claim in claims(derived, jacobians)}  # the last of each name
    tally, exact = Tally(), arithmetic(digits)
    for point in points(derived.forward, seed, ALL[1:]):
        tally.at(point.sizes)
        evaluator = environment(derived, point, exact)
        differences = Differences(derived, point, arithmetic(2 * digits))
        for claim in found.values():
            if terms(claim.value, evaluator) > MOST_TERMS or not differences.affordable(claim):
                continue
            if any(t.name not in evaluator.arrays for t in claim.value.tensors):
                continue
            expected = exact.lowered(differences(claim))
            value = evaluator(claim.value, claim.axes)
            if claim.of is not None:  # the distance of a point to itself has no slope
                held = np.isfinite(as_float(value)) & differences.is_finite(claim.of, value.ndim)
                value, expected = value[held], expected[held]
            gap = largest(value - expected) if value.size else float("nan")
            scale = max(largest(expected), differences.floor)
            tally.add(gap, scale, f"{claim.left} is not {claim.value}")
    if not tally.count:
        return skipped(name, "no step names a derivative with respect to an unconstrained tensor")
    covered = f"{len(found)} names, {tally.count} comparisons at {tally.places}, {digits} digits"
    return tally.judged(name, covered, 10.0 ** (SPARE - digits), "relative")


def claims(derived: Derived, jacobians: Iterable[Jacobian]) -> Iterator[Claim]:
    """The claims of all steps, in order; a single derivative is a matter of choice where no element
    moves alone, as on a simplex.
    """
    tensors = {a.tensor.name: a.tensor for a in derived.forward.arguments}
    tensors |= {a.tensor.name: a.tensor for a in derived.forward.assignments}
    for _, step in all_steps(derived, jacobians):
        claim = read_claim(step.left, step.after, tensors)
        if claim is not None and not claim.by.domain.is_tied:
            yield claim


def read_claim(left: str, value: Expr, tensors: dict[str, Tensor]) -> Claim | None:
    """The claim that `left = value` makes; None where the left side names no derivative."""
    quotient = re.fullmatch(r"∂(.+)/∂(.+)", left)
    if quotient:
        above, below = (list(_read(side, tensors)) for side in quotient.groups())
        pairs = ((of, by, rows + columns) for of, rows in above for by, columns in below)
        return next((Claim(left, *c, value) for c in pairs if value.free <= set(c[2])), None)
    if left.startswith("d"):
        reads = ((by, columns) for by, columns in _read(left[1:], tensors))
        return next((Claim(left, None, *r, value) for r in reads if value.free <= set(r[1])), None)
    return None


def _read(written: str, tensors: dict[str, Tensor]) -> Iterator[tuple[Tensor, tuple[Index, ...]]]:
    """The tensor and the indices that print as this."""
    for tensor in tensors.values():
        if written != tensor.name and not written.startswith(f"{tensor.name}_"):
            continue
        choices = ([Index(d, serial) for serial in range(SERIALS)] for d in tensor.dims)
        for indices in product(*choices):
            if text(tensor[indices]) == written:
                yield tensor, indices


class Differences:
    """Derivatives of the forward at one point: differences of 2d digits keep more than d."""

    def __init__(self, derived: Derived, point: Point, fine: Arithmetic) -> None:
        self.program = derived.forward
        self.fine = fine
        self.base = evaluate_forward(self.program, point, fine.functions, fine.lift)
        self.cotangent = fine.lift(point.cotangent)
        self.step = fine.context.mpf(10) ** -(fine.digits // 3)
        self.floor = 1e-6  # values near 1 that cancel leave rounding, not zeros
        self._moved: dict[str, list[tuple[Any, Any]]] = {}

    def affordable(self, claim: Claim) -> bool:
        """True where the differences take no more than moments."""
        values = [a.value for a in self.program.assignments if not a.constant]
        work = sum(terms(value, self.base) for value in values)
        return 2 * int(np.size(self.base.arrays[claim.by.name])) * work <= MOST_WORK

    def is_finite(self, of: Tensor, axes: int) -> Array:
        """Where a tensor is finite, over so many axes of which its own come first."""
        finite = np.isfinite(as_float(self.base.arrays[of.name]))
        return finite.reshape(finite.shape + (1,) * (axes - finite.ndim))

    def __call__(self, claim: Claim) -> Array:
        """The derivative as an array over the claim's axes."""
        pairs = self._pairs(claim.by.name)
        sides = [(self._of(claim, a), self._of(claim, b)) for a, b in pairs]
        slopes = [np.where(a == b, 0, a - b) / (2 * self.step) for a, b in sides]  # also for ∞ - ∞
        shape = np.shape(self.base.arrays[claim.by.name])
        first = np.shape(slopes[0])
        flat = np.empty((len(slopes), *first), dtype=object)
        for number, slope in enumerate(slopes):
            flat[number] = slope
        return np.moveaxis(flat.reshape(shape + first), range(len(shape)), range(-len(shape), 0))

    def _of(self, claim: Claim, arrays: dict[str, Array]) -> Array:
        if claim.of is not None:
            return np.asarray(arrays[claim.of.name], dtype=object)
        output = self.program.output.tensor.name
        return np.asarray(np.sum(arrays[output] * self.cotangent), dtype=object)

    def _pairs(self, name: str) -> list[tuple[Any, Any]]:
        """Every tensor after each element of one was moved up, and down."""
        if name not in self._moved:
            shape = np.shape(self.base.arrays[name])
            self._moved[name] = [
                (self._after(name, where, self.step), self._after(name, where, -self.step))
                for where in np.ndindex(shape)
            ]
        return self._moved[name]

    def _after(self, name: str, where: tuple[int, ...], by: Any) -> dict[str, Array]:
        value = np.array(self.base.arrays[name], dtype=object)
        value[where] += by
        evaluator = Evaluator(
            {**self.base.arrays, name: value}, self.base.lengths, self.fine.functions
        )
        names = [a.tensor.name for a in self.program.assignments]
        start = names.index(name) + 1 if name in names else 0
        for assignment in self.program.assignments[start:]:
            if not assignment.constant:  # a shift is held: no gradient flows through it
                evaluator.assign(assignment.tensor, assignment.indices, assignment.value)
        return evaluator.arrays
