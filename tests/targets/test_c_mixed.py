"""The c target where a contraction, or what else C does not do, stands between kernels."""

from __future__ import annotations

import shutil
import warnings
from functools import cache
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.targets.c.module import Parts, written
from tests.oracles.sampling import cotangent_like, inputs_for
from tests.random_programs.generator import Seeded, write

pytestmark = [
    pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler here"),
    pytest.mark.thinned(6),
]
LENGTHS = {"b": 4, "n": 19, "m": 3, "d": 5, "e": 2, "h": 6, "...": 3}
TOLERANCE = {np.float32: 1e-5, np.float64: 1e-13}
LABELS = sd.integers("b", below="n")


def gathered(w: Any, t: Any) -> Any:
    return np.tanh(w[t]) * 2


def running(x: Any) -> Any:
    return np.exp(np.cumsum(np.tanh(x), axis=-1) / 9)


def ends(x: Any, w: Any) -> Any:
    return np.exp(x) @ w


def starts(x: Any, w: Any) -> Any:
    s = x @ w
    return np.exp(s) / np.sum(np.exp(s), axis=-1, keepdims=True)


def batched(x: Any, w: Any) -> Any:
    return np.tanh(np.exp(x) @ w.T)


def differences(x: Any) -> Any:
    return np.sum(np.exp(-((x[:, None] - x[None, :]) ** 2)), axis=0)


def laplacian(x: Any, z: Any) -> Any:
    return np.exp(-np.sum(np.abs(x[:, None] - z[None, :]), axis=-1))


def transposed(x: Any, w: Any) -> Any:
    s = x @ w
    return np.tanh(s) * np.exp(s.T)


CASES: dict[str, tuple[Any, dict[str, Any]]] = {
    "at the start": (starts, {"x": "b n", "w": "n m"}),
    "at the end": (ends, {"x": "b n", "w": "n m"}),
    "in the middle": (batched, {"x": "b n", "w": "h n"}),
    "batch dims": (batched, {"x": "... n", "w": "h n"}),
    "gather and scatter": (gathered, {"w": "n d", "t": LABELS}),
    "cumsum": (running, {"x": "... n"}),
    "pairs of one axis": (differences, {"x": "n"}),
    "a sum that no array holds": (laplacian, {"x": "m d", "z": "n d"}),
    "read in two orders": (transposed, {"x": "n m", "w": "m n"}),
}
CATALOGUED = ("attention", "causal_attention", "mlp", "swiglu_mlp", "statistics_pool", "info_nce")


@cache
def pair(name: str) -> tuple[Any, Any, Any]:
    forward, domains = CASES.get(name, (name, {}))
    derivation = sd.derive(forward, **domains)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # these run as C, and not as NumPy with a warning
        return derivation, derivation.build("c"), derivation.build("numpy")


def inputs(name: str, dtype: Any = np.float64) -> tuple[Any, ...]:
    program = pair(name)[0].program
    domains = CASES[name][1] if name in CASES else {}
    if not domains:
        domains = {
            a.tensor.name: " ".join(" ".join(d.name for d in axis) for axis in a.layout)
            for a in program.arguments
        }
    found = inputs_for(domains, {**dict.fromkeys("abcdefghijklmnopqrstuvwxyz", 4), **LENGTHS}, 0)
    return tuple(x if np.asarray(x).dtype.kind in "iu" else np.asarray(x, dtype) for x in found)


def assert_alike(found: Any, wanted: Any, tolerance: float) -> None:
    for a, b in zip(found, wanted, strict=True):
        assert np.shape(a) == np.shape(b)
        assert np.asarray(a).dtype == np.asarray(b).dtype
        scale = max(1.0, np.abs(b).max(initial=0))
        np.testing.assert_allclose(a, b, atol=tolerance * scale, rtol=tolerance)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", [*CASES, *CATALOGUED])
def test_agrees_with_the_numpy_target(name: str, dtype: Any) -> None:
    _, compiled, plain = pair(name)
    given = inputs(name, dtype)
    y, residuals = plain.fwd(*given)
    ours, saved = compiled.fwd(*given)
    dy = cotangent_like(y, 1).astype(dtype)
    found = [ours, compiled(*given), *saved, *compiled.bwd(saved, dy), *compiled.bwd(residuals, dy)]
    wanted = [y, y, *residuals, *plain.bwd(residuals, dy), *plain.bwd(residuals, dy)]
    assert_alike(found, wanted, TOLERANCE[dtype])


def order(name: str) -> list[str]:
    made = written(pair(name)[0].schedule)
    assert isinstance(made, Parts)
    return [row.strip() for row in made.order]


def test_attention_is_one_kernel_between_two_products() -> None:
    assert order("attention") == [
        "The value:",
        "sum_S_mi = Σ_d k_id q_md",
        "attention_fwd_P makes P",
        "y_me = Σ_i P_mi v_ie",
        "The gradient:",
        "dP_mi = Σ_e v_ie dy_me",
        "attention_bwd_inner makes inner",
        "attention_bwd_da makes da",
        "dq_md = Σ_i k_id da_mi",
        "dk_id = Σ_m q_md da_mi",
        "dv_ie = Σ_m P_mi dy_me",
    ]
    source = pair("attention")[0].source("c")
    head = source[: source.index("*/")]
    assert all(row in head for row in order("attention"))


def test_what_a_product_takes_is_made_beside_what_the_kernel_makes_anyway() -> None:
    steps = order("mlp")
    back = steps[steps.index("The gradient:") :]
    assert "mlp_bwd_dw2_factor makes da, db1, dw2_factor" in back
    assert "dw2_mh = Σ_b dw2_factor_bh dy_bm" in back


def test_each_term_of_a_sum_of_products_is_a_product() -> None:
    assert not any("Σ_h (" in row for row in order("swiglu_mlp"))
    assert (
        sum(row.endswith(("Σ_h w1_hi dgate_bh", "Σ_h w2_hi da_bh")) for row in order("swiglu_mlp"))
        == 2
    )


def test_a_result_is_made_where_its_operands_are_and_not_as_late_as_may_be() -> None:
    steps = order("rbf_kernel")
    back = [row for row in steps[steps.index("The gradient:") :] if " makes " in row]
    assert [row.partition(" makes ")[2] for row in back] == [
        *("mean_x", "y_dy, sum_y_dy, dz, dgamma", "inner_factor", "dx")
    ]


@pytest.mark.parametrize("kind", ["fortran", "strided", "list", "half", "integers", "big-endian"])
def test_any_array_is_taken_as_the_numpy_target_takes_it(kind: str) -> None:
    _, compiled, plain = pair("mlp")
    change = {
        "fortran": np.asfortranarray,
        "strided": lambda x: np.repeat(x, 3, axis=-1)[..., ::3],
        "list": lambda x: x.tolist(),
        "half": lambda x: x.astype(np.float16),
        "integers": lambda x: (x * 4).astype(np.int64),
        "big-endian": lambda x: x.astype(">f8"),
    }[kind]
    x, *rest = inputs("mlp")
    given = [change(x), *(r.astype(np.float16) if kind == "half" else r for r in rest)]
    y, residuals = plain.fwd(*given)
    ours, saved = compiled.fwd(*given)
    dy = cotangent_like(y, 1)
    tolerance = 2e-3 if kind == "half" else 1e-12
    assert_alike([ours, *compiled.bwd(saved, dy)], [y, *plain.bwd(residuals, dy)], tolerance)


def test_empty_arrays_follow_the_numpy_target() -> None:
    _, compiled, plain = pair("attention")
    q, k, v = np.ones((2, 3)), np.ones((0, 3)), np.ones((0, 4))
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(compiled(q, k, v), plain(q, k, v))


def test_bad_input_is_an_error_of_symderive() -> None:
    _, kernel, _ = pair("attention")
    q = np.ones((2, 3))
    for wrong in ((q, q, np.ones((3, 4))), (q, np.ones((2, 4)), q), (q, q)):
        with pytest.raises(sd.SymderiveError):
            kernel(*wrong)
    _, residuals = kernel.fwd(q, q, q)
    with pytest.raises(sd.SymderiveError):
        kernel.bwd(residuals, np.ones((3, 3)))
    with pytest.raises(sd.SymderiveError):
        kernel(q, q, q.astype(complex))


@pytest.mark.parametrize("labels", [[0, 19], [-1, 0], [0.5, 1.0]])
def test_labels_out_of_range_are_refused(labels: list[float]) -> None:
    _, kernel, _ = pair("gather and scatter")
    with pytest.raises(sd.SymderiveError):
        kernel(np.zeros((19, 5)), np.array(labels))


def test_out_is_written_and_checked() -> None:
    _, kernel, _ = pair("attention")
    given = inputs("attention")
    y, residuals = kernel.fwd(*given)
    dy = cotangent_like(y, 1)
    out = np.empty_like(y)
    assert kernel(*given, out=out) is out
    np.testing.assert_array_equal(out, y)
    new = (np.empty_like(y), np.empty_like(residuals[3]))
    ours, saved = kernel.fwd(*given, out=new)
    assert ours is new[0] and saved[3] is new[1] and saved[4] is new[0]
    gradients = tuple(map(np.empty_like, given))
    assert all(a is b for a, b in zip(kernel.bwd(saved, dy, out=gradients), gradients, strict=True))
    assert_alike(gradients, kernel.bwd(residuals, dy), 0)
    for wrong in (np.empty((1, 1)), y.astype(np.float32), np.empty(y.shape[::-1]).T):
        with pytest.raises(sd.SymderiveError, match="out must"):
            kernel(*given, out=wrong)


SEEDS = (31, 235, 7, 9, 21, 37, 44, 47, 52, 60)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_program_agrees_with_the_numpy_target(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CFLAGS", "-O0")  # the compiler would take most of the time
    program = write(Seeded(seed), 3 + seed % 7)
    derivation = sd.derive(program.compiled(), **program.domains)
    compiled, plain = derivation.build("c"), derivation.build("numpy")
    for dtype, tolerance in ((np.float64, 1e-9), (np.float32, 1e-3)):
        given = [
            x if np.asarray(x).dtype.kind in "iu" else np.asarray(x, dtype)
            for x in program.arrays(seed)
        ]
        y, residuals = plain.fwd(*given)
        ours, saved = compiled.fwd(*given)
        dy = cotangent_like(y, 1).astype(dtype)
        found = [ours, compiled(*given), *compiled.bwd(saved, dy), *compiled.bwd(residuals, dy)]
        wanted = [y, y, *plain.bwd(residuals, dy), *plain.bwd(residuals, dy)]
        found, wanted = [*found, *saved], [*wanted, *residuals]
        for a, b in zip(found, wanted, strict=True):
            assert np.shape(a) == np.shape(b)
            scale = max(1.0, np.abs(b).max(initial=0))
            np.testing.assert_allclose(a, b, atol=tolerance * scale, rtol=tolerance)
