"""Small programs, written by hand, on which the rules of stability fire."""

from __future__ import annotations

from fractions import Fraction

from ..index.dims import Dim, Index
from ..index.domains import POSITIVE
from ..index.nodes import Expr, Ref, Tensor, bracket, call, num, reduce_, size, sqrt
from ..program import Argument, Assignment, Output, Program

N = Dim("n")
I, J = Index(N, 0), Index(N, 1)  # noqa: E741  the index i of the field
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


def weighted_log_of_softmax() -> Program:
    """e_i = exp(x_i), s = Σ_j e_j, o_i = e_i / s, y_i = xlogy(t_i, o_i)."""
    return chain(
        "weighted_log_of_softmax", (X, Tensor("t", (N,))),
        ("e", (I,), call("exp", X[I])),
        ("s", (), reduce_("sum", (J,), element("e", J))),
        ("o", (I,), element("e", I) / element("s")),
        ("y", (I,), call("xlogy", element("t", I), element("o", I))),
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


def softplus() -> Program:
    """y_i = log(1 + exp(x_i))."""
    return chain("softplus", (X,), ("y", (I,), call("log", 1 + call("exp", X[I]))))


def silu() -> Program:
    """y_i = x_i / (1 + exp(-x_i))."""
    return chain("silu", (X,), ("y", (I,), X[I] / (1 + call("exp", -X[I]))))


def tanh() -> Program:
    """y_i = (exp(x_i) - exp(-x_i)) / (exp(x_i) + exp(-x_i))."""
    up, down = call("exp", X[I]), call("exp", -X[I])
    return chain("tanh", (X,), ("y", (I,), (up - down) / (up + down)))


def expm1() -> Program:
    """y_i = (exp(x_i) - 1) / x_i."""
    return chain("expm1", (X,), ("y", (I,), (call("exp", X[I]) - 1) / X[I]))


def quotient() -> Program:
    """y_i = exp(x_i²) / exp(x_i)."""
    return chain("quotient", (X,), ("y", (I,), call("exp", X[I] ** 2) / call("exp", X[I])))


def two_cases() -> Program:
    """y_i = 1/(1 + exp(-x_i)) where x_i > 0, else exp(x_i)/(1 + exp(x_i))."""
    high = bracket("gt", X[I], 0) * (1 / (1 + call("exp", -X[I])))
    low = bracket("ge", 0, X[I]) * (call("exp", X[I]) / (1 + call("exp", X[I])))
    return chain("two_cases", (X,), ("y", (I,), high + low))


def log1p() -> Program:
    """y_i = log(1 + x_i²)."""
    return chain("log1p", (X,), ("y", (I,), call("log", 1 + X[I] ** 2)))


def variance() -> Program:
    """mu = Σ_j x_j / n, q = Σ_j x_j² / n, v = q - mu²."""
    return chain(
        "variance", (X,),
        ("mu", (), reduce_("sum", (J,), X[J]) / size(N)),
        ("q", (), reduce_("sum", (J,), X[J] ** 2) / size(N)),
        ("v", (), element("q") - element("mu") ** 2),
    )  # fmt: skip


def gelu() -> Program:
    """y_i = x_i (1 + erf(x_i / √2)) / 2."""
    share = 1 + call("erf", X[I] / sqrt(num(2)))
    return chain("gelu", (X,), ("y", (I,), X[I] * share / 2))


def gate() -> Program:
    """y_i = sigmoid(x_i) (x_i - x_i²) + x_i²."""
    share = call("sigmoid", X[I])
    return chain("gate", (X,), ("y", (I,), share * (X[I] - X[I] ** 2) + X[I] ** 2))


def mixture() -> Program:
    """p and q the softmaxes of x and -x, y_i = log(p_i + q_i)."""
    up, down = call("exp", X[I]), call("exp", -X[I])
    total = reduce_("sum", (J,), call("exp", X[J]))
    other = reduce_("sum", (J,), call("exp", -X[J]))
    return chain(
        "mixture", (X,),
        ("p", (I,), up / total),
        ("q", (I,), down / other),
        ("y", (I,), call("log", element("p", I) + element("q", I))),
    )  # fmt: skip


def divergence() -> Program:
    """L_i = x_i - log Σ_j exp(x_j), K_i = t_i - log Σ_j exp(t_j), y = Σ_i exp(L_i) (L_i - K_i)."""
    given = Tensor("t", (N,))
    left, right = (reduce_("sum", (J,), call("exp", v[J])) for v in (X, given))
    log_p = element("L", J)
    return chain(
        "divergence", (X, given),
        ("L", (I,), X[I] - call("log", left)),
        ("K", (I,), given[I] - call("log", right)),
        ("y", (), reduce_("sum", (J,), call("exp", log_p) * (log_p - element("K", J)))),
    )  # fmt: skip


def energy() -> Program:
    """e_ij = exp(-(x_i - x_j)²), y = Σ_ij e_ij."""
    return chain(
        "energy", (X,),
        ("e", (I, J), call("exp", -((X[I] - X[J]) ** 2))),
        ("y", (), reduce_("sum", (I, J), element("e", I, J))),
    )  # fmt: skip


def odds() -> Program:
    """e_i = exp(x_i), s = Σ_j e_j, p_i = e_i / s, y_i = p_i / (1 - p_i)."""
    share = element("p", I)
    return chain(
        "odds", (X,),
        ("e", (I,), call("exp", X[I])),
        ("s", (), reduce_("sum", (J,), element("e", J))),
        ("p", (I,), element("e", I) / element("s")),
        ("y", (I,), share / (1 - share)),
    )  # fmt: skip


def focal() -> Program:
    """p the softmax of x, y_i = (1 - p_i)² log p_i."""
    share = element("p", I)
    return chain(
        "focal", (X,),
        ("e", (I,), call("exp", X[I])),
        ("s", (), reduce_("sum", (J,), element("e", J))),
        ("p", (I,), element("e", I) / element("s")),
        ("u", (I,), call("log", share)),
        ("y", (I,), (1 - share) ** 2 * element("u", I)),
    )  # fmt: skip


def power_mean() -> Program:
    """u_i = x_i⁴, y = (Σ_j u_j / n)^(1/4)."""
    return chain(
        "power_mean", (X,),
        ("u", (I,), X[I] ** 4),
        ("y", (), (reduce_("sum", (J,), element("u", J)) / size(N)) ** num(Fraction(1, 4))),
    )  # fmt: skip


def log_of_difference() -> Program:
    """y_i = log(1 - exp(-t_i)), t_i > 0."""
    given = Tensor("t", (N,), POSITIVE)
    return chain(
        "log_of_difference", (given,), ("y", (I,), call("log", 1 - call("exp", -given[I])))
    )


def log_of_tail() -> Program:
    """y_i = log(erfc(x_i) / 2)."""
    return chain("log_of_tail", (X,), ("y", (I,), call("log", call("erfc", X[I]) / 2)))


def hazard() -> Program:
    """y_i = exp(-x_i²) / erfc(x_i)."""
    return chain("hazard", (X,), ("y", (I,), call("exp", -(X[I] ** 2)) / call("erfc", X[I])))


def sech() -> Program:
    """y_i = 2 / (exp(x_i) + exp(-x_i))."""
    return chain("sech", (X,), ("y", (I,), 2 / (call("exp", X[I]) + call("exp", -X[I]))))


def gumbel() -> Program:
    """y_i = exp(-exp(-x_i))."""
    return chain("gumbel", (X,), ("y", (I,), call("exp", -call("exp", -X[I]))))


def versine() -> Program:
    """y_i = 1 - cos(x_i)."""
    return chain("versine", (X,), ("y", (I,), 1 - call("cos", X[I])))


def root_difference() -> Program:
    """y_i = √(1 + x_i²) - 1."""
    return chain("root_difference", (X,), ("y", (I,), sqrt(1 + X[I] ** 2) - 1))
