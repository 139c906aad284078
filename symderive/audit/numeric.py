"""The code's gradient on real arrays, against the derivative in float64 and against differences of
the code's own forward."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..frontends.dims import as_domain, held_domain, parse_dims
from ..index.dims import BATCH, Dim
from ..index.evaluate import Evaluator
from ..index.nodes import Tensor
from ..program import Argument
from ..verify.gradients import tangent
from ..verify.layouts import Sizes
from ..verify.magnitudes import Condition
from ..verify.sampling import RANGES, draw_argument
from .differences import SLACK, differences
from .instance import Instance
from .literals import NONE, Literals, sprinkled
from .real import EPS, RealRun, run_real
from .subjects import Subject
from .truth import Truth

Array = Any
ROUNDING = 1e-9  # relative: rounding in float64
APART = 1e-7  # relative: no rounding explains more
ROUGH = 2e-6  # relative: what central differences can tell
ORDERS = (  # lengths for the dims in order, no two alike: code that takes a wrong one is caught;
    # of two elements, norms and correlations know nothing
    (3, 4, 5, 2, 6, 7, 8, 9),
    (4, 5, 3, 2, 7, 6, 9, 8),
    (5, 3, 4, 2, 6, 7, 8, 9),
    (4, 6, 8, 2, 10, 12, 14, 16),  # for code that takes dims apart
    (6, 8, 4, 2, 12, 10, 16, 14),
)
ALIKE = 0.1  # relative: in no dtype are gradients that differ by more the same
TELLING = 0.1  # relative: differences that are less certain than this say nothing
ENOUGH, MOST = 2, 3  # instances


@dataclass
class Comparison:
    """The worst relative difference of one gradient over all instances, NaN where there was nothing
    to compare; `by` says from what."""

    by: str
    worst: float = float("nan")

    def add(self, found: Array, expected: Array, allowed: Array = 0.0) -> None:
        """Take in one more comparison; `allowed` is what rounding alone may make of it."""
        self.worst = float(np.fmax(self.worst, relative(found, expected, allowed)))


@dataclass
class Numerical:
    """What the runs on real arrays gave.

    exact: by argument, against the derivative evaluated in float64; none where nothing was derived.
    rough: by argument, against central differences of the code's forward.
    shapes: by argument, the shape of a gradient that has not that of its argument.
    dims: how many axes the output has.  eps: of the coarsest dtype in which anything was computed.
    """

    exact: dict[str, Comparison] = field(default_factory=dict)
    rough: dict[str, Comparison] = field(default_factory=dict)
    shapes: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=dict)
    hazards: dict[str, None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    failure: str = ""
    stage: str = ""
    forward: float = 0.0
    places: list[str] = field(default_factory=list)
    dims: int = 0
    eps: float = EPS

    @property
    def rounding(self) -> float:
        """Relative: what rounding makes of a value."""
        return max(ROUNDING, SLACK * self.eps)

    @property
    def apart(self) -> float:
        """Relative: no rounding explains more."""
        return max(APART, min(SLACK**2 * self.eps, ALIKE))

    @property
    def coarse(self) -> float:
        """Relative: what central differences can tell."""
        return max(ROUGH, min(SLACK * float(np.cbrt(self.eps**2)), ALIKE))


def relative(found: Array, expected: Array, allowed: Array = 0.0) -> float:
    """The greatest difference beyond what is allowed, relative to the greatest value; infinite
    where the shapes differ, or a value is not finite."""
    a, b = np.asarray(found, float), np.asarray(expected, float)
    if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("inf")
    scale = float(max(np.max(np.abs(a), initial=0.0), np.max(np.abs(b), initial=0.0)))
    apart = np.maximum(np.abs(a - b) - allowed, 0.0)
    return float(np.max(apart, initial=0.0)) / scale if scale else 0.0


def arguments_of(domains: Mapping[str, Any]) -> tuple[Argument, ...]:
    """The arguments as the dims name them, for code that could not be run symbolically."""
    found = []
    for name, given in domains.items():
        domain = as_domain(name, given)
        layout = parse_dims(domain.dims, name)
        dims = tuple(d for axis in layout for d in axis)
        found.append(Argument(Tensor(name, dims, held_domain(domain)), layout))
    return tuple(found)


def free_names(arguments: Sequence[Argument]) -> list[str]:
    """The names of the dims whose length may be chosen."""
    names: dict[str, None] = {}
    for argument in arguments:
        names.update({d.name: None for d in argument.tensor.dims if d.length is None})
        below = argument.tensor.domain.below
        if isinstance(below, str):
            names[below] = None
    return list(names)


def sizes_of(arguments: Sequence[Argument], lengths: Sequence[int]) -> Sizes:
    """The first dim has the first length, and so on."""
    names = free_names(arguments)
    chosen = {name: lengths[n % len(lengths)] for n, name in enumerate(names)}
    return Sizes(chosen, (chosen[BATCH],) if BATCH in chosen else None)


Draw = Callable[[Argument, Sizes, np.random.Generator], Array]


def drawn_in(drawn: str, literals: Literals = NONE) -> Draw:
    """Random values in a range, within the argument's domain; literals in half of the places."""

    def draw(argument: Argument, sizes: Sizes, rng: np.random.Generator) -> Array:
        values = draw_argument(argument, sizes, rng, drawn)
        if argument.tensor.name not in literals:
            return values
        shape = np.shape(values)
        cycle = rng.integers(0, 1000, shape)
        return sprinkled(values, argument, literals, rng.random(shape) < 0.5, cycle)

    return draw


def instance(
    subject: Subject, arguments: Sequence[Argument], sizes: Sizes, draw: Draw, seed: int
) -> Instance | RealRun:
    """Values at these sizes where the forward is finite; the failed run where it is not."""
    rng = np.random.default_rng(seed)
    values = {a.tensor.name: sizes.to_real(draw(a, sizes, rng), a.layout) for a in arguments}
    forward = run_real(subject, values, None, ())
    if forward.failure:
        return forward
    if not np.size(forward.output) or not np.isfinite(forward.output).all():
        return RealRun(failure="forward is not finite at the points tried", stage="values")
    again = run_real(subject, values, None, ())
    if not np.array_equal(again.output, forward.output):
        return RealRun(
            failure="forward gives another output each time that it runs", stage="values"
        )
    cotangent = rng.uniform(0.5, 1.5, np.shape(forward.output))
    return Instance(sizes, values, cotangent * rng.choice([-1.0, 1.0], cotangent.shape))


def instances(
    subject: Subject, arguments: Sequence[Argument], literals: Literals = NONE
) -> Iterator[Instance | RealRun]:
    """A few instances of several sizes, or the run that shows why there is none."""
    failed: RealRun | None = None
    for drawn in RANGES:
        made = [
            instance(
                subject, arguments, sizes_of(arguments, order), drawn_in(drawn, literals), seed
            )
            for seed, order in enumerate(ORDERS)
        ]
        good = [m for m in made if isinstance(m, Instance)]
        if len(good) >= ENOUGH:
            yield from good[:MOST]
            return
        failed = failed or next(m for m in made if isinstance(m, RealRun))
    if failed is not None:
        yield failed


def compare(
    subject: Subject,
    arguments: Sequence[Argument],
    truth: Truth | None,
    wanted: Sequence[str],
    unit: bool = False,
    literals: Literals = NONE,
) -> Numerical:
    """Run the code on real arrays; `unit` gives it the cotangent 1."""
    result = Numerical()
    for made in instances(subject, arguments, literals):
        if isinstance(made, RealRun):
            result.failure, result.stage = made.failure, made.stage
            break
        cotangent = np.ones_like(made.cotangent) if unit else made.cotangent
        made = Instance(made.sizes, made.values, cotangent)
        run = run_real(subject, made.values, cotangent, wanted)
        if run.failure:
            result.failure, result.stage = run.failure, run.stage
            break
        result.places.append(str(made.sizes))
        result.dims, result.eps = np.ndim(run.output), max(result.eps, run.coarsest)
        result.hazards.update(dict.fromkeys(run.hazards))
        result.notes.update(dict.fromkeys(run.notes))
        _note(result, subject, arguments, truth, made, run)
    return result


def _note(
    result: Numerical,
    subject: Subject,
    arguments: Sequence[Argument],
    truth: Truth | None,
    made: Instance,
    run: RealRun,
) -> None:
    exact = true_gradients(truth, arguments, made) if truth else {}
    noise = rounding(truth, arguments, made) if truth else {}
    loss = float(np.sum(np.abs(run.output * made.cotangent)))
    if truth:
        result.forward = max(result.forward, relative(run.output, exact[""]))
    for argument in arguments:
        name = argument.tensor.name
        if name not in run.gradients:
            continue
        found, shape = run.gradients[name], np.shape(made.values[name])
        if found.shape != shape:
            result.shapes.setdefault(name, (found.shape, shape))
            continue
        if truth:
            onto = tangent(argument)
            one = result.exact.setdefault(name, Comparison("the derivative in float64"))
            one.add(onto(found), onto(exact[name]), noise[name])
        rough = result.rough.setdefault(name, Comparison("central differences"))
        expected, doubt = differences(subject, argument, made, run.eps)
        allowed = doubt + SLACK * run.eps ** (2 / 3) * loss
        own = tangent(argument)(found)
        size = np.nanmax(np.fmax(np.abs(own), np.abs(expected)), initial=0.0)
        seen = np.isfinite(expected) & (allowed <= TELLING * size)
        if seen.any() or not size:
            rough.add(*(np.where(seen, a, 0) for a in (own, expected, allowed)))


def true_gradients(truth: Truth, arguments: Sequence[Argument], made: Instance) -> dict[str, Array]:
    """The derivative of the traced forward in float64, by argument; the output under ""."""
    evaluator = evaluator_at(truth, arguments, made)
    found = {}
    for argument in arguments:
        if argument.differentiable:
            tensor = argument.tensor
            value = evaluator(truth.by_input[tensor.name], tensor.indices)
            shape = evaluator_shape(evaluator, tensor.dims)
            found[tensor.name] = made.sizes.to_real(np.broadcast_to(value, shape), argument.layout)
    output = truth.forward.output
    found[""] = made.sizes.to_real(evaluator.arrays[output.tensor.name], output.layout)
    return found


def rounding(truth: Truth, arguments: Sequence[Argument], made: Instance) -> dict[str, Array]:
    """What rounding alone may make of each gradient: where terms cancel, it is much."""
    condition = Condition(evaluator_at(truth, arguments, made))
    for assignment in (*truth.forward.assignments, *truth.raw):
        condition.assign(assignment.tensor.name, assignment.indices, assignment.value)
    found = {}
    for argument in arguments:
        if argument.differentiable:
            tensor = argument.tensor
            error = condition(truth.by_input[tensor.name], tensor.indices)
            found[tensor.name] = SLACK * EPS * made.sizes.to_real(error, argument.layout)
    return found


def evaluator_at(truth: Truth, arguments: Sequence[Argument], made: Instance) -> Evaluator:
    """Every tensor of the forward and every raw cotangent at an instance."""
    arrays = {
        a.tensor.name: made.sizes.to_tensor(np.asarray(made.values[a.tensor.name]), a.layout)
        for a in arguments
    }
    layout = truth.forward.output.layout
    arrays[truth.cotangent.name] = made.sizes.to_tensor(np.asarray(made.cotangent), layout)
    evaluator = Evaluator(arrays, made.sizes.lengths)
    with np.errstate(all="ignore"):
        for assignment in (*truth.forward.assignments, *truth.raw):
            evaluator.assign(assignment.tensor, assignment.indices, assignment.value)
    return evaluator


def evaluator_shape(evaluator: Evaluator, dims: tuple[Dim, ...]) -> tuple[int, ...]:
    """The lengths of dims."""
    return tuple(evaluator.length(d) for d in dims)
