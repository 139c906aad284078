"""Small programs written by hand in index notation, for tests of the calculus alone."""

from __future__ import annotations

from collections.abc import Callable

from symderive.index.dims import Dim, Index
from symderive.index.domains import REAL, Domain
from symderive.index.nodes import Expr, Tensor, call, size, sum_
from symderive.program import Argument, Assignment, Output, Program

N, B, M = Dim("n"), Dim("b"), Dim("m")
J, B2 = Index(N, 5), Index(B, 5)


class Written:
    """Collects arguments and assignments; each `let` gives the value for the tensor's own
    indices.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.arguments: list[Argument] = []
        self.assignments: list[Assignment] = []

    def argument(self, name: str, *dims: Dim, domain: Domain = REAL) -> Tensor:
        tensor = Tensor(name, dims, domain)
        self.arguments.append(Argument(tensor, tuple((d,) for d in dims)))
        return tensor

    def let(self, name: str, dims: tuple[Dim, ...], value: Callable[..., Expr]) -> Tensor:
        tensor, axes = Tensor(name, dims), tuple(Index(d) for d in dims)
        self.assignments.append(Assignment(tensor, axes, value(*axes)))
        return tensor

    def program(self) -> Program:
        last = self.assignments[-1].tensor
        output = Output(last, tuple((d,) for d in last.dims))
        return Program(self.name, tuple(self.arguments), (), tuple(self.assignments), (output,))


def softmax() -> Program:
    """e = exp(x), s = Σ e, y = e / s."""
    w = Written("softmax")
    x = w.argument("x", N)
    e = w.let("e", (N,), lambda i: call("exp", x[i]))
    s = w.let("s", (), lambda: sum_([J], e[J]))
    w.let("y", (N,), lambda i: e[i] / s[()])
    return w.program()


def standardised() -> Program:
    """(x - mean) / root of the mean square, with no eps."""
    w = Written("standardised")
    x = w.argument("x", B, N)
    mu = w.let("mu", (B,), lambda b: sum_([J], x[b, J]) / size(N))
    c = w.let("c", (B, N), lambda b, i: x[b, i] - mu[b])
    v = w.let("v", (B,), lambda b: sum_([J], c[b, J] ** 2) / size(N))
    w.let("y", (B, N), lambda b, i: c[b, i] / v[b])
    return w.program()
