"""Activations: a function of each element, and gates of two."""

from __future__ import annotations

import numpy as np

from ..frontends.primitives import erf
from ..index.domains import positive
from .registry import Array, operator


@operator("activations", x="... n")
def sigmoid(x: Array) -> Array:
    """The logistic function: a real number becomes a probability."""
    return 1 / (1 + np.exp(-x))


@operator("activations", x="... n")
def tanh(x: Array) -> Array:
    """The hyperbolic tangent: squashes to (-1, 1) and is odd."""
    return np.tanh(x)


@operator("activations", x="... n")
def relu(x: Array) -> Array:
    """The positive part: the cheapest non-linearity, with a gradient that does not fade."""
    return np.maximum(x, 0)


@operator("activations", x="... n")
def relu6(x: Array) -> Array:
    """The positive part up to 6: keeps activations in a range that low precision holds."""
    return np.minimum(np.maximum(x, 0), 6)


@operator("activations", x="... n")
def leaky_relu(x: Array, negative_slope: float = 0.01) -> Array:
    """A ReLU with a small slope below zero, so that no unit dies."""
    return np.where(x > 0, x, negative_slope * x)


@operator("activations", x="b n", weight="n")
def prelu(x: Array, weight: Array) -> Array:
    """A ReLU whose slope below zero is learned for each channel."""
    return np.where(x > 0, x, weight * x)


@operator("activations", x="... n")
def elu(x: Array, alpha: float = 1.0) -> Array:
    """Linear above zero, exponential below: mean activations move towards zero."""
    return np.where(x > 0, x, alpha * (np.exp(x) - 1))


@operator("activations", x="... n")
def selu(x: Array, alpha: float = 1.6732632423543772, scale: float = 1.0507009873554805) -> Array:
    """A scaled ELU: its constants make mean 0 and variance 1 a fixed point."""
    return scale * np.where(x > 0, x, alpha * (np.exp(x) - 1))


@operator("activations", x="... n")
def celu(x: Array, alpha: float = 1.0) -> Array:
    """An ELU that has a continuous derivative for every alpha."""
    return np.where(x > 0, x, alpha * (np.exp(x / alpha) - 1))


@operator("activations", x="... n")
def softplus(x: Array) -> Array:
    """A smooth ReLU: log(1 + exp x), the integral of the sigmoid."""
    return np.log(1 + np.exp(x))


@operator("activations", x="... n")
def softsign(x: Array) -> Array:
    """x / (1 + |x|): like tanh, with tails that flatten more slowly."""
    return x / (1 + np.abs(x))


@operator("activations", x="... n", aliases=("swish",))
def silu(x: Array) -> Array:
    """x times its own sigmoid: a smooth ReLU that dips below zero."""
    return x / (1 + np.exp(-x))


@operator("activations", x="... n")
def mish(x: Array) -> Array:
    """x tanh(softplus x): a self-gated activation, smoother than SiLU."""
    return x * np.tanh(np.log(1 + np.exp(x)))


@operator("activations", x="... n")
def gelu(x: Array) -> Array:
    """x times the normal distribution function of x: a gate by how large x is among its peers."""
    return x * (1 + erf(x / np.sqrt(2))) / 2


@operator("activations", x="... n")
def gelu_tanh(x: Array) -> Array:
    """The approximation of GELU by a tanh that GPT-2 uses."""
    return x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))) / 2


@operator("activations", x="... n")
def quick_gelu(x: Array) -> Array:
    """The approximation of GELU by a sigmoid that CLIP uses."""
    return x / (1 + np.exp(-1.702 * x))


@operator("activations", x="... n")
def hard_sigmoid(x: Array) -> Array:
    """Three straight lines in the shape of a sigmoid."""
    return np.clip(x + 3, 0, 6) / 6


@operator("activations", x="... n")
def hard_swish(x: Array) -> Array:
    """x times its hard sigmoid: SiLU without an exponential."""
    return x * np.clip(x + 3, 0, 6) / 6


@operator("activations", x="... n")
def hard_tanh(x: Array) -> Array:
    """x clipped to [-1, 1]."""
    return np.clip(x, -1, 1)


@operator("activations", x="... n", aliases=("log_sigmoid",))
def logsigmoid(x: Array) -> Array:
    """The logarithm of the sigmoid, as in every binary log-likelihood."""
    return np.log(1 / (1 + np.exp(-x)))


@operator("activations", x="... n")
def tanhshrink(x: Array) -> Array:
    """x - tanh x: shrinks small values, keeps large ones."""
    return x - np.tanh(x)


@operator("activations", x="... n")
def softshrink(x: Array, lambd: float = 0.5) -> Array:
    """Moves every value towards zero by lambd: the proximal step of an L1 penalty."""
    return np.where(x > lambd, x - lambd, np.where(x < -lambd, x + lambd, 0))


@operator("activations", x="... n")
def hardshrink(x: Array, lambd: float = 0.5) -> Array:
    """Sets small values to zero and leaves the others alone."""
    return np.where(np.abs(x) > lambd, x, 0)


@operator("activations", x="... n")
def squared_relu(x: Array) -> Array:
    """The square of the positive part (Primer)."""
    return np.maximum(x, 0) ** 2


@operator("activations", x="... n")
def gaussian(x: Array) -> Array:
    """A bell curve, exp(-x²): activation of radial networks and implicit neural fields."""
    return np.exp(-(x**2))


@operator("activations", x="... n", aliases=("siren",))
def sine(x: Array, omega: float = 30.0) -> Array:
    """sin(ω x): activation of SIREN, whose derivatives are of its own kind."""
    return np.sin(omega * x)


@operator("activations", x="b n", a=positive("n"))
def snake(x: Array, a: Array) -> Array:
    """x + sin²(a x)/a with a learned frequency: extrapolates periodic signals."""
    return x + np.sin(a * x) ** 2 / a


@operator("activations", x="b n", gate="b n")
def glu(x: Array, gate: Array) -> Array:
    """x gated by the sigmoid of another projection."""
    return x / (1 + np.exp(-gate))


@operator("activations", x="b n", gate="b n")
def swiglu(x: Array, gate: Array) -> Array:
    """x gated by the SiLU of another projection, as in LLaMA."""
    return x * gate / (1 + np.exp(-gate))


@operator("activations", x="b n", gate="b n")
def geglu(x: Array, gate: Array) -> Array:
    """x gated by the GELU of another projection, as in T5."""
    return x * gate * (1 + erf(gate / np.sqrt(2))) / 2
