"""The same operators in torch, JAX and Numba, where they are installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np

Array = Any
Pair = tuple[Callable[[], Any] | None, Callable[[], Any] | None]


def installed(name: str) -> bool:
    """True where this library can be imported."""
    return find_spec(name) is not None


def torch_runs(name: str, inputs: tuple[Array, ...], dy: Array) -> Iterator[tuple[str, Pair]]:
    """`torch`: new arrays in every call, by autograd.  `torch out=`: into arrays that exist."""
    import torch  # 1 s that only this comparison pays
    from torch.nn import functional as nn

    forwards: dict[str, Callable[..., Any]] = {
        "softmax": lambda x: torch.softmax(x, -1),
        "log_softmax": lambda x: torch.log_softmax(x, -1),
        "cross_entropy": nn.cross_entropy,
        "layer_norm": lambda x: nn.layer_norm(x, x.shape[-1:], eps=1e-5),
        "rms_norm": lambda x: nn.rms_norm(x, x.shape[-1:], eps=1e-6),
        "gelu": nn.gelu,
        "gelu_tanh": lambda x: nn.gelu(x, approximate="tanh"),
        "silu": nn.silu,
        "sigmoid": torch.sigmoid,
    }
    if name not in forwards:
        return
    forward = forwards[name]
    given = [torch.from_numpy(a) for a in inputs]
    traced = [given[0].clone().requires_grad_(), *given[1:]]
    y, g = forward(*traced), torch.from_numpy(np.asarray(dy))

    def value() -> Any:
        with torch.no_grad():
            return forward(*given)

    def gradient() -> Any:
        return torch.autograd.grad(y, traced[0], g, retain_graph=True)

    yield "torch", (value, gradient)
    if name in _OUT:
        ahead, behind = _OUT[name](torch.ops.aten, given[0], y.detach(), g)
        yield "torch out=", (ahead, behind)


def _out_softmax(aten: Any, x: Any, y: Any, g: Any, log: str = "") -> Pair:
    import torch

    to = x.clone()
    ahead = getattr(aten, f"_{log}softmax").out
    behind = getattr(aten, f"_{log}softmax_backward_data").out
    key = "out" if log else "grad_input"
    return (
        lambda: ahead(x, -1, False, out=to),
        lambda: behind(g, y, -1, torch.float32, **{key: to}),
    )


def _out_gelu(aten: Any, x: Any, y: Any, g: Any, how: str = "none") -> Pair:
    to = x.clone()
    return (
        lambda: aten.gelu.out(x, approximate=how, out=to),
        lambda: aten.gelu_backward.grad_input(g, x, approximate=how, grad_input=to),
    )


def _out_silu(aten: Any, x: Any, y: Any, g: Any) -> Pair:
    to = x.clone()
    return (
        lambda: aten.silu.out(x, out=to),
        lambda: aten.silu_backward.grad_input(g, x, grad_input=to),
    )


def _out_sigmoid(aten: Any, x: Any, y: Any, g: Any) -> Pair:
    to = x.clone()
    return (
        lambda: aten.sigmoid.out(x, out=to),
        lambda: aten.sigmoid_backward.grad_input(g, y, grad_input=to),
    )


def _out_layer_norm(aten: Any, x: Any, y: Any, g: Any) -> Pair:
    _, mean, deviation = aten.native_layer_norm(x, x.shape[-1:], None, None, 1e-5)
    to, m, d, n = x.clone(), mean.clone(), deviation.clone(), x.shape[-1:]
    ahead = aten.native_layer_norm.out
    # without weights, torch has no form of the gradient that takes its outputs
    return lambda: ahead(x, n, None, None, 1e-5, out0=to, out1=m, out2=d), None


_OUT: dict[str, Callable[[Any, Any, Any, Any], Pair]] = {
    "softmax": _out_softmax,
    "log_softmax": lambda aten, x, y, g: _out_softmax(aten, x, y, g, "log_"),
    "gelu": _out_gelu,
    "gelu_tanh": lambda aten, x, y, g: _out_gelu(aten, x, y, g, "tanh"),
    "silu": _out_silu,
    "sigmoid": _out_sigmoid,
    "layer_norm": _out_layer_norm,
}


def jax_runs(name: str, inputs: tuple[Array, ...], dy: Array) -> Iterator[tuple[str, Pair]]:
    """`jax`: compiled by XLA, arrays of its own, waited for."""
    import jax  # 1 s that only this comparison pays
    import jax.numpy as jnp

    def cross_entropy(x: Any, t: Any) -> Any:
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(x), t[:, None], axis=1))

    forwards: dict[str, Callable[..., Any]] = {
        "softmax": jax.nn.softmax,
        "log_softmax": jax.nn.log_softmax,
        "cross_entropy": cross_entropy,
        "layer_norm": lambda x: jax.nn.standardize(x, axis=-1, epsilon=1e-5),
        "rms_norm": lambda x: x * jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + 1e-6),
        "gelu": lambda x: jax.nn.gelu(x, approximate=False),
        "gelu_tanh": jax.nn.gelu,
        "silu": jax.nn.silu,
        "sigmoid": jax.nn.sigmoid,
    }
    if name not in forwards:
        return
    compiled = jax.jit(forwards[name])
    given = [jnp.asarray(a) for a in inputs]
    g = jnp.asarray(dy, dtype=given[0].dtype)
    _, pull = jax.vjp(lambda x: forwards[name](x, *given[1:]), given[0])
    back = jax.jit(lambda p, d: p(d))
    yield (
        "jax",
        (
            lambda: compiled(*given).block_until_ready(),
            lambda: back(pull, g)[0].block_until_ready(),
        ),
    )


def numba_runs(name: str, inputs: tuple[Array, ...], dy: Array) -> Iterator[tuple[str, Pair]]:
    """`numba`: the loops that one writes for it, for softmax."""
    import numba  # 1 s that only this comparison pays

    if name != "softmax":
        return

    @numba.njit(parallel=True, fastmath=False)  # type: ignore[untyped-decorator, unused-ignore]
    def gradient(y: Array, g: Array, dx: Array) -> None:
        for i in numba.prange(y.shape[0]):
            s = np.float32(0)
            for j in range(y.shape[1]):
                s += y[i, j] * g[i, j]
            for j in range(y.shape[1]):
                dx[i, j] = y[i, j] * (g[i, j] - s)

    (x,) = inputs
    y = np.exp(x - x.max(axis=1, keepdims=True))
    y /= y.sum(axis=1, keepdims=True)
    dx = np.empty_like(x)
    yield "numba out=", (None, lambda: gradient(y, dy, dx))


LIBRARIES: dict[str, Callable[..., Iterator[tuple[str, Pair]]]] = {
    "torch": torch_runs,
    "jax": jax_runs,
    "numba": numba_runs,
}
