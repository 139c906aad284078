"""The shift by a maximum: where it must be found, what it computes at extremes, and where it
must not be made."""

from __future__ import annotations

import numpy as np
import pytest

from symderive.frontends import trace
from symderive.index.dims import Dim, Index
from symderive.index.nodes import Tensor, bracket, call, num, reduce_
from symderive.stability import examples, stabilise
from symderive.stability.chain import run
from symderive.stability.examples import I, J, X, chain, element

N, B = Dim("n"), Dim("b")
R = Index(B, 0)
XB = Tensor("x", (B, N))
EXTREMES = ([1000.0, -1000.0, 0.0], [1e4, 1e4 - 1, 1e4], [-500.0, -501.0, -2000.0], [0.0, 1.0, 2.0])


def total(name: str):
    return reduce_("sum", (J,), element(name, J))


def value(program, x, **more):
    (result,) = run(program, {"x": np.array(x), **more}, {"n": len(x)})
    return result


def shifts(program):
    return [a for a in stabilise(program).program.assignments if a.constant]


def logsumexp():
    return chain("f", (X,), ("e", (I,), call("exp", X[I])), ("L", (), call("log", total("e"))))


@pytest.mark.parametrize("x", EXTREMES)
def test_softmax_and_its_logs_at_extremes(x):
    from scipy.special import log_softmax, softmax
    from scipy.special import logsumexp as reference

    for program, expected in (
        (examples.softmax(), softmax(x)),
        (examples.shifted_softmax(), softmax(x)),
        (examples.log_of_softmax(), log_softmax(x)),
        (logsumexp(), reference(x)),
    ):
        np.testing.assert_allclose(value(stabilise(program).program, x), expected, rtol=1e-13)


def test_the_naive_forms_do_fail_there():
    assert not np.isfinite(value(examples.softmax(), EXTREMES[0])).all()
    assert not np.isfinite(value(examples.log_of_softmax(), EXTREMES[2])).all()


def test_rows_of_infinities():
    softmax = stabilise(examples.softmax()).program
    np.testing.assert_array_equal(value(softmax, [-np.inf, 0.0, 0.0]), [0, 0.5, 0.5])
    assert np.isnan(value(softmax, [-np.inf, -np.inf])).all()
    np.testing.assert_array_equal(value(softmax, [np.inf, 0.0]), [np.nan, 0])
    assert value(stabilise(logsumexp()).program, [-np.inf, -np.inf]) == -np.inf
    assert value(stabilise(logsumexp()).program, [np.inf, 0.0]) == np.inf


def test_shift_keeps_the_names_and_is_constant():
    program = stabilise(examples.softmax()).program
    assert [a.tensor.name for a in program.assignments] == ["m", "e", "s", "o"]
    assert [a.constant for a in program.assignments] == [True, False, False, False]


def test_the_authors_own_shift_becomes_constant_inline_too():
    inline = chain(
        "f",
        (X,),
        ("e", (I,), call("exp", X[I] - reduce_("max", (J,), X[J]))),
        ("o", (I,), element("e", I) / total("e")),
    )
    assert [a.tensor.name for a in shifts(inline)] == ["m"]
    assert [a.tensor.name for a in shifts(examples.shifted_softmax())] == ["m"]


def test_the_authors_shift_through_a_name_for_the_difference():
    program = chain(
        "f",
        (X,),
        ("z", (I,), X[I] - reduce_("max", (J,), X[J])),
        ("s", (), reduce_("sum", (J,), call("exp", element("z", J)))),
        ("y", (I,), element("z", I) - call("log", element("s"))),
    )
    named = chain(
        "f",
        (X,),
        ("m", (), reduce_("max", (J,), X[J])),
        *((a.tensor.name, a.indices, a.value) for a in program.assignments),
    )
    for given in (program, named):
        assert len(stabilise(given).program.assignments) >= 3
    z = chain(
        "f",
        (X,),
        ("m", (), reduce_("max", (J,), X[J])),
        ("z", (I,), X[I] - element("m")),
        ("s", (), reduce_("sum", (J,), call("exp", element("z", J)))),
        ("y", (I,), element("z", I) - call("log", element("s"))),
    )
    assert [a.tensor.name for a in shifts(z)] == ["m"]


def e(*lines):
    return chain("f", (X,), ("e", (I,), call("exp", X[I])), *lines)


LEGAL = {
    "one more term below": e(("o", (I,), element("e", I) / (total("e") + num(1)))),
    "log1p of a sum": e(("o", (), call("log1p", total("e")))),
    "three exponentials": chain(
        "f",
        (X,),
        (
            "o",
            (I,),
            call("exp", X[I])
            / (call("exp", X[I]) + call("exp", X[I] ** 2) + call("exp", -2 * X[I])),
        ),
    ),
    "a positive and its negatives": chain(
        "f",
        (X, Tensor("p")),
        ("e", (I,), call("exp", X[I])),
        ("a", (), call("exp", Tensor("p")[()])),
        ("o", (), call("log", element("a") / (element("a") + total("e")))),
    ),
    "weighted": e(("o", (), reduce_("sum", (J,), element("e", J) * X[J]) / total("e"))),
    "root of a sum": e(
        ("o", (I,), (element("e", I) / total("e")) ** 2 + num(1) / total("e") * element("e", I))
    ),
    "inside a function": e(("o", (I,), call("tanh", element("e", I) / total("e") * X[I]))),
    "a power mean": e(("o", (), call("log", (total("e") / 3) ** 2))),
    "largest probability": e(("o", (), reduce_("max", (J,), element("e", J)) / total("e"))),
    "compared": e(("o", (I,), bracket("gt", element("e", I), total("e") / 3) * X[I])),
    "inline": chain(
        "f", (X,), ("o", (I,), call("exp", X[I] * 2) / reduce_("sum", (J,), call("exp", X[J] * 2)))
    ),
    "two softmaxes": e(
        ("s", (), total("e")),
        ("p", (I,), element("e", I) / element("s")),
        ("h", (I,), call("exp", element("p", I) * X[I])),
        ("o", (I,), element("h", I) / reduce_("sum", (J,), element("h", J))),
    ),
}


@pytest.mark.parametrize("name", LEGAL)
def test_found_inside_larger_operators(name):
    made = shifts(LEGAL[name])
    assert len(made) == (2 if name == "two softmaxes" else 1)
    result = value(stabilise(LEGAL[name]).program, [1000.0, -1000.0, 990.0], p=np.array(-2000.0))
    assert np.isfinite(result).all()


ILLEGAL = {
    "the exponential is an output": e(("o", (I,), element("e", I) * 2)),
    "the sum is an output": e(("s", (), total("e"))),
    "used as it is beside the ratio": e(
        ("o", (I,), element("e", I) / total("e") + element("e", I))
    ),
    "degree two below": e(("o", (I,), element("e", I) / total("e") ** 2)),
    "in a function that is not homogeneous": e(
        ("o", (I,), call("tanh", element("e", I)) / total("e"))
    ),
    "no sum": e(("o", (I,), element("e", I) / element("e", I) ** 2)),
    "a maximum of two scales": e(
        ("o", (I,), call("maximum", element("e", I), num(1)) / total("e"))
    ),
    "the log of one term": e(("o", (I,), call("sin", element("e", I)) - call("log", total("e")))),
}


@pytest.mark.parametrize("name", ILLEGAL)
def test_not_made_where_the_factor_does_not_cancel(name):
    assert shifts(ILLEGAL[name]) == []


def test_not_made_where_the_largest_need_not_be_in_each_sum():
    """Σ over rows and Σ over columns of one array: a single shift could make a whole row vanish."""
    k = Index(B, 1)
    program = chain(
        "f",
        (XB,),
        ("e", (R, I), call("exp", XB[R, I])),
        ("r", (R,), reduce_("sum", (J,), element("e", R, J))),
        ("c", (I,), reduce_("sum", (k,), element("e", k, I))),
        ("o", (R, I), element("e", R, I) ** 2 / element("r", R) / element("c", I)),
    )
    assert shifts(program) == []


def test_the_maximum_keeps_the_rows():
    program = chain(
        "f",
        (XB,),
        ("e", (R, I), call("exp", XB[R, I])),
        ("s", (R,), reduce_("sum", (J,), element("e", R, J))),
        ("o", (R, I), element("e", R, I) / element("s", R)),
    )
    (m,) = shifts(program)
    assert m.tensor.dims == (B,)


def test_a_maximum_that_matters_stays_a_maximum():
    """With an ε below, the ratio does depend on the shift: a gradient flows through it."""
    program = chain(
        "f",
        (X,),
        ("m", (), reduce_("max", (J,), X[J])),
        ("e", (I,), call("exp", X[I] - element("m"))),
        ("o", (I,), element("e", I) / (total("e") + num(1))),
    )
    assert shifts(program) == []
    used = chain(
        "f",
        (X,),
        ("m", (), reduce_("max", (J,), X[J])),
        ("e", (I,), call("exp", X[I] - element("m"))),
        ("o", (I,), element("e", I) / total("e") + element("m")),
    )
    assert shifts(used) == []


@pytest.mark.parametrize("named", [True, False])
def test_the_authors_shift_of_logsumexp_is_constant(named):
    L = ("L", (), call("log", total("e")))
    last = element("L") if named else call("log", total("e"))
    program = chain(
        "f",
        (X,),
        ("m", (), reduce_("max", (J,), X[J])),
        ("e", (I,), call("exp", X[I] - element("m"))),
        *([L] if named else []),
        ("y", (), element("m") + last),
    )
    assert [a.tensor.name for a in shifts(program)] == ["m"]


def test_a_quotient_with_a_coefficient_is_a_moved_sigmoid():
    written = trace(lambda x: (1 + np.exp(x)) / (1 + 3 * np.exp(x)), {"x": "n"})
    (found,) = run(stabilise(written).program, {"x": [-1000.0, 0.0, 1000.0]}, {"n": 3})
    np.testing.assert_allclose(found, [1, 0.5, 1 / 3])
