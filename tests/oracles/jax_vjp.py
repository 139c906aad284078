"""JAX as an oracle: a function with `np` bound to `jax.numpy`, under `jax.vjp`, in float64."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any


def vjp(fn: Callable[..., Array], inputs: tuple[Array, ...], cotangent: Array) -> tuple[Array, ...]:
    """Σ_y cotangent_y ∂y/∂x for each input of floating type, in the order of the inputs."""
    import jax
    import jax.numpy as jnp

    smooth = [i for i, x in enumerate(inputs) if np.asarray(x).dtype.kind == "f"]
    rebound = under_jax(fn)
    with jax.enable_x64(True):
        arrays = [jnp.asarray(x) for x in inputs]

        def of_smooth(*some: Array) -> Array:
            full = list(arrays)
            for i, x in zip(smooth, some, strict=True):
                full[i] = x
            return rebound(*full)

        y, pull = jax.vjp(of_smooth, *(arrays[i] for i in smooth))
        return tuple(
            np.asarray(g) for g in pull(jnp.broadcast_to(jnp.asarray(cotangent, y.dtype), y.shape))
        )


def under_jax(fn: Callable[..., Array]) -> Callable[..., Array]:
    """The same function reading `jax.numpy` where it read NumPy, its helpers and closures too."""
    return _rebind(fn, {})


def _rebind(thing: Any, done: dict[int, Any]) -> Any:
    import jax
    import jax.numpy as jnp

    if thing is np:
        return jnp
    if getattr(thing, "__name__", "") in ("erf", "expit") and not isinstance(
        thing, types.FunctionType
    ):
        return getattr(jax.scipy.special, thing.__name__)
    if not isinstance(thing, types.FunctionType) or thing.__module__.split(".")[0] in (
        "numpy",
        "jax",
    ):
        return thing
    if id(thing) in done:
        return done[id(thing)]
    scope: dict[str, Any] = {"__builtins__": thing.__globals__.get("__builtins__")}
    done[id(thing)] = types.FunctionType(
        thing.__code__, scope, thing.__name__, thing.__defaults__, _cells(thing, done)
    )
    done[id(thing)].__kwdefaults__ = thing.__kwdefaults__
    used = _names(thing.__code__)
    scope.update({k: _rebind(v, done) for k, v in thing.__globals__.items() if k in used})
    return done[id(thing)]


def _cells(fn: types.FunctionType, done: dict[int, Any]) -> tuple[types.CellType, ...] | None:
    if fn.__closure__ is None:
        return None
    return tuple(types.CellType(_rebind(c.cell_contents, done)) for c in fn.__closure__)


def _names(code: types.CodeType) -> set[str]:
    """The global names that a function reads, those of functions inside it as well."""
    inner = [c for c in code.co_consts if isinstance(c, types.CodeType)]
    return set(code.co_names).union(*map(_names, inner))
