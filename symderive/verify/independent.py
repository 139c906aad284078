"""SymPy as an independent judge: the forward in scalar symbols, differentiated by SymPy.

Nothing of the calculus is used: no rule, no δ, no folding. It is slow, so only small programs are
judged, and the certificate says at which lengths.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..calculus.result import Derived
from ..index.evaluate import Evaluator, Functions
from ..index.functions import ARGUMENTS, FUNCTIONS, Function
from ..index.nodes import Call, call
from ..index.walk import walk
from ..program import Argument, Program
from .check import Check, Tally, skipped
from .complex_step import is_analytic
from .environment import environment
from .points import points
from .precise import SPARE, Arithmetic, arithmetic
from .sampling import Point

Array = Any

MOST_SYMBOLS = 16
MOST_OPERATIONS = 1200  # of Σ g y, counted by SymPy; each derivative costs about as much again


def check_independent(derived: Derived, *, digits: int = 50, seed: int = 0) -> Check:
    """The closed form equals what SymPy finds for Σ g y in scalar symbols, to `digits` digits."""
    name, program = "closed form against SymPy", derived.written
    if not is_analytic(program):
        return skipped(name, "the forward compares, takes a maximum or an absolute value")
    if unknown := sorted(_unknown(program)):
        return skipped(name, f"SymPy has no {', '.join(unknown)}")
    tally, exact = Tally(), arithmetic(digits)
    too_large = []
    for point in points(program, seed):
        symbols = _symbols(program, point)
        loss = _loss(program, point, symbols) if _count(symbols) <= MOST_SYMBOLS else None
        if loss is None or loss.count_ops() > MOST_OPERATIONS:
            too_large.append(str(point.sizes))
            continue
        tally.at(point.sizes)
        truth = environment(derived, point, exact).arrays
        differentiable = list(program.inputs)
        for argument, output in zip(differentiable, derived.backward.outputs, strict=True):
            tensor = argument.tensor.name
            judged = _derivatives(loss, symbols, tensor, point, exact)
            found, expected = (
                _along_domain(argument, point, g) for g in (truth[output.tensor.name], judged)
            )
            _note(tally, output.tensor.name, found, expected, exact)
    if not tally.count:
        return skipped(name, f"too large in scalar symbols at {'; '.join(too_large)}")
    covered = f"{tally.count} derivatives at {tally.places}, {digits} digits"
    covered += f"; too large at {'; '.join(too_large)}" if too_large else ""
    return tally.judged(name, covered, 10.0 ** (SPARE - digits), "relative")


def _unknown(program: Program) -> set[str]:
    """The functions that SymPy neither has nor finds defined."""
    nodes = (n for a in program.assignments for n in walk(a.value) if isinstance(n, Call))
    called = {FUNCTIONS[n.function] for n in nodes}
    return {f.name for f in called if f.definition is None and not f.called("sympy")}


def _symbols(program: Program, point: Point) -> dict[str, Array]:
    """A scalar symbol for each element of each differentiable input."""
    import sympy

    found = {}
    for argument in program.arguments:
        if argument.differentiable:
            name, shape = argument.tensor.name, point.tensors[argument.tensor.name].shape
            array = np.empty(shape, dtype=object)
            for where in np.ndindex(shape):
                array[where] = sympy.Symbol("_".join((name, *map(str, where))), real=True)
            found[name] = array
    return found


def _count(symbols: dict[str, Array]) -> int:
    return sum(array.size for array in symbols.values())


def _loss(program: Program, point: Point, symbols: dict[str, Array]) -> Any:
    """Σ g y as one SymPy expression."""
    import sympy

    arrays: dict[str, Array] = {**point.tensors, **symbols}
    for parameter in program.parameters:
        arrays[parameter.tensor.name] = np.array(sympy.Rational(parameter.default), dtype=object)
    evaluator = Evaluator(arrays, point.sizes.lengths, _sympy_functions())
    for assignment in program.assignments:
        evaluator.assign(assignment.tensor, assignment.indices, assignment.value)
    output = np.asarray(evaluator.arrays[program.output.tensor.name], dtype=object)
    pairs = zip(output.flat, point.cotangent.flat, strict=True)
    return sympy.Add(*(sympy.Rational(g) * y for y, g in pairs))


def _sympy_functions() -> Functions:
    """The scalar functions as SymPy defines them, by element."""
    import sympy

    from ..index.bridge import symbol_of, to_sympy  # loads SymPy

    def find(function: Function) -> Callable[..., Array]:
        slots = [sympy.Dummy(t.name, real=True) for t in ARGUMENTS[: function.arity]]
        names = dict(zip(map(symbol_of, ARGUMENTS), slots, strict=False))
        definition = to_sympy(call(function.name, *function.arguments)).subs(names)
        applied: Callable[..., Array] = np.frompyfunc(
            lambda *a: definition.subs(list(zip(slots, a, strict=True))), function.arity, 1
        )
        return applied

    return Functions(find, sympy.sympify, {"pi": sympy.pi, "inf": sympy.oo})


def _derivatives(
    loss: Any, symbols: dict[str, Array], name: str, point: Point, exact: Arithmetic
) -> Array:
    """SymPy's derivative by each element of one input, as numbers."""
    import sympy

    values = {
        symbol: exact.context.mpf(float(value))
        for tensor, array in symbols.items()
        for symbol, value in zip(array.flat, np.asarray(point.tensors[tensor]).flat, strict=True)
    }
    order = list(values)
    wanted = list(symbols[name].flat)
    slopes = [sympy.diff(loss, symbol) for symbol in wanted]
    evaluate = sympy.lambdify(order, slopes, modules=[_names(exact), "mpmath"], cse=True)
    found = np.empty(symbols[name].shape, dtype=object)
    found.reshape(-1)[:] = evaluate(*values.values())
    return found


def _names(exact: Arithmetic) -> dict[str, Any]:
    """What SymPy's printer calls mpmath's functions, bound to our digits."""
    mp = exact.context
    return {name: getattr(mp, name) for name in dir(mp) if not name.startswith("_")}


def _along_domain(argument: Argument, point: Point, gradient: Array) -> Array:
    """What counts within the domain: on a simplex, only differences within a row."""
    real = point.sizes.to_real(gradient, argument.layout)
    return point.sizes.to_tensor(argument.tensor.domain.tangent(real), argument.layout)


def _note(tally: Tally, name: str, found: Array, expected: Array, exact: Arithmetic) -> None:
    """Note each element's difference, relative to the largest of the array."""
    scale = max((float(abs(e)) for e in expected.flat), default=0.0)
    floor = 10.0 ** -(SPARE // 2)  # values near 1 that cancel leave rounding, not zeros
    for where in np.ndindex(np.shape(expected)):
        got, want = exact.context.mpf(found[where]), expected[where]
        at = f"{name}{list(where) or ''}: {float(got):.12g}, SymPy finds {float(want):.12g}"
        tally.add(float(abs(got - want)), max(scale, floor), at)
