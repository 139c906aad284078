"""How far a kernel is from the truth: relative errors, element by element, against many digits."""

from __future__ import annotations

import numpy as np

import symderive as sd
from symderive.verify.layouts import Sizes
from symderive.verify.precise import arithmetic
from symderive.verify.residuals import backward_from
from symderive.verify.sampling import Point, evaluate_forward

DIGITS = 700  # past the range of float64, so that the reference itself cancels to nothing


def relative_errors(subject, domains, inputs, cotangent, dtype=np.float64, target="numpy"):
    """The largest relative error of the output, and of each gradient, in units of eps."""
    d = sd.derive(subject, **domains)
    derived = d.derived
    arguments = derived.written.arguments
    lengths = {}
    for argument, array in zip(arguments, inputs, strict=True):
        for dim, length in zip(argument.tensor.dims, np.shape(array), strict=True):
            if dim.length is None:
                lengths[dim.name] = length
    inputs = [np.asarray(a) if np.asarray(a).dtype.kind in "iu" else np.asarray(a, dtype)
              for a in inputs]  # fmt: skip
    cotangent = np.asarray(cotangent, dtype)
    kernel = d.build(target)
    y, residuals = kernel.fwd(*inputs)
    gradients = kernel.bwd(residuals, cotangent)

    exact = arithmetic(DIGITS)
    tensors = {a.tensor.name: x for a, x in zip(arguments, inputs, strict=True)}
    point = Point(Sizes(lengths), tensors, cotangent)
    forward = evaluate_forward(derived.written, point, exact.functions, exact.lift).arrays
    stable = evaluate_forward(derived.forward, point, exact.functions, exact.lift).arrays
    backward = backward_from(derived, stable, point, exact.functions, exact.lift).arrays
    true = [forward[derived.written.output.tensor.name]]
    true += [backward[o.tensor.name] for o in derived.backward.outputs]
    return [_worst(np.asarray(f), t, dtype) for f, t in zip((y, *gradients), true, strict=True)]


def _worst(found, true, dtype):
    eps, worst = np.finfo(dtype).eps, 0.0
    for where in np.ndindex(found.shape):
        if not np.isfinite(found[where]):
            return float("inf")
        off = abs(true[where] - type(true[where])(float(found[where])))
        size = max(abs(true[where]), type(true[where])(float(np.finfo(dtype).tiny)))
        worst = max(worst, float(off / size) / eps)
    return worst
