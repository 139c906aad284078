"""What is saved, what is named, and in which order things are computed."""

from __future__ import annotations

import pytest

from symderive.index import nodes
from symderive.index.dims import Index
from symderive.index.nodes import Tensor, call, sum_
from symderive.index.walk import walk
from symderive.schedule import schedule
from symderive.schedule.shapes import canonical, is_contraction, mean_parts
from tests.emit.written import ALL, B, N, also, assign, derived

SAVED = {
    "softmax": ["y"],
    "softmax_rows": ["y"],
    "cross_entropy": ["t", "p"],
    "attention": ["q", "k", "v", "P", "o"],
    "linear": ["x", "W"],
}


@pytest.mark.parametrize("name", SAVED)
def test_the_residuals_are_the_fewest(name: str) -> None:
    assert [t.name for t in schedule(ALL[name]()).residuals] == SAVED[name]


def test_a_cheap_intermediate_is_computed_again_from_an_input() -> None:
    plan = schedule(ALL["layer_norm"]())
    assert [t.name for t in plan.residuals] == ["x", "w", "mu", "r"]
    assert plan.saved == ("input", "input", "intermediate", "intermediate")
    again = next(s for s in plan.backward.statements if s.name == "h")
    ahead = next(s for s in plan.forward.statements if s.name == "h")
    assert again.equation == ahead.equation


def test_a_transcendental_intermediate_is_saved() -> None:
    x, s, y, dx, dy = (Tensor(t, (B, N)) for t in ("x", "s", "y", "dx", "dy"))
    at = (Index(B), Index(N))
    forward = [assign(s, call("sigmoid", x[at])), assign(y, x[at] * s[at])]
    backward = [assign(dx, dy[at] * (s[at] + y[at] * (1 - s[at])))]
    assert [t.name for t in schedule(derived("silu", [x], forward, backward)).residuals] == [
        "s",
        "y",
    ]


def test_an_input_is_saved_where_nothing_else_tells_its_shape() -> None:
    x, y, dx, dy = Tensor("x", (B, N)), Tensor("y", (B,)), Tensor("dx", (B, N)), Tensor("dy", (B,))
    b, j = Index(B), also(N)
    plan = schedule(derived("total", [x], [assign(y, sum_([j], x[b, j]))], [assign(dx, dy[b])]))
    assert [t.name for t in plan.residuals] == ["x"]


@pytest.mark.parametrize("name", ALL)
def test_every_reduction_stands_alone_or_is_a_contraction(name: str) -> None:
    plan = schedule(ALL[name]())
    for statement in (*plan.forward.statements, *plan.backward.statements):
        reductions = [n for n in walk(statement.value) if isinstance(n, nodes.Reduce)]
        if mean_parts(statement.value) or len(reductions) < 2:
            continue
        assert all(is_contraction(r) for r in reductions), statement


@pytest.mark.parametrize("name", ALL)
def test_names_are_unique_and_defined_before_use(name: str) -> None:
    plan = schedule(ALL[name]())
    parameters = {p.tensor for p in plan.parameters}
    for procedure in (plan.forward, plan.backward):
        known = {a.tensor for a in procedure.arguments} | parameters
        for statement in procedure.statements:
            assert statement.value.tensors <= known, statement
            assert statement.tensor not in known
            known.add(statement.tensor)


@pytest.mark.parametrize("name", ALL)
def test_every_statement_is_needed(name: str) -> None:
    plan = schedule(ALL[name]())
    saved = set(plan.residuals)
    for procedure, extra in ((plan.forward, saved), (plan.backward, set())):
        wanted = {o.tensor for o in procedure.results} | extra
        for statement in procedure.statements:
            users = [s for s in procedure.statements if statement.tensor in s.value.tensors]
            assert users or statement.tensor in wanted, statement


def test_what_is_used_twice_is_computed_once() -> None:
    x, y, dx, dy = (Tensor(t, (B, N)) for t in ("x", "y", "dx", "dy"))
    at, b, j = (Index(B), Index(N)), Index(B), also(N)
    value = call("exp", x[at]) / sum_([j], call("exp", x[b, j]))
    plan = schedule(derived("shared", [x], [assign(y, value)], [assign(dx, y[at] * dy[at])]))
    assert [s.name for s in plan.forward.statements] == ["exp_x", "sum_exp_x", "y"]


def test_a_sum_within_a_longer_sum_is_computed_once() -> None:
    names = ("x", "z", "w", "y", "dx", "dz", "dw", "dy")
    x, z, w, y, dx, dz, dw, dy = (Tensor(t, (B, N)) for t in names)
    at = (Index(B), Index(N))
    difference = x[at] - z[at]
    value = call("exp", difference) * (difference - w[at])
    back = [assign(t, y[at] * dy[at]) for t in (dx, dz, dw)]
    plan = schedule(derived("shared", [x, z, w], [assign(y, value)], back))
    first, second = plan.forward.statements
    assert first.value is difference and x not in second.value.tensors


def test_names_that_mean_something_else_are_changed() -> None:
    np_, y, dx, dy = Tensor("np", (N,)), Tensor("y", (N,)), Tensor("dnp", (N,)), Tensor("dy", (N,))
    i = Index(N)
    plan = schedule(derived("twice", [np_], [assign(y, 2 * np_[i])], [assign(dx, 2 * dy[i])]))
    assert [a.tensor.name for a in plan.inputs] == ["np_"]


def test_a_name_that_reads_like_a_digit_is_changed() -> None:
    x, l, y = Tensor("x", (N,)), Tensor("l", (N,)), Tensor("y", (N,))  # noqa: E741
    dx, dy, i = Tensor("dx", (N,)), Tensor("dy", (N,)), Index(N)
    forward = [assign(l, call("log", x[i])), assign(y, l[i] * l[i])]
    plan = schedule(derived("square_log", [x], forward, [assign(dx, 2 * l[i] * dy[i] / x[i])]))
    assert [s.name for s in plan.forward.statements] == ["log_x", "y"]
    assert [t.name for t in plan.residuals] == ["x", "log_x"]


def test_canonical_form_forgets_the_letters() -> None:
    x = Tensor("x", (B, N))
    one = sum_([Index(N, 3)], x[Index(B), Index(N, 3)])
    other = sum_([Index(N, 9)], x[Index(B, 2), Index(N, 9)])
    assert one is not other
    assert canonical(one)[0] is canonical(other)[0]
