"""Derivations written by hand, so that what is printed can be checked without the calculus."""

from __future__ import annotations

from collections.abc import Callable

from symderive.calculus.result import Derived
from symderive.index import nodes
from symderive.index.dims import Dim, Index
from symderive.index.domains import integers
from symderive.index.nodes import Expr, Tensor, call, delta, idx, size, sqrt, sum_
from symderive.program import Argument, Assignment, Output, Parameter, Program

BATCH, B, N, M, D, E = Dim("..."), Dim("b"), Dim("n"), Dim("m"), Dim("d"), Dim("e")


def at(dims: tuple[Dim, ...]) -> tuple[Index, ...]:
    """The free indices over some dims."""
    return tuple(Index(d) for d in dims)


def also(dim: Dim) -> Index:
    """A bound index."""
    return Index(dim, 7)


def _argument(tensor: Tensor) -> Argument:
    return Argument(tensor, tuple((d,) for d in tensor.dims))


def assign(tensor: Tensor, value: Expr, given: bool = True) -> Assignment:
    """`tensor = value` over its free indices."""
    return Assignment(tensor, at(tensor.dims), value, given=given)


def derived(
    name: str,
    inputs: list[Tensor],
    forward: list[Assignment],
    backward: list[Assignment],
    parameters: tuple[Parameter, ...] = (),
    axis: bool = False,
) -> Derived:
    """A derivation from its two lists of assignments."""
    output = forward[-1].tensor
    outputs = (Output(output, tuple((d,) for d in output.dims)),)
    first = Program(name, tuple(map(_argument, inputs)), parameters, tuple(forward), outputs,
                    doc=f"The operator {name}.", source="the tests", axis=axis)  # fmt: skip
    cotangent = Tensor(f"d{output.name}", output.dims)
    known = {t for a in backward for t in a.value.tensors} & {
        a.tensor for a in (*first.arguments, *forward)
    }
    arguments = (*map(_argument, sorted(known, key=lambda t: t.name)), _argument(cotangent))
    wanted = [next(a.tensor for a in backward if a.tensor.name == f"d{t.name}")
              for t in inputs if not t.domain.is_label]  # fmt: skip
    second = Program(f"{name}_backward", arguments, parameters, tuple(backward),
                     tuple(Output(t, tuple((d,) for d in t.dims)) for t in wanted))  # fmt: skip
    return Derived(first, first, second)


def softmax(dims: tuple[Dim, ...] = (BATCH, N), axis: bool = False) -> Derived:
    """Softmax over the last dim, with its shift."""
    x, e, y, dx, dy = (Tensor(t, dims) for t in ("x", "e", "y", "dx", "dy"))
    s, m = Tensor("s", dims[:-1]), Tensor("m", dims[:-1])
    over, left = also(dims[-1]), at(dims[:-1])
    every, inner = at(dims), (*left, over)
    forward = [
        assign(m, nodes.reduce_("max", [over], x[inner]), given=False),
        assign(e, call("exp", x[every] - m[left if left else ()])),
        assign(s, sum_([over], e[inner]), given=False),
        assign(y, e[every] / s[left if left else ()]),
    ]
    backward = [assign(dx, y[every] * (dy[every] - sum_([over], y[inner] * dy[inner])))]
    return derived("softmax", [x], forward, backward, axis=axis)


def layer_norm() -> Derived:
    """Layer norm with weight and bias over (b, n)."""
    x, h, y, dx, dy = (Tensor(t, (B, N)) for t in ("x", "h", "y", "dx", "dy"))
    mu, r = Tensor("mu", (B,)), Tensor("r", (B,))
    w, c, dw, dc = (Tensor(t, (N,)) for t in ("w", "c", "dw", "dc"))
    eps = Tensor("eps")
    b, i, j, k = Index(B), Index(N), also(N), also(B)
    n = size(N)
    forward = [
        assign(mu, sum_([j], x[b, j]) / n),
        assign(r, (sum_([j], (x[b, j] - mu[b]) ** 2) / n + eps[()]) ** nodes.num(-1) ** nodes.ONE),
        assign(h, (x[b, i] - mu[b]) * sqrt(r[b])),
        assign(y, w[i] * h[b, i] + c[i]),
    ]
    mean = sum_([j], w[j] * dy[b, j]) / n
    other = h[b, i] * sum_([j], w[j] * h[b, j] * dy[b, j]) / n
    backward = [
        assign(dx, sqrt(r[b]) * (w[i] * dy[b, i] - mean - other)),
        assign(dw, sum_([k], h[k, i] * dy[k, i])),
        assign(dc, sum_([k], dy[k, i])),
    ]
    return derived("layer_norm", [x, w, c], forward, backward, (Parameter(eps, 1e-5),))


def cross_entropy() -> Derived:
    """Mean cross entropy of softmax from labels."""
    x, p, dx = (Tensor(t, (B, N)) for t in ("x", "p", "dx"))
    t = Tensor("t", (B,), integers("b", below="n"))
    m, s = Tensor("m", (B,)), Tensor("s", (B,))
    loss, dloss = Tensor("loss"), Tensor("dloss")
    b, i, j, k = Index(B), Index(N), also(N), also(B)
    forward = [
        assign(m, nodes.reduce_("max", [j], x[b, j]), given=False),
        assign(s, sum_([j], call("exp", x[b, j] - m[b]))),
        assign(p, call("exp", x[b, i] - m[b]) / s[b]),
        assign(loss, -sum_([k], call("log", p[k, t[k]])) / size(B)),
    ]
    backward = [assign(dx, dloss[()] * (p[b, i] - delta(idx(i), t[b])) / size(B))]
    return derived("cross_entropy", [x, t], forward, backward)


def attention(batch: bool = False) -> Derived:
    """Scaled dot-product attention with shared cotangents dP and dS."""
    z = (BATCH,) if batch else ()
    q, key, v = Tensor("q", (*z, N, D)), Tensor("k", (*z, M, D)), Tensor("v", (*z, M, E))
    s, weights, ds, dp = (Tensor(t, (*z, N, M)) for t in ("S", "P", "dS", "dP"))
    o, do = Tensor("o", (*z, N, E)), Tensor("do", (*z, N, E))
    top, total = Tensor("top", (*z, N)), Tensor("total", (*z, N))
    dq, dk, dv = (Tensor(f"d{t.name}", t.dims) for t in (q, key, v))
    y = at(z)
    n, m, d, e = Index(N), Index(M), Index(D), Index(E)
    n2, m2, d2, e2 = also(N), also(M), also(D), also(E)
    exp = call("exp", s[(*y, n, m)] - top[(*y, n)])
    exp2 = call("exp", s[(*y, n, m2)] - top[(*y, n)])
    scale = nodes.power(size(D), nodes.num(-1) * nodes.HALF)
    forward = [
        assign(s, scale * sum_([d2], q[(*y, n, d2)] * key[(*y, m, d2)])),
        assign(top, nodes.reduce_("max", [m2], s[(*y, n, m2)]), given=False),
        assign(total, sum_([m2], exp2), given=False),
        assign(weights, exp / total[(*y, n)]),
        assign(o, sum_([m2], weights[(*y, n, m2)] * v[(*y, m2, e)])),
    ]
    inner = sum_([e2], do[(*y, n, e2)] * o[(*y, n, e2)])
    backward = [
        assign(dv, sum_([n2], weights[(*y, n2, m)] * do[(*y, n2, e)])),
        assign(dp, sum_([e2], do[(*y, n, e2)] * v[(*y, m, e2)])),
        assign(ds, weights[(*y, n, m)] * (dp[(*y, n, m)] - inner)),
        assign(dq, scale * sum_([m2], ds[(*y, n, m2)] * key[(*y, m2, d)])),
        assign(dk, scale * sum_([n2], ds[(*y, n2, m)] * q[(*y, n2, d)])),
    ]
    return derived("attention", [q, key, v], forward, backward)


def matmul() -> Derived:
    """y = x W + c over any batch."""
    x, w, c, y = (
        Tensor("x", (BATCH, M)),
        Tensor("W", (M, N)),
        Tensor("c", (N,)),
        Tensor("y", (BATCH, N)),
    )
    dx, dw, dc, dy = (Tensor(f"d{t.name}", t.dims) for t in (x, w, c, y))
    z, m, n = Index(BATCH), Index(M), Index(N)
    z2, m2, n2 = also(BATCH), also(M), also(N)
    forward = [assign(y, sum_([m2], x[z, m2] * w[m2, n]) + c[n])]
    backward = [
        assign(dx, sum_([n2], dy[z, n2] * w[m, n2])),
        assign(dw, sum_([z2], x[z2, m] * dy[z2, n])),
        assign(dc, sum_([z2], dy[z2, n])),
    ]
    return derived("linear", [x, w, c], forward, backward)


ALL: dict[str, Callable[[], Derived]] = {
    "softmax": softmax,
    "softmax_axis": lambda: softmax(axis=True),
    "softmax_rows": lambda: softmax((B, N)),
    "softmax_vector": lambda: softmax((N,)),
    "layer_norm": layer_norm,
    "cross_entropy": cross_entropy,
    "attention": attention,
    "attention_batch": lambda: attention(True),
    "linear": matmul,
}
