"""Evaluate a traced program on real arrays by the reference meaning of its expressions, honouring
layouts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from symderive.frontends.trace import trace
from symderive.index.dims import Dim, length_of
from symderive.index.domains import Domain, Wanted
from symderive.index.evaluate import Evaluator
from symderive.program import Layout, Program

LENGTHS = {"b": 3, "n": 4, "m": 5, "d": 6, "h": 2, "g": 2, "c": 3, "w": 2, "...": 2}


def lengths_for(program: Program, lengths: Mapping[str, int] = LENGTHS) -> dict[str, int]:
    """The lengths of all free dims; the unknown part of a split dim is what is left."""
    known = dict(lengths)
    for argument in program.arguments:
        for axis in argument.layout:
            for dim in axis:
                if dim.length is None and not dim.extent and dim.name not in known:
                    base = known[dim.name.rsplit("_", 1)[0]]
                    parts = [d.length for d in axis if d.length is not None]
                    known[dim.name] = base // int(np.prod(parts))
    return known


def shape_of(layout: Layout, lengths: dict[str, int]) -> tuple[int, ...]:
    """The real shape of a layout."""
    return tuple(int(np.prod([length_of(d, lengths) for d in axis], dtype=int)) for axis in layout)


def inputs_for(program: Program, seed: int = 0) -> dict[str, Any]:
    """Random real arrays within the domains of a program's arguments."""
    rng = np.random.default_rng(seed)
    lengths = lengths_for(program)
    arrays = {}
    for argument in program.arguments:
        shape, domain = shape_of(argument.layout, lengths), argument.tensor.domain
        wanted = Wanted(bound=domain.bound(lengths))
        arrays[argument.tensor.name] = domain.draw(rng, tuple(shape), wanted)
    return arrays


def evaluate(program: Program, arrays: Mapping[str, Any]) -> Any:
    """The output of a program as a real array."""
    lengths = lengths_for(program)
    held = {}
    for argument in program.arguments:
        flat = tuple(length_of(d, lengths) for d in argument.tensor.dims)
        held[argument.tensor.name] = np.asarray(arrays[argument.tensor.name]).reshape(flat)
    held.update({p.tensor.name: np.asarray(p.default) for p in program.parameters})
    evaluator = Evaluator(held, lengths)
    for assignment in program.assignments:
        assert assignment.value.free <= set(assignment.indices), assignment
        evaluator.assign(assignment.tensor, assignment.indices, assignment.value)
    output = program.output
    return evaluator.arrays[output.tensor.name].reshape(shape_of(output.layout, lengths))


def agrees(fn: Callable[..., Any], domains: Mapping[str, str | Domain], seed: int = 0) -> Program:
    """Trace a forward and compare the program with the forward itself on random arrays."""
    program = trace(fn, domains)
    arrays = inputs_for(program, seed)
    expected = np.asarray(fn(**{k: np.array(v) for k, v in arrays.items()}))
    found = evaluate(program, arrays)
    assert found.shape == expected.shape, f"{found.shape} is not {expected.shape}\n{program}"
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11, err_msg=str(program))
    return program


__all__ = ["Dim", "agrees", "evaluate", "inputs_for", "lengths_for", "shape_of"]
