"""Derivations and kernels written by hand, which the certificate must pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from symderive.calculus.result import Derived
from symderive.index.dims import Dim, Index
from symderive.index.domains import integers
from symderive.index.nodes import (
    Expr,
    Tensor,
    bracket,
    call,
    delta,
    power,
    reduce_,
    size,
    sqrt,
    sum_,
)
from symderive.program import Argument, Assignment, Output, Parameter, Program
from symderive.trace import Step

B, M, N = Dim("b"), Dim("m"), Dim("n")
BATCH = Dim("...")
b, m, i, j = Index(B), Index(M), Index(N), Index(N, 1)


@dataclass(frozen=True)
class Kernel:
    """A kernel as a pair of functions."""

    fwd: Callable[..., Any]
    bwd: Callable[..., Any]


@dataclass(frozen=True)
class Example:
    """A derivation and the kernel that goes with it."""

    derived: Derived
    kernel: Kernel

    def with_kernel(self, **changes: Any) -> Kernel:
        """The kernel with another fwd or bwd."""
        return replace(self.kernel, **changes)

    def with_gradient(self, change: Callable[[Expr], Expr]) -> Derived:
        """The derivation with the last assignment of its backward spoiled."""
        backward = self.derived.backward
        last = backward.assignments[-1]
        spoiled = replace(last, value=change(last.value))
        return replace(
            self.derived,
            backward=replace(backward, assignments=(*backward.assignments[:-1], spoiled)),
        )


def careful(
    fwd: Callable[..., Any], bwd: Callable[..., Any], whole: tuple[int, ...] = ()
) -> Kernel:
    """A kernel that takes any dtypes and any cotangent, and works in float32 at least."""

    def checked_fwd(*inputs: Any) -> Any:
        arrays = [np.asarray(x) for x in inputs]
        own = [a.dtype for a in arrays if a.dtype.kind == "f"]
        dtype = np.result_type(*own) if own else np.dtype(float)
        wide = np.result_type(dtype, np.float32)
        several = (own,) if len(set(own)) > 1 else ()
        labels = [n in whole for n in range(len(arrays))]
        y, residuals = fwd(
            *(a if is_label else a.astype(wide) for a, is_label in zip(arrays, labels, strict=True))
        )
        kept = [r if r.dtype.kind == "i" else r.astype(dtype) for r in residuals]
        return np.asarray(y).astype(dtype), (*kept, *several)

    def checked_bwd(residuals: Any, dy: Any) -> Any:
        if isinstance(residuals[-1], list):
            gradients = checked_bwd(residuals[:-1], dy)
            return tuple(g.astype(d) for g, d in zip(gradients, residuals[-1], strict=True))
        dtype = residuals[0].dtype
        wide = np.result_type(dtype, np.float32)
        widened = tuple(r if r.dtype.kind == "i" else r.astype(wide) for r in residuals)
        return tuple(np.asarray(g).astype(dtype) for g in bwd(widened, np.asarray(dy, wide)))

    return Kernel(checked_fwd, checked_bwd)


def plain(tensor: Tensor) -> Argument:
    return Argument(tensor, tuple((d,) for d in tensor.dims))


def softmax(dim: Dim = BATCH) -> Example:
    """Softmax over the last axis, stabilised, with any batch dims."""
    r = Index(dim)
    x, e, s, o, g, dx, top = (
        Tensor(name, (dim,) if name in ("s", "m") else (dim, N))
        for name in ("x", "e", "s", "o", "do", "dx", "m")
    )
    total = Assignment(s, (r,), sum_([j], e[r, j]))
    share = Assignment(o, (r, i), e[r, i] / s[r])
    written = Program(
        "softmax",
        (plain(x),),
        (),
        (Assignment(e, (r, i), call("exp", x[r, i])), total, share),
        (Output(o, ((dim,), (N,))),),
    )
    shift = Assignment(top, (r,), reduce_("max", [j], x[r, j]), constant=True)
    forward = replace(
        written,
        assignments=(shift, Assignment(e, (r, i), call("exp", x[r, i] - top[r])), total, share),
    )
    inner = sum_([j], o[r, j] * g[r, j])
    closed = o[r, i] * (g[r, i] - inner)
    backward = Program(
        "softmax_bwd",
        (plain(o), plain(g)),
        (),
        (Assignment(dx, (r, i), closed),),
        (Output(dx, ((dim,), (N,))),),
    )
    raw = o[r, i] * g[r, i] - sum_([j], o[r, j] * o[r, i] * g[r, j])
    steps = {
        "x": (
            Step(
                "fold",
                "dx_i",
                e[r, i] / s[r] * g[r, i] - sum_([j], e[r, j] * e[r, i] * g[r, j]) / s[r] ** 2,
                raw,
                "o is e over s",
            ),
            Step("factor", "dx_i", raw, closed, "o_i does not depend on j"),
            Step(
                "lemma",
                "Σ o",
                sum_([j], o[r, j]) - 1,
                o[r, i] - o[r, i],
                "a distribution sums to one",
            ),
        )
    }
    return Example(Derived(written, forward, backward, steps), careful(softmax_fwd, softmax_bwd))


def softmax_fwd(x: Any) -> Any:
    with np.errstate(all="ignore"):
        largest = np.max(x, axis=-1, keepdims=True, initial=-np.inf)
        e = np.exp(x - np.where(np.isfinite(largest), largest, 0).astype(x.dtype))
        y = e / np.sum(e, axis=-1, keepdims=True)
    return y, (y,)


def softmax_bwd(residuals: Any, dy: Any) -> Any:
    (y,) = residuals
    dy = np.asarray(dy, y.dtype)
    return (y * (dy - np.sum(y * dy, axis=-1, keepdims=True)),)


def layer_norm() -> Example:
    """Layer norm without weights; residuals h and r."""
    x, mu, v, r, h, g, dx = (
        Tensor(name, (B,) if name in ("mu", "v", "r") else (B, N))
        for name in ("x", "mu", "v", "r", "h", "dh", "dx")
    )
    eps = Parameter(Tensor("eps"), 1e-5)
    assignments = (
        Assignment(mu, (b,), sum_([j], x[b, j]) / size(N)),
        Assignment(v, (b,), sum_([j], (x[b, j] - mu[b]) ** 2) / size(N)),
        Assignment(r, (b,), power(sqrt(v[b] + eps.tensor[()]), -size(N) / size(N))),
        Assignment(h, (b, i), (x[b, i] - mu[b]) * r[b]),
    )
    program = Program("layer_norm", (plain(x),), (eps,), assignments, (Output(h, ((B,), (N,))),))
    closed = (
        g[b, i] - sum_([j], g[b, j]) / size(N) - h[b, i] * sum_([j], h[b, j] * g[b, j]) / size(N)
    ) * r[b]
    backward = Program(
        "layer_norm_bwd",
        (plain(h), plain(r), plain(g)),
        (),
        (Assignment(dx, (b, i), closed),),
        (Output(dx, ((B,), (N,))),),
    )
    steps = {"x": (Step("lemma", "Σ h", sum_([j], h[b, j]), h[b, i] * 0, "h is centred"),)}

    def fwd(x: Any, eps: float = 1e-5) -> Any:
        c = x - np.mean(x, axis=-1, keepdims=True)
        r = 1 / np.sqrt(np.mean(c * c, axis=-1, keepdims=True) + np.asarray(eps, x.dtype))
        return c * r, (c * r, r[..., 0])

    def bwd(residuals: Any, dy: Any) -> Any:
        h, r = residuals
        mean = np.mean(dy, axis=-1, keepdims=True)
        return ((dy - mean - h * np.mean(h * dy, axis=-1, keepdims=True)) * r[..., None],)

    return Example(Derived(program, program, backward, steps), careful(fwd, bwd))


def matmul() -> Example:
    """y = x w, a contraction with two inputs."""
    x, w, y = Tensor("x", (B, M)), Tensor("w", (M, N)), Tensor("y", (B, N))
    g, dx, dw = Tensor("dy", (B, N)), Tensor("dx", (B, M)), Tensor("dw", (M, N))
    made = Assignment(y, (b, i), sum_([m], x[b, m] * w[m, i]))
    program = Program("matmul", (plain(x), plain(w)), (), (made,), (Output(y, ((B,), (N,))),))
    back = (
        Assignment(dx, (b, m), sum_([i], g[b, i] * w[m, i])),
        Assignment(dw, (m, i), sum_([b], g[b, i] * x[b, m])),
    )
    backward = Program(
        "matmul_bwd",
        (plain(x), plain(w), plain(g)),
        (),
        back,
        (Output(dx, ((B,), (M,))), Output(dw, ((M,), (N,)))),
    )
    product = made.value
    steps = {
        "x": (Step("exchange", "dx", sum_([m], w[m, i] * x[b, m]), product, "products commute"),)
    }

    def bwd(residuals: Any, dy: Any) -> Any:
        x, w = residuals
        return dy @ w.T, x.T @ dy

    return Example(
        Derived(program, program, backward, steps), careful(lambda x, w: (x @ w, (x, w)), bwd)
    )


def cross_entropy() -> Example:
    """The mean of logsumexp(x) - x[t] over a batch of labels."""
    t = Tensor("t", (B,), integers("", below="n"))
    x, p, dx = Tensor("x", (B, N)), Tensor("p", (B, N)), Tensor("dx", (B, N))
    z, loss, g = Tensor("z", (B,)), Tensor("loss"), Tensor("dloss")
    top = Tensor("top", (B,))
    shifted = top[b] + call("log", sum_([j], call("exp", x[b, j] - top[b])))
    assignments = (
        Assignment(top, (b,), reduce_("max", [j], x[b, j]), constant=True),
        Assignment(z, (b,), shifted),
        Assignment(p, (b, i), call("exp", x[b, i] - z[b])),
        Assignment(loss, (), sum_([b], z[b] - x[b, t[b]]) / size(B)),
    )
    forward = Program("cross_entropy", (plain(x), plain(t)), (), assignments, (Output(loss, ()),))
    plainly = Assignment(z, (b,), call("log", sum_([j], call("exp", x[b, j]))))
    program = replace(forward, assignments=(plainly, *assignments[2:]))
    closed = (p[b, i] - delta(t[b], i)) * g[()] / size(B)
    backward = Program(
        "cross_entropy_bwd",
        (plain(p), plain(t), plain(g)),
        (),
        (Assignment(dx, (b, i), closed),),
        (Output(dx, ((B,), (N,))),),
    )
    steps = {
        "x": (
            Step(
                "factor",
                "dx",
                p[b, i] * g[()] / size(B) - delta(t[b], i) * g[()] / size(B),
                closed,
                "both terms hold g/b",
            ),
        )
    }

    def fwd(x: Any, t: Any) -> Any:
        if t.size and (t.min() < 0 or t.max() >= x.shape[1]):
            raise ValueError("t holds labels that are not below n")
        top = np.max(x, axis=1, keepdims=True)
        top = np.where(np.isfinite(top), top, 0)
        lse = np.log(np.sum(np.exp(x - top), axis=1)) + top[:, 0]
        return np.mean(lse - x[np.arange(len(t)), t]), (np.exp(x - lse[:, None]), t)

    def bwd(residuals: Any, dy: Any) -> Any:
        p, t = residuals
        dx = p.copy()
        dx[np.arange(len(t)), t] -= 1
        return (dx * (dy / len(t)),)

    return Example(Derived(program, forward, backward, steps), careful(fwd, bwd, whole=(1,)))


def row_max() -> Example:
    """The maximum of each row; ties share the gradient equally."""
    x, y, g, dx = Tensor("x", (B, N)), Tensor("y", (B,)), Tensor("dy", (B,)), Tensor("dx", (B, N))
    made = Assignment(y, (b,), reduce_("max", [j], x[b, j]))
    program = Program("row_max", (plain(x),), (), (made,), (Output(y, ((B,),)),))
    won = bracket("eq", x[b, i], y[b])
    share = g[b] * won / sum_([j], bracket("eq", x[b, j], y[b]))
    back = (Assignment(dx, (b, i), share),)
    arguments = (plain(x), plain(y), plain(g))
    backward = Program("row_max_bwd", arguments, (), back, (Output(dx, ((B,), (N,))),))

    def fwd(x: Any) -> Any:
        y = np.max(x, axis=-1)
        return y, (x, y)

    def bwd(residuals: Any, dy: Any) -> Any:
        x, y = residuals
        won = (x == y[..., None]).astype(dy.dtype)
        return (won * (dy / np.sum(won, axis=-1))[..., None],)

    steps = {"x": (Step("share", "dx_i", share * 2 - share, share, "one of two"),)}
    return Example(Derived(program, program, backward, steps), careful(fwd, bwd))


EXAMPLES = {
    "softmax": softmax,
    "layer_norm": layer_norm,
    "matmul": matmul,
    "cross_entropy": cross_entropy,
}


@pytest.fixture(params=sorted(EXAMPLES))
def example(request: pytest.FixtureRequest) -> Example:
    """Each hand-written derivation in turn."""
    return EXAMPLES[request.param]()


@pytest.fixture
def examples() -> dict[str, Callable[[], Example]]:
    """The makers of the hand-written derivations, by name."""
    return {**EXAMPLES, "row_max": row_max}


@pytest.fixture
def softmax_example() -> Example:
    return softmax()
