"""Closed forms are found, for operators that only this file knows; and what is wrong is caught."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.calculus import derive
from symderive.calculus import derive as calculus_derive
from symderive.calculus.check import Point
from symderive.calculus.derive import holds
from symderive.calculus.search import Move, Search, State
from symderive.calculus.squares import with_squares
from symderive.calculus.steps import step
from symderive.errors import DerivationError
from symderive.frontends import trace
from symderive.index.dims import Index
from symderive.index.nodes import ZERO, Tensor, call, num, size, sum_
from symderive.index.text import text
from symderive.pipeline import derive as derive_all
from tests.calculus.programs import B, J, N, Written, softmax, standardised
from tests.operators.unseen import UNSEEN

pytestmark = pytest.mark.thinned(2)


def gradients(program) -> dict[str, str]:
    """Each assignment of the backward, as text."""
    derived = derive(program)
    return {a.tensor.name: text(a.value) for a in derived.backward.assignments}


def test_softmax() -> None:
    assert gradients(softmax()) == {"dx": "y_i (dy_i - Σ_j y_j dy_j)"}


def test_an_operator_that_only_this_test_knows() -> None:
    """y_i = 2^x_i / Σ_j 2^x_j · (1 - x_i): nothing in the package can hold its closed form."""

    def odd(x):
        t = np.exp(np.log(2.0) * x)
        p = t / np.sum(t, axis=-1, keepdims=True)
        return p * (1 - x)

    derived = derive(trace(odd, {"x": "n"}))
    assert len(derived.backward.assignments[-1].value.tensors) <= 5
    check_gradient(derived)


def check_gradient(derived, seed: int = 0) -> None:
    """The backward against central differences of the forward, by the reference evaluator."""
    program = derived.forward
    point = Point(program, [derived.cotangent], seed)
    for assignment in derived.backward.assignments:
        point.add(assignment)
    arrays = dict(point.evaluator.arrays)
    inputs = [a.tensor.name for a in program.arguments if a.differentiable]
    for name, output in zip(inputs, derived.backward.outputs, strict=True):
        want = differences(program, arrays, name, arrays[derived.cotangent.name], point)
        np.testing.assert_allclose(arrays[output.tensor.name], want, rtol=1e-6, atol=1e-7)


def differences(program, arrays, name, cotangent, point):
    """Central differences of Σ cotangent · output by one input."""

    def loss(x):
        evaluator = type(point.evaluator)({**arrays, name: x}, point.evaluator.lengths)
        for assignment in program.assignments:
            if not assignment.constant:
                evaluator.assign(assignment.tensor, assignment.indices, assignment.value)
        return float(np.sum(evaluator.arrays[program.output.tensor.name] * cotangent))

    x = np.array(arrays[name], dtype=float)
    out = np.zeros_like(x)
    step_size = 6e-6
    for at in np.ndindex(*x.shape):
        up, down = x.copy(), x.copy()
        up[at] += step_size
        down[at] -= step_size
        out[at] = (loss(up) - loss(down)) / (2 * step_size)
    return out


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("make", [softmax, standardised])
def test_gradient_by_differences(make, seed: int) -> None:
    check_gradient(derive(make()), seed)


def test_cross_entropy_against_a_distribution_is_p_minus_t() -> None:
    def loss(x, t):
        p = np.exp(x) / np.sum(np.exp(x))
        return -np.sum(t * np.log(p))

    derived = derive(trace(loss, {"x": "n", "t": sd.simplex("n")}))
    dx = derived.backward.assignments[0]
    assert text(dx.value) == "dy (p_i - t_i)"


def test_without_a_simplex_the_sum_of_t_stays() -> None:
    def loss(x, t):
        p = np.exp(x) / np.sum(np.exp(x))
        return -np.sum(t * np.log(p))

    derived = derive(trace(loss, {"x": "n", "t": "n"}))
    assert text(derived.backward.assignments[0].value) == "dy (p_i Σ_j t_j - t_i)"


def test_flash_attention_finds_its_own_d() -> None:
    def attention(q, k, v):
        s = q @ k.T
        p = np.exp(s) / np.sum(np.exp(s), axis=-1, keepdims=True)
        return p @ v

    derived = derive(trace(attention, {"q": "m d", "k": "n d", "v": "n e"}))
    forms = {a.tensor.name: text(a.value) for a in derived.backward.assignments}
    assert forms["ds"] == "p_mi (dp_mi - Σ_e y_me dy_me)"
    square = [a for a in derived.backward.assignments if len(a.tensor.dims) == 2]
    assert {a.tensor.name for a in square} == {"dp", "ds", "dq", "dk", "dv"}


def test_an_input_without_a_path_has_a_gradient_of_zero() -> None:
    w = Written("first")
    x, z = w.argument("x", N), w.argument("z", B, N)
    w.let("y", (N,), lambda i: call("exp", x[i]))
    derived = derive(w.program())
    assert derived.backward.assignments[1].value is ZERO
    assert derived.steps[z.name][0].rule == "no path"


def test_no_search_on_the_catalogue_ever_reached_an_unsound_form(monkeypatch) -> None:
    """A form that fails its check at a random point is not accepted; none should ever get so
    far.
    """
    rejected: list[Move] = []
    accept = Search._accept

    def watched(self, expr, explore):
        found = accept(self, expr, explore)
        rejected.extend(self.rejected)
        return found

    monkeypatch.setattr(Search, "_accept", watched)
    for name in ("softmax", "layer_norm_affine", "kl_div", "attention", "cosine_similarity"):
        derive_all(name)
    for name in ("kurtosis", "harmonic_mean", "capsule_squash", "symmetric_orthogonality"):
        derive_all(UNSEEN[name].forward, **UNSEEN[name].domains)
    assert rejected == []


def test_a_wrong_form_planted_in_the_search_is_not_accepted(monkeypatch) -> None:
    """The cheapest form of all is 0; planted, it must be caught by the check at a random point."""
    state = Search._state

    def planted(self, form, path):
        good = state(self, form, path)
        searched = path and path[-1].rule != "normalise"
        return State(ZERO, ZERO, (0, 0, 0), good.path) if searched else good

    monkeypatch.setattr(Search, "_state", planted)
    derived = calculus_derive(softmax())
    assert derived.backward.assignments[0].value is not ZERO
    check_gradient(derived)


def test_a_wrong_step_is_refused() -> None:
    program = softmax()
    point = Point(program)
    y = program.output.tensor
    i = Index(N)
    right = sum_([J], y[J])
    assert step("fold", "s", right, num(1), point).after is num(1)
    with pytest.raises(DerivationError, match="does not hold"):
        step("fold", "s", right, y[i] * size(N), point)


@pytest.mark.parametrize("name", ["x", "t"])
def test_second_order_cross_entropy_is_diag_p_minus_p_p(name: str) -> None:
    """The Hessian-vector product of cross entropy is p v - p Σ p v: two terms, one reduction."""
    found = derive_all("cross_entropy_soft")
    second = derive_all(found.backward["x"])
    if name == "x":
        check_gradient(second.derived)
        assert second.cost.reductions <= 3


def test_growth_is_bounded() -> None:
    """A deep chain of elementwise functions and normalisations derives without blowing up."""

    def chain(x):
        for _ in range(6):
            x = np.tanh(x) * x - np.mean(x, axis=-1, keepdims=True)
        return x

    derived = derive(trace(chain, {"x": "b n"}))
    assert sum(len(a.value.args) for a in derived.backward.assignments) < 200
    check_gradient(derived)


def test_a_wrong_gradient_is_refused_by_the_slope_of_the_forward(monkeypatch) -> None:
    """Whatever goes wrong in the calculus, central differences of the program itself notice."""
    from symderive.calculus import derive as package

    module = sys.modules[package.__module__]
    right = module._gradients

    def doubled(found):
        return [replace(g, value=2 * g.value) for g in right(found)]

    monkeypatch.setattr(module, "_gradients", doubled)
    with pytest.raises(DerivationError, match="slope"):
        calculus_derive(softmax())


def test_at_a_tie_any_slope_between_the_sides_will_do() -> None:
    """max(x, x) is x; |x - x| has a kink at every point, and the gradient 0."""
    derived = derive(trace(lambda x: np.maximum(x, x) + np.abs(x - x), {"x": "n"}))
    check_gradient(derived)


def test_a_named_tensor_may_use_any_serial_of_its_dims() -> None:
    """A broadcast can leave the second index of a dim on an assignment: it must not be captured."""

    def forward(x):
        joined = np.concatenate([x, x], axis=0)
        wide = np.logaddexp(joined, np.var(x[..., None], axis=1, keepdims=True))
        return x + np.sum(wide)

    check_gradient(derive(trace(forward, {"x": "n"})))


def test_a_sum_over_a_slice_is_not_the_sum_over_the_axis() -> None:
    """s = Σ_p h_p over a slice must not be recognised in Σ_m h_m over the whole axis."""

    def forward(x):
        top = np.max(x, axis=-1)
        centred = top - top.mean(axis=0, keepdims=True)
        h = centred / np.sqrt(top.var(axis=0, keepdims=True) + 0.1)
        return np.min(h) + np.sum(h[:2])

    check_gradient(derive(trace(forward, {"x": sd.positive("m n")})))


def cold_doubt(x: Any, t: Any) -> Any:
    p = np.exp(x / 0.1) / np.exp(x / 0.1).sum(-1, keepdims=True)
    return np.mean(np.sqrt(1 - p[np.arange(len(t)), t]))


def test_a_forward_that_float64_does_not_resolve_is_checked_nearer_to_0() -> None:
    derived = sd.derive(cold_doubt, x="b n", t=sd.integers("b", below="n")).derived
    assert holds(derived)
    (gradient,) = derived.backward.outputs
    turned = [
        replace(a, value=a.value * 1.001) if a.tensor == gradient.tensor else a
        for a in derived.backward.assignments
    ]
    wrong = replace(derived, backward=replace(derived.backward, assignments=tuple(turned)))
    assert not holds(wrong)


FAR = {  # the small term that the gradient is must not be read as a difference of large ones
    "beside an input": (lambda x, z: z + np.exp(x), lambda x, z: np.exp(x)),
    "beside a number": (lambda x, z: 7 + np.exp(x) + 0 * z, lambda x, z: np.exp(x)),
    "under a root": (
        lambda x, z: np.sqrt(1 + np.exp(x)) + 0 * z,
        lambda x, z: np.exp(x) / np.sqrt(1 + np.exp(x)) / 2,
    ),
    "in a bell": (
        lambda x, z: 3 * np.exp(-x * x / 9) + 2 + 0 * z,
        lambda x, z: -2 * x / 3 * np.exp(-x * x / 9),
    ),
}


@pytest.mark.parametrize("name", FAR)
def test_no_equation_is_solved_for_a_small_term_by_taking_large_ones_away(name: str) -> None:
    forward, slope = FAR[name]
    kernel = sd.derive(forward, x="n", z="n").build()
    x, z = np.array([-30.0, -9.0, -1.5]), np.array([1e9, 1e3, 1e5])
    _, residuals = kernel.fwd(x, z)
    np.testing.assert_allclose(kernel.bwd(residuals, np.ones(3))[0], slope(x, z), rtol=1e-12)


def test_a_number_is_taken_away_where_that_saves_operations() -> None:
    """As written, without the stable spelling of a sigmoid: o (1 - o), but 2 e o² for 2 + e."""
    for number, wanted in ((1, True), (2, False)):
        program = sd.parse(f"1 / ({number} + exp(-x))", x="n")
        (gradient,) = derive(program).backward.assignments
        assert ({t.name for t in gradient.value.tensors} == {"y", "dy"}) is wanted


def test_a_gate_beside_its_input_keeps_its_product() -> None:
    def gated(x: Any, w: Any, v: Any) -> Any:
        z = x @ w
        g = 1 / (1 + np.exp(-(x @ v)))
        return x + g * np.tanh(z)

    derived = sd.derive(gated, x="b n", w="n n", v="n n").derived
    named = [a for a in derived.backward.assignments if a.tensor.name in ("da", "dz")]
    assert len(named) == 2
    for cotangent in named:  # g t, and not y - x
        assert not {"x", "y"} & {t.name for t in cotangent.value.tensors}


def test_a_square_is_not_left_expanded() -> None:
    """Σ √v (log v + (m - y)² / v): the gradient of v is found expanded, where m² - 2 m y + y² has
    no digit left for m near y."""

    def beta_nll(m: Any, v: Any, y: Any) -> Any:
        return np.mean(v**0.5 * (np.log(v) + (y - m) ** 2 / v))

    kernel = sd.derive(beta_nll, m="n", v=sd.positive("n"), y="n").build()
    m = np.array([1e9, 2e9, -3e9])
    v, y = np.array([1.0, 4.0, 0.25]), m + np.array([1.0, -2.0, 0.5])
    _, residuals = kernel.fwd(m, v, y)
    found = kernel.bwd(residuals, np.float64(3))[1]
    exact = (np.log(v) / 2 + 1 - (y - m) ** 2 / (2 * v)) / np.sqrt(v)
    np.testing.assert_allclose(found, exact, rtol=1e-12)


@pytest.mark.parametrize("scale", [num(1), num(-3), num(2) / num(7)])
def test_squares_among_other_terms(scale: Any) -> None:
    a, b, c = (Tensor(name, (J.dim,))[J] for name in "abc")
    terms = [scale * a**2 * c, scale * 4 * b**4 * c, scale * -4 * a * b**2 * c]
    (whole,) = with_squares(terms)
    assert whole in (scale * c * (a - 2 * b**2) ** 2, scale * c * (2 * b**2 - a) ** 2)
    assert with_squares([*terms, c])[0] is c
    other = [*terms[:2], terms[2] * 2]
    assert with_squares(other) == other


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


GATES = {  # what is positive on paper is 0 far out: no form may divide by it
    "gate of a tanh": lambda o, c: sigmoid(o) * np.tanh(c),
    "gate within and without": lambda o, c: sigmoid(o) * np.tanh(c * sigmoid(o)),
    "two gates": lambda o, c: sigmoid(o) * np.tanh(sigmoid(c) * c + sigmoid(-o)),
    "bell": lambda o, c: np.exp(-o * o) * np.sin(c * np.exp(-o * o)),
    "softmax of a gate": lambda o, c: np.exp(c * sigmoid(o)) / np.exp(c * sigmoid(o)).sum(),
}


@pytest.mark.parametrize("name", GATES)
def test_no_form_divides_by_what_underflows(name: str) -> None:
    kernel = sd.derive(GATES[name], o="n", c="n").build()
    o, c = np.array([-900.0, 900.0, 40.0, 1.0]), np.array([1.0, -2.0, 3.0, 0.5])
    y, residuals = kernel.fwd(o, c)
    for gradient in kernel.bwd(residuals, np.ones_like(y)):
        assert np.isfinite(gradient).all()


@pytest.mark.parametrize("name", ["layer_norm_affine", "softmax", "l2_normalize", "snake"])
def test_no_step_of_a_gradient_uses_the_gradient(name: str) -> None:
    for source, steps in derive_all(name).derived.steps.items():
        for one in steps:
            assert f"d{source}" not in {t.name for t in one.after.tensors}


@pytest.mark.parametrize(
    ("forward", "said"),
    [
        (lambda x, t: np.mean((x - t) ** 2), "dt_bi = -dx_bi"),
        (lambda x, t: np.abs(x - t).sum(1), "dt_bi = -dx_bi"),
        (lambda x, t: np.tanh(x + t).mean(), "dt_bi = dx_bi"),
    ],
)
def test_a_gradient_is_stated_as_that_of_another_input(forward, said):
    d = sd.derive(forward, x="b n", t="b n")
    assert said in [str(a) for a in d.derived.backward.assignments]
    assert d.verify(quick=True).ok
    x, t = np.random.default_rng(0).standard_normal((2, 3, 4))
    for target in ("numpy", "c"):
        module = d.build(target)
        y, residuals = module.fwd(x, t)
        dx, dt = module.bwd(residuals, np.ones_like(y))
        np.testing.assert_array_equal(dt, dx if "-" not in said.split("=")[1] else -dx)
        assert not np.shares_memory(dx, dt)


def test_gradients_that_differ_stay_apart():
    d = sd.derive(lambda x, t: np.sum((x - t) ** 2 * t), x="b n", t="b n")
    assert "dx" not in {t.name for t in d.derived.backward.assignments[-1].value.tensors}
