"""A forward beside its module: NumPy's own value, and the slopes that differences show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import symderive as sd
from symderive.derivation import Derivation

Array = Any
STEP = 1e-6


def derived_and_compared(
    forward: Callable[..., Array], domains: Mapping[str, Any], inputs: Sequence[Array]
) -> Derivation:
    """The derivation, once its value and its gradients were found right at these inputs."""
    derivation = sd.derive(forward, **domains)
    module = derivation.build()
    y, residuals = module.fwd(*inputs)
    np.testing.assert_allclose(y, forward(*inputs), rtol=1e-12, atol=1e-12)
    cotangent = np.linspace(0.5, 1.5, np.size(y)).reshape(np.shape(y))
    real = [n for n, x in enumerate(inputs) if np.asarray(x).dtype.kind == "f"]
    for n, gradient in zip(real, module.bwd(residuals, cotangent), strict=True):
        for place in np.ndindex(np.shape(inputs[n])):
            step = np.zeros(np.shape(inputs[n]))
            step[place] = STEP
            up, down = (
                forward(*inputs[:n], inputs[n] + s, *inputs[n + 1 :]) for s in (step, -step)
            )
            slope = np.sum((up - down) * cotangent) / (2 * STEP)
            np.testing.assert_allclose(gradient[place], slope, rtol=1e-6, atol=1e-6)
    return derivation
