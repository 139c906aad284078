"""Normal forms: equal expressions have one, and it keeps the value of the expression."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symderive.calculus.cost import Weights
from symderive.calculus.normal import TooLarge, normal
from symderive.calculus.present import present
from symderive.calculus.squares import with_squares
from symderive.index.dims import Dim, Index
from symderive.index.evaluate import Evaluator
from symderive.index.nodes import (
    Expr,
    Tensor,
    add,
    bracket,
    call,
    delta,
    mul,
    num,
    power,
    size,
    sqrt,
    sum_,
)
from symderive.index.walk import substitute

N, M = Dim("n"), Dim("m")
H, J, K, L = (Index(N, s) for s in range(4))
P, Q = Index(M), Index(M, 1)
X, Y, S = Tensor("x", (N,)), Tensor("y", (N,)), Tensor("s")
A = Tensor("A", (N, M))

LEAVES = [X[H], Y[H], X[J], S[()], A[H, P], A[J, P], num(2), size(N), delta(H, J)]
CHOICES = [delta(0, H), delta(1, H), bracket("gt", X[H], Y[H]), bracket("ge", Y[H], X[H])]


def expressions(leaves: list[Expr] = LEAVES) -> st.SearchStrategy[Expr]:
    """Random expressions over two indices of n and one of m, with sums inside sums."""

    def grow(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
        two = st.tuples(inner, inner)
        return st.one_of(
            two.map(lambda p: add(*p)),
            two.map(lambda p: mul(*p)),
            st.tuples(inner, st.sampled_from([[H], [J], [P], [H, J]])).map(
                lambda p: sum_([b for b in p[1] if b in p[0].free], p[0])
            ),
            inner.map(lambda e: power(e, num(2))),
            inner.map(lambda e: call("tanh", e)),
            inner.map(lambda e: -e),
            inner.map(lambda e: power(num(3) + e * e, num(-1))),
            inner.map(lambda e: sqrt(num(1) + e * e)),
        )

    return st.recursive(st.sampled_from(leaves), grow, max_leaves=9)


def value(expr: Expr) -> np.ndarray:
    """The value over (i, j, p) at one fixed random point."""
    rng = np.random.default_rng(7)
    arrays = {
        "x": rng.normal(size=3),
        "y": rng.normal(size=3),
        "s": 0.7,
        "A": rng.normal(size=(3, 2)),
    }
    return Evaluator(arrays, {"n": 3, "m": 2})(expr, (H, J, P))


@settings(max_examples=250, deadline=None, derandomize=True)
@given(expressions())
def test_normal_form_keeps_the_value(expr: Expr) -> None:
    try:
        found = normal(expr)
    except TooLarge:
        return
    np.testing.assert_allclose(value(found), value(expr), rtol=1e-8, atol=1e-8)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(expressions([c * leaf for c in CHOICES for leaf in (X[H], Y[H])]))
def test_choices_keep_the_value_in_normal_form_and_as_written(expr: Expr) -> None:
    """Each choice is its own square, and nothing can be divided by one."""
    try:
        found = normal(expr)
    except TooLarge:
        return
    np.testing.assert_allclose(value(found), value(expr), rtol=1e-8, atol=1e-8)
    written = present(found, Weights({}))
    np.testing.assert_allclose(value(written), value(expr), rtol=1e-8, atol=1e-8)


def test_a_square_of_parts_that_are_chosen_apart() -> None:
    """δ(0, h) x² + δ(1, h) y² + 2 δ(0, h) δ(1, h) x y is no δ(0, h) (x + δ(1, h) y)²."""
    first, second = delta(0, H) * X[H], delta(1, H) * Y[H]
    terms = [first**2, second**2, 2 * first * second]
    assert with_squares(terms) == terms
    assert normal(first * second) is num(0)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(expressions())
def test_normalising_again_changes_nothing(expr: Expr) -> None:
    try:
        found = normal(expr)
    except TooLarge:
        return
    assert normal(found) is found


EQUAL = {
    "bound names": (sum_([H], X[H] * Y[H]), sum_([J], X[J] * Y[J])),
    "sums exchanged": (
        sum_([H], X[H] * sum_([P], A[H, P])),
        sum_([P], sum_([H], X[H] * A[H, P])),
    ),
    "product of sums": (
        sum_([H], X[H]) * sum_([J], Y[J]),
        sum_([H, J], X[H] * Y[J]),
    ),
    "sifting": (sum_([H], delta(H, K) * X[H]), X[K]),
    "sifting in a function": (sum_([H], delta(H, K) * call("exp", X[H])), call("exp", X[K])),
    "double sifting": (sum_([H, J], delta(H, K) * delta(J, K) * X[H] * Y[J]), X[K] * Y[K]),
    "trace of δ": (sum_([H], delta(H, H)), size(N)),
    "δ renames": (delta(H, K) * X[K], delta(H, K) * X[H]),
    "constant sum": (sum_([H], S[()]), S[()] * size(N)),
    "square": ((X[H] + Y[H]) ** 2, X[H] ** 2 + 2 * X[H] * Y[H] + Y[H] ** 2),
    "symmetric matrices": (
        sum_([H, J], delta(H, J) * X[H] * Y[J]),
        sum_([H], X[H] * Y[H]),
    ),
    "exp of a sum": (call("exp", X[H] + S[()]), call("exp", X[H]) * call("exp", S[()])),
    "odd": (call("tanh", -X[H]), -call("tanh", X[H])),
    "sigmoid": (call("sigmoid", -X[H]), 1 - call("sigmoid", X[H])),
    "brackets are idempotent": (bracket("gt", X[H], 0) ** 2, bracket("gt", X[H], 0)),
    "range": (bracket("ge", H, 0), num(1)),
    "out of range": (bracket("gt", H, size(N)), num(0)),
}


@pytest.mark.parametrize("name", EQUAL)
def test_equal_expressions_have_one_normal_form(name: str) -> None:
    left, right = EQUAL[name]
    assert normal(left) is normal(right)


DIFFERENT = {
    "δ is not σ": (sum_([H], delta(H, K) * X[H]), sum_([H], X[H])),
    "free against bound": (X[H] * sum_([J], Y[J]), sum_([J], X[J] * Y[J])),
    "square of a sum": (sum_([H], X[H]) ** 2, sum_([H], X[H] ** 2)),
    "index of an argument": (call("exp", X[H]), call("exp", X[J])),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_different_expressions_differ(name: str) -> None:
    left, right = DIFFERENT[name]
    assert normal(left) is not normal(right)


def test_a_shifted_delta_is_guarded_where_it_may_leave_the_axis() -> None:
    shifted = Index(Dim("n - 1", extent=(("n", 1), ("", -1))))
    g = Tensor("g", (shifted.dim,))
    found = normal(sum_([shifted], g[shifted] * delta(add(idx_of(shifted), num(1)), H)))
    arrays = {"g": np.array([5.0, 7.0])}
    got = Evaluator(arrays, {"n": 3})(found, (H,))
    np.testing.assert_array_equal(got, [0.0, 5.0, 7.0])


def idx_of(index: Index) -> Expr:
    """The index as a number."""
    from symderive.index.nodes import idx

    return idx(index)


def test_an_expansion_past_the_bound_is_refused() -> None:
    wide = add(*(X[H] ** k for k in range(1, 20)))
    with pytest.raises(TooLarge):
        normal(mul(wide, wide + Y[H], wide + S[()]))


@pytest.mark.parametrize("function", ["sigmoid", "tanh", "abs", "cos"])
def test_a_sign_is_taken_out_whatever_the_indices_are_called(function: str) -> None:
    for names in (("x", "y"), ("u", "v"), ("a", "c"), ("l", "s")):
        one, two = (Tensor(name, (N,)) for name in names)
        for index in (J, K, L):
            there, here = ({H: index}, {index: H})
            difference = normal(call(function, one[index] - two[index] + S[()]))
            assert substitute(normal(call(function, one[H] - two[H] + S[()])), there) is difference
            assert normal(substitute(difference, here)) is substitute(difference, here)
