"""Each check alone: what it passes, what it catches, what it says when it cannot be made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.calculus.result import Jacobian
from symderive.index.dims import Dim, Index
from symderive.index.domains import POSITIVE, REAL, integers, simplex
from symderive.index.nodes import Tensor, delta, num
from symderive.program import Argument, Output, Program
from symderive.trace import Step
from symderive.verify.claims import check_claims
from symderive.verify.closed_form import check_closed_form
from symderive.verify.complex_step import check_complex_step, is_analytic
from symderive.verify.gradients import check_gradient
from symderive.verify.independent import check_independent
from symderive.verify.mutation import check_mutation
from symderive.verify.points import points
from symderive.verify.reference import ReferenceKernel
from symderive.verify.second_order import check_symmetry
from symderive.verify.steps import check_stability, check_steps

Array = Any


def test_a_forward_of_negative_numbers_is_checked_there() -> None:
    assert sd.derive(lambda x: np.log(-x) + np.sqrt(-x), x="b n").verify(quick=True).ok


@pytest.mark.parametrize("name", ["arcsin", "arctanh", "arccosh"])
def test_a_function_that_is_defined_in_part_is_checked_where_it_is(name: str) -> None:
    """No product of usual numbers lies between -1 and 1 throughout: smaller ones are drawn, too."""
    function = getattr(np, name)
    derivation = sd.derive(lambda x, w: function(x @ w), x="b n", w="n m")
    assert derivation.verify(quick=True).ok


def spoiled(example: Any) -> list[Any]:
    return [
        example.with_gradient(lambda value: -value),
        example.with_gradient(lambda value: value * 2),
        example.with_gradient(lambda value: num(0)),
    ]


def test_a_wrong_backward_program_is_caught_by_four_judges(example: Any) -> None:
    for derived in spoiled(example):
        kernel = ReferenceKernel(derived)
        assert check_closed_form(derived).verdict == "failed"
        assert check_gradient(derived, kernel).verdict == "failed"
        assert check_complex_step(derived, kernel).verdict == "failed"
        assert check_independent(derived).verdict == "failed"


def test_the_reference_kernel_is_right(example: Any) -> None:
    kernel = ReferenceKernel(example.derived)
    assert check_gradient(example.derived, kernel).verdict == "passed"
    assert check_symmetry(example.derived, kernel).verdict == "passed"


def test_a_gradient_that_is_none_has_no_symmetric_derivative(softmax_example: Any) -> None:
    def plus(residuals: Any, dy: Array) -> Any:
        (y,) = residuals
        return (y * (dy + np.sum(y * dy, axis=-1, keepdims=True)),)

    kernel = softmax_example.with_kernel(bwd=plus)
    assert check_symmetry(softmax_example.derived, kernel).verdict == "failed"


def test_planted_errors_are_caught(example: Any) -> None:
    check = check_mutation(example.derived)
    assert check.verdict == "passed", str(check)


def test_a_blunt_gradient_check_would_be_noticed(
    softmax_example: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("symderive.verify.gradients.SLACK", 1e12)
    assert check_mutation(softmax_example.derived).verdict == "failed"


def test_a_step_over_a_tensor_without_value_fails(softmax_example: Any) -> None:
    derived = softmax_example.derived
    stranger = Tensor("q", (Dim("n"),))[Index(Dim("n"))]
    step = Step("fold", "dx_i", stranger, stranger, "nobody knows q")
    check = check_steps(replace(derived, steps={"x": (step,)}))
    assert check.verdict == "failed"
    assert "no value" in str(check)


def test_steps_of_a_jacobian_are_checked(softmax_example: Any) -> None:
    program = softmax_example.derived.forward
    x, o = program.arguments[0].tensor, program.output.tensor
    i, j = Index(Dim("n")), Index(Dim("n"), 1)
    wrong = Step("differentiate", "∂o_i/∂x_j", o[Index(Dim("...")), i], delta(i, j), "it is not")
    jacobian = Jacobian(o, x, (i,), (j,), delta(i, j), (wrong,))
    assert check_steps(softmax_example.derived, [jacobian]).verdict == "failed"


def test_a_changed_meaning_by_stability_is_caught(softmax_example: Any) -> None:
    derived = softmax_example.derived
    last = derived.forward.assignments[-1]
    changed = replace(last, value=last.value * 2)
    forward = replace(derived.forward, assignments=(*derived.forward.assignments[:-1], changed))
    assert check_stability(derived).verdict == "passed"
    assert check_stability(replace(derived, forward=forward)).verdict == "failed"


def test_a_true_equation_with_a_false_name_is_caught(softmax_example: Any) -> None:
    """`before = after` holds, but neither is what the left side says."""
    r, i, j = Index(Dim("...")), Index(Dim("n")), Index(Dim("n"), 1)
    other = Index(Dim("..."), 1)
    o = softmax_example.derived.forward.output.tensor
    right = o[r, i] * (delta(i, j) - o[r, j]) * delta(r, other)
    for value, verdict in ((right, "passed"), (right * 2, "failed"), (-right, "failed")):
        step = Step("factor", "∂o_…i/∂x_…'j", value, value, "so it is said")
        derived = replace(softmax_example.derived, steps={"x": (step,)})
        assert check_steps(derived).verdict == "passed"
        assert check_claims(derived).verdict == verdict


def test_a_kink_is_not_judged_by_differences(examples: Any) -> None:
    example = examples["row_max"]()
    assert not is_analytic(example.derived.written)
    assert check_gradient(example.derived, example.kernel).verdict == "passed"
    assert check_complex_step(example.derived, example.kernel).verdict == "skipped"
    assert check_independent(example.derived).verdict == "skipped"


def test_points_are_the_same_for_the_same_seed_and_lie_in_their_domains() -> None:
    b, n = Dim("b"), Dim("n")
    arguments = tuple(
        Argument(Tensor(name, (b, n), domain), ((b,), (n,)))
        for name, domain in (
            ("x", REAL),
            ("p", POSITIVE),
            ("t", simplex("")),
            ("k", integers("", below="n")),
        )
    )
    output = Output(arguments[0].tensor, ((b,), (n,)))
    program = Program("many", arguments, (), (), (output,))
    first, second = list(points(program, 7)), list(points(program, 7))
    for one, two in zip(first, second, strict=True):
        assert all(np.array_equal(one.tensors[k], two.tensors[k]) for k in one.tensors)
        assert np.all(one.tensors["p"] > 0)
        assert np.all(one.tensors["t"].sum(axis=-1) == 1)
        assert one.tensors["t"].astype(np.float32).sum(axis=-1).tolist() == [1.0] * len(
            one.tensors["t"]
        )
        assert one.tensors["k"].max() < one.sizes.lengths["n"]


def test_labels_below_a_dim_of_no_argument_are_drawn_below_a_few() -> None:
    def counted(v, t):  # type: ignore[no-untyped-def]
        return (np.arange(4) == t[:, None]).T @ v

    derivation = sd.derive(counted, v="b", t=sd.integers("b", below="classes"))
    assert derivation.verify().ok


def off_softmax(x: Any) -> Any:
    p = np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)
    return np.log(1 - p)


def test_a_length_at_which_there_is_no_derivative_is_left_out() -> None:
    program = sd.derive(off_softmax, x="b n").derived.written
    lengths = [p.sizes.lengths["n"] for p in points(program, 0)]
    assert lengths and 1 not in lengths  # there 1 - p is 0, whatever float64 makes of it
    assert 1 in [p.sizes.lengths["n"] for p in points(sd.derive("layer_norm").program, 0)]
