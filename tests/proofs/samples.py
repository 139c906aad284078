"""Derivations written by hand, so that the proofs are tested by themselves."""

from __future__ import annotations

from symderive.calculus.result import Derived, Jacobian
from symderive.index import nodes
from symderive.index.dims import Dim, Index
from symderive.index.nodes import Expr, Tensor, call, delta, power, size, sum_
from symderive.program import Argument, Assignment, Output, Parameter, Program
from symderive.proofs import Listing, ProofParts, Statement
from symderive.trace import Step

BATCH, N = Dim("..."), Dim("n")
R, I, J, K = Index(BATCH), Index(N), Index(N, 1), Index(N, 2)
DIMS = (BATCH, N)
LAYOUT = ((BATCH,), (N,))


def _program(name: str, forward: bool, arguments: list[Tensor], lines: list[tuple[Tensor, Expr]], outputs: list[Tensor],
             parameters: tuple[Parameter, ...] = (), doc: str = "") -> Program:  # fmt: skip
    assignments = tuple(
        Assignment(t, tuple(Index(d) for d in t.dims), v, given=forward) for t, v in lines
    )
    layouts = {t: tuple((d,) for d in t.dims) for t in [*arguments, *outputs]}
    return Program(
        name, tuple(Argument(t, layouts[t]) for t in arguments), parameters, assignments,
        tuple(Output(t, layouts[t]) for t in outputs), doc=doc, axis=True,
    )  # fmt: skip


def softmax(name: str = "softmax", x_name: str = "x") -> ProofParts:
    """Softmax over any leading axes."""
    x, e, s, y = Tensor(x_name, DIMS), Tensor("e", DIMS), Tensor("s", (BATCH,)), Tensor("y", DIMS)
    dy, dx = Tensor("dy", DIMS), Tensor(f"d{x_name}", DIMS)
    forward = _program(
        name,
        True,
        [x],
        [(e, call("exp", x[R, I])), (s, sum_([J], e[R, J])), (y, e[R, I] / s[R])],
        [y],
        doc="Positive, and sums to one.",
    )
    inner = sum_([J], y[R, J] * dy[R, J])
    closed = y[R, I] * (dy[R, I] - inner)
    backward = _program(f"{name}_bwd", False, [y, dy], [(dx, closed)], [dx])
    jacobian_value = y[R, J] * (delta(J, I) - y[R, I])
    start = sum_([J], dy[R, J] * y[R, J] * (delta(J, I) - y[R, I]))
    split = sum_([J], dy[R, J] * y[R, J] * delta(J, I)) - sum_([J], dy[R, J] * y[R, J] * y[R, I])
    sifted = dy[R, I] * y[R, I] - sum_([J], dy[R, J] * y[R, J] * y[R, I])
    pulled = dy[R, I] * y[R, I] - y[R, I] * inner
    left = f"d{x_name}_…i"
    steps = (
        Step("chain_rule", left, start, start, "The Jacobian is put into the chain rule's sum."),
        Step(
            "linearity", left, start, split, "A sum of differences is the difference of the sums."
        ),
        Step(
            "sifting",
            left,
            split,
            sifted,
            "δ is zero except where its indices agree, so one term is left.",
            ("i ≠ j",),
        ),
        Step(
            "pull_out",
            left,
            sifted,
            pulled,
            "What does not depend on the bound index stands in front of the sum.",
        ),
        Step(
            "factor", left, pulled, closed, "Both terms have the same factor.", ("e_…i = y_…i s_…",)
        ),
    )
    jac_steps = (
        Step(
            "exp",
            "∂e_…j/∂x_…i",
            call("exp", x[R, J]) * delta(J, I),
            e[R, J] * delta(J, I),
            "exp is its own derivative.",
        ),
        Step(
            "quotient",
            "∂y_…j/∂x_…i",
            jacobian_value,
            jacobian_value,
            "The quotient rule.",
            ("e_…j = y_…j s_…",),
        ),
    )
    jacobian = Jacobian(y, x, (R, J), (R, I), jacobian_value, jac_steps)
    stability = (
        Step(
            "shift",
            "y_…i",
            e[R, I] / s[R],
            call("exp", x[R, I] - nodes.reduce_("max", [J], x[R, J]))
            / sum_([K], call("exp", x[R, K] - nodes.reduce_("max", [J], x[R, J]))),
            "The factor exp(-m) cancels.",
        ),
    )
    inner_left = Tensor("inner", (BATCH,))
    listing = Listing("backward", (
        Statement(f"def {name}_bwd(residuals, dy):"),
        Statement(f'    """Gradient of {name}.    dx_i = y_i (dy_i - Σ_j y_j dy_j)"""'),
        Statement("    (y,) = residuals"),
        Statement("    inner = np.sum(y * dy, axis=-1, keepdims=True)  # Σ_j y_j dy_j", inner_left[R], inner),
        Statement("    return (y * (dy - inner),)", dx[R, I], y[R, I] * (dy[R, I] - inner_left[R])),
    ))  # fmt: skip
    textbook = Listing("textbook", (
        Statement("dx = self.out * dout"),
        Statement("sumdx = np.sum(dx, axis=1, keepdims=True)"),
        Statement("dx -= self.out * sumdx"),
    ))  # fmt: skip
    return ProofParts(
        Derived(forward, forward, backward, {x_name: steps}), (jacobian,), stability, (listing, textbook),
        {"elementwise": "2", "reductions": "1", "residuals": "1"}, ("5 of 5 steps hold at 50 digits", "gradient: 1.2e-10"),
    )  # fmt: skip


def layer_norm() -> ProofParts:
    """Layer norm without weights: two means, a parameter, a long closed form."""
    x, mu, v, sigma, h = (
        Tensor(n, d)
        for n, d in (
            ("x", DIMS),
            ("mu", (BATCH,)),
            ("var", (BATCH,)),
            ("sigma", (BATCH,)),
            ("h", DIMS),
        )
    )
    eps, dh, dx = Tensor("eps"), Tensor("dh", DIMS), Tensor("dx", DIMS)
    n = size(N)
    forward = _program(
        "layer_norm",
        True,
        [x],
        [
            (mu, sum_([J], x[R, J]) / n),
            (v, sum_([J], (x[R, J] - mu[R]) ** 2) / n),
            (sigma, power(v[R] + eps[()], nodes.HALF)),
            (h, (x[R, I] - mu[R]) / sigma[R]),
        ],
        [h],
        (Parameter(eps, 1e-5),),
    )
    closed = (
        dh[R, I] - sum_([J], dh[R, J]) / n - h[R, I] * (sum_([J], dh[R, J] * h[R, J]) / n)
    ) / sigma[R]
    backward = _program("layer_norm_bwd", False, [h, sigma, dh], [(dx, closed)], [dx])
    value = (delta(J, I) - 1 / n - h[R, J] * h[R, I] / n) / sigma[R]
    long = sum(
        (
            (dh[R, I] * k - sum_([J], dh[R, J] * h[R, J] * k) * h[R, I]) / sigma[R]
            for k in (2, 3, 5, 7, 11)
        ),
        closed,
    )
    steps = (
        Step("expand", "dx_…i", closed, long, "Written out at length."),
        Step("collect", "dx_…i", long, closed, "Like terms."),
    )
    return ProofParts(
        Derived(forward, forward, backward, {"x": steps}), (Jacobian(h, x, (R, J), (R, I), value),)
    )
