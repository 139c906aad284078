"""The kernel's forward and backward in float16, 32 and 64 against arithmetic of 50 digits.

Errors are in units of eps times the condition-scaled size of the result. Plain ulp misleads: in
every library x - max(x) is rounded before exp sees it. The reference of a backward starts from the
same rounded residuals.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..calculus.result import Derived
from ..index.evaluate import NUMPY, Evaluator
from ..program import Output
from .check import LIMITED, Check, Kernel, Tally, figured, skipped
from .gradients import forward_errors
from .layouts import Sizes
from .magnitudes import Condition
from .precise import arithmetic, as_float
from .residuals import backward_from, compares_its_output, residual_tensors
from .sampling import Point, draw, evaluate_forward, fits, free_dims, usual_range
from .steps import terms

Array = Any

DTYPES: tuple[type, ...] = (np.float16, np.float32, np.float64)
SCALES = (1.0, 20.0, 1000.0)  # of the real inputs; the last is past the range of exp
LENGTHS = ((33, 7, 5, 3), (17, 5, 3, 2), (9, 3, 2, 2), (5, 3, 2, 2), (3, 2, 2, 2))  # last dim first
MOST_WORK = 20_000  # numbers that one reference may take
MORE_DIGITS = 400  # past the smallest float64: no reference cancels to less
ALLOWED = 16.0
UNIT = "eps × condition-scaled size"


@dataclass
class Figures:
    """The comparisons of one dtype with inputs of one scale."""

    dtype: str
    scale: float
    place: str
    forward: Tally = field(default_factory=Tally)
    backward: Tally = field(default_factory=Tally)
    recognised: bool = True

    @property
    def within(self) -> bool:
        """True where both are as accurate as they should be."""
        return self.forward.worst <= ALLOWED and self.backward.worst <= ALLOWED


def check_accuracy(
    derived: Derived, kernel: Kernel, *, digits: int = 50, seed: int = 0
) -> tuple[Check, Check]:
    """Forward and backward are a few units off at most, and finite where the true value can be."""
    measured = list(measure(derived, kernel, digits=digits, seed=seed))
    return (
        _verdict("accuracy of the forward", measured, [f.forward for f in measured]),
        _verdict("accuracy of the backward", measured, [f.backward for f in measured]),
    )


def _verdict(name: str, measured: list[Figures], tallies: list[Tally]) -> Check:
    """Passed where every scale holds, limited where only large ones fail, else failed."""
    pairs = [(f, t) for f, t in zip(measured, tallies, strict=True) if t.count]
    if not pairs:
        return skipped(name, "no quick reference at a point whose true values are representable")
    broken = {f.scale for f, t in pairs if not t.worst <= ALLOWED}
    sound = [t for f, t in pairs if f.scale not in broken]
    figures = ", ".join(f"{f.dtype}×{f.scale:g}: {figured(t.worst)}" for f, t in pairs)
    start = "" if all(f.recognised for f, _ in pairs) else ", the backward from exact residuals"
    covered = f"{sum(t.count for _, t in pairs)} elements at {pairs[0][0].place}{start}; {figures}"
    if SCALES[0] in broken or not broken:
        return Tally.joined([t for _, t in pairs]).judged(name, covered, ALLOWED, UNIT)
    wrong = Tally.joined([t for f, t in pairs if f.scale in broken])
    places = tuple(where for _, where in wrong.wrong[:3])
    return Check(name, LIMITED, covered, Tally.joined(sound).worst, ALLOWED, UNIT, places)


def measure(
    derived: Derived, kernel: Kernel, *, digits: int = 50, seed: int = 0
) -> Iterator[Figures]:
    """The errors of the kernel for each dtype and each scale of the inputs."""
    program = derived.written
    rng = np.random.default_rng(seed)
    drawn = usual_range(program, rng)
    sizes = reference_sizes(derived)
    if sizes is None:
        return
    stretched = SCALES if drawn == "standard normal" else SCALES[:1]
    for dtype in DTYPES:
        for scale in stretched:
            point = rounded(draw(program, sizes, rng, drawn, scale), dtype)
            place = (np.dtype(dtype).name, scale, str(sizes))
            try:
                figures = _compare(derived, kernel, point, np.dtype(dtype), digits, Figures(*place))
                if not figures.within:  # the reference itself may have cancelled, as 1 + erf(-30)
                    exact = max(digits, MORE_DIGITS)
                    figures = _compare(
                        derived, kernel, point, np.dtype(dtype), exact, Figures(*place)
                    )
            except ZeroDivisionError:
                continue  # the true value is a pole there, of which nothing can be said
            yield figures


def rounded(point: Point, dtype: Any) -> Point:
    """The point with its values rounded to a dtype, so that kernel and reference start alike."""
    tensors = {
        name: array if array.dtype.kind in "iu" else array.astype(dtype).astype(float)
        for name, array in point.tensors.items()
    }
    return replace(point, tensors=tensors, cotangent=point.cotangent.astype(dtype).astype(float))


def reference_sizes(derived: Derived, tried: tuple[tuple[int, ...], ...] = LENGTHS) -> Sizes | None:
    """The first of these lengths that the program can take, and at which a reference is quick."""
    free = free_dims(derived.written)
    for lengths in tried:
        sizes = Sizes({d.name: lengths[min(k, 3)] for k, d in enumerate(free)})
        if fits(derived.written, sizes) and _work(derived, sizes) <= MOST_WORK:
            return sizes
    return None


def _work(derived: Derived, sizes: Sizes) -> int:
    evaluator = Evaluator({}, sizes.lengths)
    assignments = (*derived.written.assignments, *derived.backward.assignments)
    return sum(terms(a.value, evaluator) for a in assignments)


def _compare(
    derived: Derived, kernel: Kernel, point: Point, dtype: Any, digits: int, figures: Figures
) -> Figures:
    """Run the kernel and both references, and note each element's error."""
    program, exact = derived.written, arithmetic(digits)
    with np.errstate(all="ignore"):
        y, residuals = kernel.fwd(*point.inputs(program, dtype.type))
        gradients = kernel.bwd(residuals, point.real_cotangent(program, dtype.type))
    true = evaluate_forward(program, point, exact.functions, exact.lift).arrays
    near = evaluate_forward(derived.forward, point)
    least = float(np.finfo(dtype).smallest_normal)
    errors = forward_errors(derived.forward, near, least).errors
    size = errors[derived.forward.output.tensor.name]
    _note(figures.forward, figures.place, program.output, point, y, true, size, dtype)

    stable = evaluate_forward(derived.forward, point, exact.functions, exact.lift).arrays
    exactly = compares_its_output(derived)
    saved = None if exactly else residual_tensors(derived, residuals, stable, point)
    figures.recognised = saved is not None
    start = stable if saved is None else saved
    reference = backward_from(derived, start, point, exact.functions, exact.lift)
    hasty = backward_from(derived, _as_floats(start), point, NUMPY, np.asarray)
    condition = Condition(hasty, least)
    if saved is None:
        condition.errors |= errors
    for assignment in _recomputed(derived, start):
        condition.assign(assignment.tensor.name, assignment.indices, assignment.value)
    for output, gradient in zip(derived.backward.outputs, gradients, strict=True):
        size = condition.errors[output.tensor.name]
        _note(
            figures.backward, figures.place, output, point, gradient, reference.arrays, size, dtype
        )
    return figures


def _as_floats(arrays: dict[str, Array]) -> dict[str, Array]:
    return {name: np.asarray(a) if _is_label(a) else as_float(a) for name, a in arrays.items()}


def _is_label(array: Array) -> bool:
    return np.asarray(array).dtype.kind in "iu"


def _recomputed(derived: Derived, start: dict[str, Array]) -> Iterator[Any]:
    known = set(start) | {p.tensor.name for p in derived.forward.parameters}
    for assignment in derived.forward.assignments:
        if (
            assignment.tensor.name not in known
            and {t.name for t in assignment.value.tensors} <= known
        ):
            known.add(assignment.tensor.name)
            yield assignment
    yield from derived.backward.assignments


def _note(
    tally: Tally,
    place: str,
    output: Output,
    point: Point,
    found: Array,
    true: dict[str, Array],
    size: Array,
    dtype: Any,
) -> None:
    """Note |found - true| of each element whose true value the dtype can represent."""
    limits = np.finfo(dtype)
    name = output.tensor.name
    got = np.asarray(point.sizes.to_tensor(found, output.layout), float)
    tally.at(f"{dtype.name} {place}")
    least = 16 * float(limits.smallest_subnormal) / float(limits.eps)  # what underflow may cost
    for where in np.ndindex(got.shape):
        exact = true[name][where]
        if not abs(exact) < limits.max:
            continue
        error = float(abs(exact - type(exact)(float(got[where]))))
        scale = max(float(size[where]), abs(float(exact)), least)
        at = f"{name}{list(where) or ''}: {got[where]:.9g}, truly {float(exact):.9g}"
        if np.isfinite(scale):
            tally.add(error, float(limits.eps) * scale, at)
        elif not np.isfinite(got[where]):
            tally.add(float("inf"), 1.0, at)
