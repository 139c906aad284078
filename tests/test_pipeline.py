"""The public surface: what a derivation offers, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import pytest

import symderive as sd
from symderive import derivation
from symderive.index.evaluate import Evaluator


def swish(x, beta):
    """x σ(βx), for tests that want a forward of their own."""
    return x / (1 + np.exp(-beta * x))


def test_the_surface_of_a_derivation() -> None:
    d = sd.derive(swish, x="b n", beta="n")
    assert d.name == "swish"
    assert set(d.vjp) == set(d.jacobian) == set(d.jvp) == {"x", "beta"}
    assert repr(d.jacobian) == "{'x': ..., 'beta': ...}"
    assert d.steps["x"] and d.steps["beta"]
    assert "def swish_bwd" in d.source()
    assert d.cost.residuals >= 1
    k = d.build()
    x, beta = np.linspace(-2, 2, 6).reshape(2, 3), np.array([0.5, 1.0, 2.0])
    y, residuals = k.fwd(x, beta)
    np.testing.assert_allclose(y, swish(x, beta))
    dx, dbeta = k.bwd(residuals, np.ones_like(y))
    assert dx.shape == x.shape
    assert dbeta.shape == beta.shape


def test_an_expression_needs_no_function() -> None:
    d = sd.derive(sd.parse("exp(x) / sum(exp(x), axis=-1, keepdims=True)", x="b n"))
    x = np.array([[0.0, 1.0, 2.0]])
    np.testing.assert_allclose(d.build()(x).sum(), 1.0)


def test_the_jacobian_of_softmax_is_sympy_with_deltas() -> None:
    import sympy

    jacobian = sd.derive("softmax").jacobian["x"]
    assert isinstance(jacobian, sympy.Expr)
    assert jacobian.has(sympy.KroneckerDelta)
    assert not sd.derive("softmax").vjp["x"].has(sympy.KroneckerDelta)


@pytest.mark.parametrize("name", ["softmax", "layer_norm", "softmax_temperature", "attention"])
def test_forward_mode_agrees_with_differences(name: str) -> None:
    from symderive.calculus import jvp_of
    from symderive.calculus.check import Point

    d = sd.derive(name)
    for source in d.jvp:
        found = jvp_of(d.derived, source)
        point = Point(d.derived.forward)
        arrays = point.evaluator.arrays
        tangent = next(t for t in found.value.tensors if t.name.endswith("_dot"))
        rng = np.random.default_rng(1)
        shape = np.shape(arrays[source])
        direction = rng.normal(size=shape)
        values = Evaluator({**arrays, tangent.name: direction}, point.evaluator.lengths)
        got = values(found.value, found.indices)
        want = _slope(d.derived.forward, arrays, point.evaluator.lengths, source, direction)
        np.testing.assert_allclose(got, want, rtol=2e-6, atol=1e-7)


def _slope(program, arrays, lengths, source, direction):
    """Central difference of the output along a direction of one input."""

    def output(step):
        evaluator = Evaluator({**arrays, source: arrays[source] + step * direction}, lengths)
        for assignment in program.assignments:
            if not assignment.constant:
                evaluator.assign(assignment.tensor, assignment.indices, assignment.value)
        return evaluator.arrays[program.output.tensor.name]

    return (output(1e-5) - output(-1e-5)) / 2e-5


def test_a_backward_is_an_operator_again() -> None:
    d = sd.derive("sigmoid")
    again = sd.derive(d.backward)
    assert set(again.vjp) == {"x", "dy"}
    x, dy, v = np.array([0.3, -1.0]), np.array([1.0, 2.0]), np.array([0.5, 0.25])
    k = again.build()
    _, residuals = k.fwd(x, dy)
    s = 1 / (1 + np.exp(-x))
    got, _ = k.bwd(residuals, v)
    np.testing.assert_allclose(got, v * dy * s * (1 - s) * (1 - 2 * s))


def test_several_gradients_must_be_chosen_from() -> None:
    d = sd.derive(swish, x="b n", beta="n")
    with pytest.raises(sd.SymderiveError, match="backward"):
        sd.derive(d.backward)
    assert sd.derive(d.backward["x"]).vjp


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sd.derive("softmx"), "softmax"),
        (lambda: sd.derive(3), "int"),
        (lambda: sd.derive(swish, x="b n"), "beta"),
        (lambda: sd.derive(swish, x="b n", beta="m"), "m"),
        (lambda: sd.parse("__import__('os')", x="n"), "__import__"),
        (lambda: sd.derive("softmax").source("fortran"), "fortran"),
    ],
)
def test_bad_input_is_told_in_a_sentence(call, message: str) -> None:
    with pytest.raises(sd.SymderiveError, match=message):
        call()


def test_an_error_is_also_the_builtin_one() -> None:
    with pytest.raises(ValueError, match="softmax"):
        sd.derive("softmx")
    with pytest.raises(TypeError, match="int"):
        sd.derive(3)


def test_the_same_text_whatever_was_derived_before() -> None:
    """A process that derives one operator alone writes what this one writes after many."""
    for name in ("rbf_kernel", "softmax_entropy"):
        sd.derive(name)
    for name in ("generalized_mean_pool", "kl_div"):
        alone = subprocess.run(
            [sys.executable, "-c", f"import symderive as sd; print(sd.derive({name!r}).source())"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert alone.stdout == sd.derive(name).source() + "\n"


def test_who_asks_for_text_alone_hears_nothing_of_compilers(monkeypatch, tmp_path) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("CC", "false")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    derived = sd.derive(lambda x: np.arctan(x) * 3.5, x="b n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = derived.source("c")
    monkeypatch.setattr(derivation, "kernel", None)  # what was checked once is not made again
    assert derived.source("c") == text
