"""How a kernel handles arrays: any layout, dtypes kept, nothing written to, shared or used up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ..calculus.result import Derived
from ..index.evaluate import Evaluator
from ..program import Argument, Program
from .accuracy import rounded
from .check import Check, Kernel, skipped
from .layouts import Sizes
from .precise import largest
from .sampling import draw, fits, free_dims
from .steps import terms
from .subject import ABSENT, Edge, Finding, Subject, run_edge

Array = Any

SAME = 64.0  # eps times the largest value: another memory layout may add in another order
LONG_ROW = 70_000  # past 65,504, the largest float16
MOST_TERMS = 2_000_000
MIXED = ((np.float32, np.float64), (np.float64, np.float32), (np.float16, np.float32))
HALF_ALLOWED = 16.0  # eps of float16 times the largest value


def check_handling(derived: Derived, kernel: Kernel, *, seed: int = 0) -> tuple[Check, ...]:
    """One check for each way in which arrays may differ though their values are the same."""
    subject = Subject.of(derived, kernel, seed)
    if subject is None:
        return (skipped("handling", "no lengths above one suit the program's constant indices"),)
    return tuple(run_edge(name, edge, subject) for name, edge in HANDLING.items())


def _transposed(array: Array) -> Array:
    return np.array(array, order="F")


def _sliced(array: Array) -> Array:
    wide = np.full((*array.shape, 3), 1e30, array.dtype)
    wide[..., 1] = array
    return wide[..., 1]


def _reversed(array: Array) -> Array:
    return np.ascontiguousarray(array[..., ::-1])[..., ::-1] if array.ndim else array


def _read_only(array: Array) -> Array:
    frozen = array.copy()
    frozen.flags.writeable = False
    return frozen


LAYOUTS: Mapping[str, Callable[[Array], Array]] = {
    "transposed": _transposed,
    "sliced": _sliced,
    "reversed": _reversed,
    "read-only": _read_only,
}


def _cotangents(subject: Subject) -> Finding:
    """A cotangent gives the same gradients in any memory layout and float dtype."""
    program, complaints = subject.program, []
    _, residuals = subject.kernel.fwd(*subject.point.inputs(program))
    cotangent = subject.point.real_cotangent(program)
    expected = subject.kernel.bwd(residuals, cotangent)
    for name, lay in LAYOUTS.items():
        complaints += _unlike(
            f"a {name} cotangent", subject.kernel.bwd(residuals, lay(cotangent)), expected
        )
    ones = np.broadcast_to(np.float64(0.75), cotangent.shape)
    expected = subject.kernel.bwd(residuals, ones.copy())
    found = subject.kernel.bwd(residuals, ones)
    complaints += _unlike("a stride-0 cotangent", found, expected, size=largest(ones))
    quarters = np.round(cotangent * 4) / 4 + 0.25  # exact in half precision, and not all alike
    expected = subject.kernel.bwd(residuals, quarters)
    for dtype in (np.float16, np.float32):
        found = subject.kernel.bwd(residuals, quarters.astype(dtype))
        complaints += _unlike(
            f"a {dtype.__name__} cotangent", found, expected, float(np.finfo(dtype).eps)
        )
    return Finding(f"{', '.join(LAYOUTS)}, stride-0, float16 and float32", tuple(complaints))


def _input_layouts(subject: Subject) -> Finding:
    """Inputs give the same results in any memory layout."""
    program, complaints = subject.program, []
    cotangent = subject.point.real_cotangent(program)
    inputs = subject.point.inputs(program)

    def results(arrays: list[Array]) -> tuple[Array, ...]:
        y, residuals = subject.kernel.fwd(*arrays)
        return (y, *subject.kernel.bwd(residuals, cotangent))

    expected = results(inputs)
    for name, lay in LAYOUTS.items():
        complaints += _unlike(f"{name} inputs", results([lay(a) for a in inputs]), expected)
    return Finding(", ".join(LAYOUTS), tuple(complaints))


def _unlike(
    what: str,
    found: tuple[Array, ...],
    expected: tuple[Array, ...],
    eps: float = 0.0,
    size: float = 0.0,
) -> list[str]:
    """Where results differ; for a narrower cotangent of this eps, not in dtype.

    size: of what is added up, where the sum may be 0 but for rounding.
    """
    complaints = []
    wide = float(np.finfo(np.float64).eps)
    for got, want in zip(found, expected, strict=True):
        same_type = eps > 0 or np.asarray(got).dtype == np.asarray(want).dtype
        if np.shape(got) != np.shape(want) or not same_type:
            complaints.append(f"{what} changes the shape or dtype of the result")
        elif largest(np.asarray(got, float) - want) > SAME * max(eps, wide) * max(
            largest(want), size
        ):
            complaints.append(f"{what} changes the result")
    return complaints


def _dtypes(subject: Subject) -> Finding:
    """float16, float32 and float64 give the same dtype out, of the output and of every gradient;
    where inputs differ, the output has their result type and each gradient that of its input.
    """
    count = len(list(_gradient_names(subject)))
    same = [(dtype,) * count for dtype in (np.float16, np.float32, np.float64)]
    mixed = [
        tuple(own if n == place else rest for n in range(count))
        for own, rest in MIXED
        for place in range(count if count > 1 else 0)
    ]
    complaints = [c for dtypes in (*same, *mixed) for c in _other_dtypes(subject, dtypes)]
    tried = "float16, float32, float64"
    return Finding(f"{tried}, each beside another" if mixed else tried, tuple(complaints))


def _other_dtypes(subject: Subject, dtypes: tuple[Any, ...]) -> list[str]:
    """Which results have another dtype than they should where the inputs have these, and which
    another value than in the widest of them."""
    program, kernel, wide = subject.program, subject.kernel, np.result_type(*dtypes)
    given = iter(dtypes)
    values = subject.point.inputs(program)
    inputs = [
        x.astype(next(given)) if a.differentiable else x for a, x in _arguments(program, values)
    ]
    cotangent = subject.point.real_cotangent(program, wide)

    def results(arrays: list[Array]) -> tuple[Array, ...]:
        y, residuals = kernel.fwd(*arrays)
        return (y, *kernel.bwd(residuals, cotangent))

    found, same = results(inputs), len(set(dtypes)) == 1
    widened = [x.astype(wide) if a.differentiable else x for a, x in _arguments(program, inputs)]
    expected = found if same else results(widened)
    names, told = ("the output", *_gradient_names(subject)), " and ".join(_named(dtypes))
    complaints = []
    for name, got, want, dtype in zip(names, found, expected, (wide, *dtypes), strict=True):
        eps = float(np.finfo(dtype).eps)
        if np.asarray(got).dtype != dtype:
            complaints.append(f"{name} of {told} inputs is {np.asarray(got).dtype}")
        elif largest(np.asarray(got, float) - want) > SAME * eps * largest(want):
            complaints.append(f"{name} of {told} inputs has another value than of {wide}")
    return complaints


def _arguments(program: Program, inputs: list[Array]) -> Iterator[tuple[Argument, Array]]:
    return zip(program.arguments, inputs, strict=True)


def _named(dtypes: tuple[Any, ...]) -> list[str]:
    return [dtype.__name__ for dtype in dict.fromkeys(dtypes)]


def _gradient_names(subject: Subject) -> Iterator[str]:
    return (f"d{a.tensor.name}" for a in subject.program.inputs)


def _long_half_rows(subject: Subject) -> Finding | str:
    """A float16 row longer than the largest float16 loses nothing to its own sums."""
    free = free_dims(subject.program)
    sizes = Sizes({d.name: 1 if k else LONG_ROW for k, d in enumerate(free)})
    if not free or not fits(subject.program, sizes):
        return ABSENT
    programs = (subject.program, subject.derived.backward)
    evaluator = Evaluator({}, sizes.lengths)
    if max(terms(a.value, evaluator) for p in programs for a in p.assignments) > MOST_TERMS:
        return f"rows of {LONG_ROW} would take too much memory"
    point = draw(subject.program, sizes, subject.rng, subject.point.drawn)
    at = subject.at(rounded(point, np.float16))
    y, gradients, _ = at.run(np.float16)
    expected, expected_gradients, _ = at.run(np.float64)
    names = ("the output", *_gradient_names(subject))
    pairs = zip(names, (y, *gradients), (expected, *expected_gradients), strict=True)
    complaints = [
        f"{name} of float16 rows of {LONG_ROW} is off by {_half_error(got, want):.2g} units"
        for name, got, want in pairs
        if not _half_error(got, want) <= HALF_ALLOWED
    ]
    return Finding(f"{free[0].name}={LONG_ROW}", tuple(complaints))


def _half_error(got: Array, want: Array) -> float:
    """The largest error in eps of the largest value, where float16 can hold the values."""
    half = np.finfo(np.float16)
    fair = np.where(np.abs(want) < float(half.max), want, 0.0)
    error = largest(np.where(fair == want, np.asarray(got, float) - want, 0.0))
    return error / (float(half.eps) * largest(fair) + float(half.smallest_subnormal))


def _untouched(subject: Subject) -> Finding:
    """Inputs and cotangent keep every bit."""
    program, complaints = subject.program, []
    inputs, cotangent = subject.point.inputs(program), subject.point.real_cotangent(program)
    before = [a.tobytes() for a in (*inputs, cotangent)]
    _, residuals = subject.kernel.fwd(*inputs)
    subject.kernel.bwd(residuals, cotangent)
    names = [a.tensor.name for a in program.arguments] + ["the cotangent"]
    for name, array, old in zip(names, (*inputs, cotangent), before, strict=True):
        if array.tobytes() != old:
            complaints.append(f"{name} is written to")
    return Finding("inputs and cotangent", tuple(complaints))


def _twice(subject: Subject) -> Finding:
    """The residuals serve a second backward, even after the first gradients were overwritten."""
    program = subject.program
    _, residuals = subject.kernel.fwd(*subject.point.inputs(program))
    cotangent = subject.point.real_cotangent(program)
    first = subject.kernel.bwd(residuals, cotangent)
    kept = [np.array(g) for g in first]
    complaints = []
    for name, gradient in zip(_gradient_names(subject), first, strict=True):
        if isinstance(gradient, np.ndarray) and gradient.flags.writeable:
            gradient[...] = 1e30
            continue
        if isinstance(gradient, np.ndarray):
            complaints.append(f"{name} is read-only")
    second = subject.kernel.bwd(residuals, subject.point.real_cotangent(program))
    for name, old, new in zip(_gradient_names(subject), kept, second, strict=True):
        if old.tobytes() != np.asarray(new).tobytes():
            complaints.append(f"{name} differs the second time")
    return Finding("two backward calls, the first gradients overwritten between", tuple(complaints))


def _unshared(subject: Subject) -> Finding:
    """Gradients share memory with nothing that is passed in or kept, nor the output with inputs."""
    program, complaints = subject.program, []
    inputs, cotangent = subject.point.inputs(program), subject.point.real_cotangent(program)
    y, residuals = subject.kernel.fwd(*inputs)
    gradients = subject.kernel.bwd(residuals, cotangent)
    if any(np.may_share_memory(y, a) for a in inputs):
        complaints.append("the output shares memory with an input")
    for number, (name, gradient) in enumerate(
        zip(_gradient_names(subject), gradients, strict=True)
    ):
        others = (*inputs, cotangent, *residuals, *gradients[:number])
        if any(np.may_share_memory(gradient, np.asarray(other)) for other in others):
            complaints.append(
                f"{name} shares memory with the cotangent, a residual or another gradient"
            )
    return Finding("output and gradients", tuple(complaints))


HANDLING: Mapping[str, Edge] = {
    "handling: layout of the cotangent": _cotangents,
    "handling: layout of the inputs": _input_layouts,
    "handling: dtypes": _dtypes,
    "handling: long float16 rows": _long_half_rows,
    "handling: inputs are not written to": _untouched,
    "handling: residuals survive two backward calls": _twice,
    "handling: no shared memory": _unshared,
}
