"""The c target: equal to the numpy target within rounding, and careful with what it is given."""

from __future__ import annotations

import shutil
import subprocess
import sys
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.operators import CATALOGUE
from symderive.targets.c.build import NoCompilerError
from symderive.verify.layouts import Sizes
from symderive.verify.sampling import draw, sizes_for, usual_range

pytestmark = [
    pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler here"),
    pytest.mark.thinned(6),
]
SAMPLE = (
    *(
        "softmax",
        "log_softmax",
        "logsumexp",
        "cross_entropy",
        "layer_norm_affine",
        "rms_norm_affine",
    ),
    *("batch_norm", "group_norm", "gelu", "gelu_tanh", "silu", "mish", "prelu", "huber", "tanh"),
    *("global_max_pool", "softmax_temperature", "cosine_similarity", "dice_loss", "jensen_shannon"),
)
TOLERANCE = {np.float32: 1e-5, np.float64: 1e-13}


@cache
def pair(name: str) -> tuple[Any, Any, Any]:
    derivation = sd.derive(name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # these run as C, and not as NumPy with a warning
        return derivation, derivation.build("c"), derivation.build("numpy")


def sizes(program: Any, number: int, longer: int) -> Sizes:
    found = sizes_for(program, number)
    assert found is not None
    lengths = {n: length + longer for n, length in found.lengths.items()}
    return Sizes(lengths, found.batch)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", SAMPLE)
def test_agrees_with_the_numpy_target(name: str, dtype: Any) -> None:
    derivation, compiled, plain = pair(name)
    program = derivation.program
    rng = np.random.default_rng(0)
    for number, longer in ((0, 0), (1, 0), (2, 0), (3, 17), (2, 70)):
        point = draw(program, sizes(program, number, longer), rng, usual_range(program, rng))
        inputs, dy = point.inputs(program, dtype), point.real_cotangent(program, dtype)
        y, residuals = plain.fwd(*inputs)
        ours, saved = compiled.fwd(*inputs)
        found = [ours, compiled(*inputs), *compiled.bwd(saved, dy), *compiled.bwd(residuals, dy)]
        wanted = [y, y, *plain.bwd(residuals, dy), *plain.bwd(residuals, dy)]
        for a, b in zip(found, wanted, strict=True):
            assert np.shape(a) == np.shape(b)
            assert np.asarray(a).dtype == np.asarray(b).dtype
            scale = max(1.0, np.abs(b).max(initial=0))
            np.testing.assert_allclose(a, b, atol=TOLERANCE[dtype] * scale, rtol=TOLERANCE[dtype])


def test_a_function_of_what_is_the_same_along_a_row_is_not_repeated_in_it() -> None:
    def shifted(x: Any, a: Any, c: Any) -> Any:
        return x**3 - np.log(a)[:, None] - np.log(c)

    text = sd.derive(shifted, x="b n", a="b", c="").source("c")
    value = text[text.index("static void shifted_rows(") :].split("\nint ")[0]
    assert "const real log_a = real_log(a[row]);" in value and "real_log(c" not in value
    (inner,) = [row for row in value.splitlines() if "y_to[i - first] =" in row]
    assert inner.endswith(" - log_a - log_c;")


def test_what_is_read_by_label_is_computed_in_the_order_of_the_statements() -> None:
    _, kernel, _ = pair("cross_entropy")
    x = np.array([[1e6, 1e6 - 3, 1e6 + 2]])
    exact = np.log(np.exp([0, -3, 2]).sum()) + 3
    found = kernel(x.astype(np.float32), np.array([1]))
    np.testing.assert_allclose(found, exact, rtol=1e-6)  # x - log s first would lose 1e-2


def test_every_operator_of_the_catalogue_has_a_c_text_or_says_why_not() -> None:
    told = {}
    for name in sorted(CATALOGUE)[::6]:
        try:
            text = sd.derive(name).source("c")
        except sd.SymderiveError as error:
            told[name] = str(error)
        else:
            assert "#pragma omp" in text and "\t" not in text
    assert not set(told) - {"cumsum"}, told


def test_what_c_cannot_do_runs_as_numpy_and_says_so() -> None:
    with pytest.warns(RuntimeWarning, match="cumsum runs as NumPy"):
        kernel = sd.derive("cumsum").build("c")
    np.testing.assert_array_equal(kernel(np.ones((2, 3))), [[1.0, 2.0, 3.0]] * 2)


def test_without_a_compiler_numpy_serves_and_the_message_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("CC", "")
    with pytest.warns(RuntimeWarning, match="no C compiler here; get one by `apt install gcc`"):
        kernel = sd.derive("softmax").build("c")
    np.testing.assert_allclose(kernel(np.zeros((2, 4))), np.full((2, 4), 0.25))
    assert issubclass(NoCompilerError, sd.SymderiveError)


@pytest.mark.parametrize(
    "shapes", [((3, 4), (3, 5)), ((3, 4), (4,)), ((3, 4), (4, 3)), ((), (3,)), ((3, 4), (3, 4, 1))]
)
def test_wrong_shapes_are_refused(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    _, kernel, _ = pair("softmax")
    with pytest.raises(sd.SymderiveError):
        kernel.bwd((np.zeros(shapes[0]),), np.zeros(shapes[1]))


@pytest.mark.parametrize("labels", [[0, 9], [-1, 0], [0.5, 1.0]])
def test_labels_out_of_range_are_refused(labels: list[float]) -> None:
    _, kernel, _ = pair("cross_entropy")
    with pytest.raises(sd.SymderiveError, match="labels t"):
        kernel(np.zeros((2, 5)), np.array(labels))


def layouts(x: Any) -> dict[str, Any]:
    unaligned = np.frombuffer(b"\0" + x.tobytes(), dtype=np.uint8)[1:].view(x.dtype)
    wide = np.zeros((x.shape[0], 5 * x.shape[1]), x.dtype)
    wide[:, ::5] = x
    return {
        "transposed": np.asfortranarray(x),
        "strided": wide[:, ::5],
        "reversed": x[::-1, ::-1].copy()[::-1, ::-1],
        "unaligned": unaligned.reshape(x.shape),
        "big-endian": x.astype(x.dtype.newbyteorder(">")),
        "list": x.tolist(),
    }


@pytest.mark.parametrize("kind", sorted(layouts(np.zeros((2, 2)))))
def test_any_layout_gives_what_a_contiguous_copy_gives(kind: str) -> None:
    _, kernel, _ = pair("layer_norm_affine")
    rng = np.random.default_rng(1)
    x, w, b, dy = (rng.standard_normal(s) for s in ((6, 7), 7, 7, (6, 7)))
    y, residuals = kernel.fwd(x, w, b)
    np.testing.assert_array_equal(kernel(layouts(x)[kind], w, b), y)
    for a, c in zip(
        kernel.bwd(residuals, layouts(dy)[kind]), kernel.bwd(residuals, dy), strict=True
    ):
        np.testing.assert_array_equal(a, c)


def test_mixed_dtypes_follow_numpy() -> None:
    _, kernel, plain = pair("softmax")
    x = np.linspace(-1, 1, 12).reshape(3, 4)
    for given in (np.float16, np.float32, np.float64, np.int64):
        y, residuals = kernel.fwd(x.astype(given))
        wanted, others = plain.fwd(x.astype(given))
        assert y.dtype == wanted.dtype
        np.testing.assert_allclose(y, wanted, rtol=2 * np.finfo(y.dtype).eps)
        for other in (np.float16, np.float32, np.float64, np.int64):
            (dx,), (dz,) = (
                kernel.bwd(residuals, x.astype(other)),
                plain.bwd(others, x.astype(other)),
            )
            assert dx.dtype == dz.dtype


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
def test_the_axis_may_be_any(axis: int) -> None:
    _, kernel, plain = pair("softmax")
    x, dy = np.random.default_rng(2).standard_normal((2, 3, 4, 5))
    y, residuals = kernel.fwd(x, axis=axis)
    wanted, others = plain.fwd(x, axis=axis)
    np.testing.assert_allclose(y, wanted, rtol=1e-14)
    (dx,), (dz,) = kernel.bwd(residuals, dy, axis=axis), plain.bwd(others, dy, axis=axis)
    np.testing.assert_allclose(dx, dz, rtol=1e-13, atol=1e-15)


def test_out_is_written_and_checked() -> None:
    _, kernel, _ = pair("softmax")
    x = np.random.default_rng(3).standard_normal((3, 4))
    out = np.empty_like(x)
    assert kernel(x, out=out) is out
    np.testing.assert_array_equal(out, kernel(x))
    for wrong in (x, np.empty((3, 5)), np.empty((3, 4), np.float32), np.empty((4, 3)).T):
        with pytest.raises(sd.SymderiveError, match="out must"):
            kernel(x, out=wrong)


def test_rows_without_a_finite_entry_follow_the_policy() -> None:
    _, kernel, plain = pair("softmax")
    x = np.array(
        [[0.0, 1.0, 2.0], [-np.inf] * 3, [-np.inf, 0.0, 1.0], [np.inf, 0, 1], [np.nan, 0, 1]]
    )
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(kernel(x), plain(x), rtol=1e-14)


def test_the_same_call_gives_the_same_bits() -> None:
    _, kernel, _ = pair("layer_norm_affine")
    rng = np.random.default_rng(4)
    x, dy = rng.standard_normal((2, 64, 1024))
    _, residuals = kernel.fwd(x, rng.standard_normal(1024), rng.standard_normal(1024))
    first = kernel.bwd(residuals, dy)
    for _ in range(5):
        for a, b in zip(first, kernel.bwd(residuals, dy), strict=True):
            np.testing.assert_array_equal(a, b)


RACE = """
import numpy as np, symderive as sd
print(sd.derive("sigmoid").build("c")(np.zeros(1)).item())
"""


def test_processes_may_race_for_the_cache(tmp_path: Path) -> None:
    environment = {"XDG_CACHE_HOME": str(tmp_path), "PATH": "/usr/local/bin:/usr/bin:/bin"}
    root = str(Path(sd.__file__).parents[1])
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", RACE],
            env={**environment, "PYTHONPATH": root},
            stdout=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    assert [run.communicate()[0].split() for run in runs] == [[b"0.5"]] * 3
    left = sorted(p.suffix for p in (tmp_path / "symderive").iterdir())
    assert left == [".so"] * 3  # float32, float64, the memory, and nothing half done
