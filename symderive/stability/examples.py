"""Small programs, written by hand, on which the rules of stability fire."""

from __future__ import annotations

from ..index.dims import Dim, Index
from ..index.nodes import Expr, Ref, Tensor, call, reduce_
from ..program import Argument, Assignment, Output, Program

N = Dim("n")
I, J = Index(N, 0), Index(N, 1)
X = Tensor("x", (N,))


def chain(
    name: str, arguments: tuple[Tensor, ...], *lines: tuple[str, tuple[Index, ...], Expr]
) -> Program:
    """A program from lines (name, indices, value); the last line is the output."""
    assignments = []
    for left, indices, value in lines:
        tensor = Tensor(left, tuple(i.dim for i in indices))
        assignments.append(Assignment(tensor, indices, value, given=True))
    output = assignments[-1].tensor
    layout = tuple((d,) for d in output.dims)
    inputs = tuple(Argument(t, tuple((d,) for d in t.dims)) for t in arguments)
    return Program(name, inputs, (), tuple(assignments), (Output(output, layout),))


def element(name: str, *indices: Index) -> Ref:
    """`name[indices]` of a real tensor over the dims of those indices."""
    return Tensor(name, tuple(i.dim for i in indices))[indices]


def softmax() -> Program:
    """e_i = exp(x_i), s = Σ_j e_j, o_i = e_i / s."""
    return chain(
        "softmax", (X,),
        ("e", (I,), call("exp", X[I])),
        ("s", (), reduce_("sum", (J,), element("e", J))),
        ("o", (I,), element("e", I) / element("s")),
    )  # fmt: skip


def shifted_softmax() -> Program:
    """m = max_j x_j, e_i = exp(x_i - m), s = Σ_j e_j, o_i = e_i / s."""
    return chain(
        "shifted_softmax", (X,),
        ("m", (), reduce_("max", (J,), X[J])),
        ("e", (I,), call("exp", X[I] - element("m"))),
        ("s", (), reduce_("sum", (J,), element("e", J))),
        ("o", (I,), element("e", I) / element("s")),
    )  # fmt: skip


def log_of_softmax() -> Program:
    """e_i = exp(x_i), s = Σ_j e_j, o_i = e_i / s, y_i = log o_i."""
    return chain(
        "log_of_softmax", (X,),
        ("e", (I,), call("exp", X[I])),
        ("s", (), reduce_("sum", (J,), element("e", J))),
        ("o", (I,), element("e", I) / element("s")),
        ("y", (I,), call("log", element("o", I))),
    )  # fmt: skip
