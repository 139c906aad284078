"""What a forward tends to where an input goes to infinity, for spellings that are ∞/∞ there.

exp(x) / (1 + exp(x)) is NaN at +inf as it is written, and 1 in every other spelling of a sigmoid.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from .precise import arithmetic, as_float
from .sampling import evaluate_forward
from .subject import Subject

Array = Any
DIGITS = 50
NEAR, FAR = 1e4, 1e6  # for infinity; functions of exponentials have long settled there
GROWN = 10.0  # times as large: it goes to infinity itself


def limits(subject: Subject) -> Array:
    """The output's tensor where the infinite inputs are large instead; NaN where there is no limit.

    Two ways are taken, all at one pace and each at its own: what depends on the way has no limit,
    so that a softmax of nothing but -inf stays NaN.
    """
    near, far = _output(subject, NEAR, spread=False), _output(subject, FAR, spread=True)
    found = np.where(np.isclose(near, far, rtol=1e-12, atol=1e-12), far, np.nan)
    grows = (np.abs(far) > GROWN * np.abs(near)) & (np.abs(near) > 1)
    return np.where(grows & (np.sign(near) == np.sign(far)), np.copysign(np.inf, far), found)


def _output(subject: Subject, size: float, *, spread: bool) -> Array:
    tensors = {}
    for name, array in subject.point.tensors.items():
        moved = np.array(array)
        if moved.dtype.kind == "f" and np.isinf(moved).any():
            paces = 1.0 + np.arange(moved.size).reshape(moved.shape) if spread else 1.0
            moved = np.where(np.isinf(moved), np.sign(moved) * size * paces, moved)
        tensors[name] = moved
    exact, point = arithmetic(DIGITS), replace(subject.point, tensors=tensors)
    evaluator = evaluate_forward(subject.program, point, exact.functions, exact.lift)
    return as_float(evaluator.arrays[subject.program.output.tensor.name])
