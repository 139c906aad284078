"""The short way into compiled kernels gives what the long way gives, and refuses what it does."""

from __future__ import annotations

import gc
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symderive as sd

pytestmark = [
    pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler here"),
    pytest.mark.thinned(3),
]
Array = Any


def built(name: str) -> tuple[Any, Any]:
    derivation = sd.derive(name)
    return derivation.build("c"), derivation.build("numpy")


def normal(*shape: int, dtype: Any = np.float32, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def test_more_shapes_than_are_remembered() -> None:
    kernel, plain = built("softmax")
    for turn in range(2):
        for n in range(1, 40):
            for dtype in (np.float32, np.float64):
                x = normal(n % 7 + 1, n, dtype=dtype, seed=turn)
                np.testing.assert_allclose(kernel(x), plain(x), rtol=1e-5)
                y, residuals = kernel.fwd(x)
                wanted = plain.bwd(plain.fwd(x)[1], x)
                np.testing.assert_allclose(kernel.bwd(residuals, x), wanted, rtol=2e-4, atol=1e-6)
                assert y.dtype == dtype and residuals[0] is y


def test_a_remembered_shape_does_not_let_other_dtypes_pass() -> None:
    kernel, plain = built("layer_norm_affine")
    x, w, b = normal(4, 5), normal(5), normal(5)
    for _ in range(3):
        kernel(x, w, b)
    for mixed in ((x, w.astype(float), b), (x.astype(float), w, b), (x.astype(np.float16), w, b)):
        found, wanted = kernel(*mixed), plain(*mixed)
        assert found.dtype == wanted.dtype
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(kernel(x[:, ::-1], w, b), plain(x[:, ::-1], w, b), atol=1e-6)
    np.testing.assert_allclose(kernel(x.tolist(), w, b), plain(x.tolist(), w, b), atol=1e-6)


@pytest.mark.parametrize("number", [2.0, np.float32(2), np.float64(2), 2, np.array(2.0)])
def test_numbers_promote_as_numpy_has_it(number: Any) -> None:
    kernel, plain = built("softmax_temperature")
    x = normal(3, 4)
    for _ in range(3):
        found, wanted = kernel(x, number), plain(x, number)
        assert found.dtype == wanted.dtype == np.result_type(x, number)
        np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_wrong_shapes_and_labels_are_refused_however_often_right_ones_came() -> None:
    kernel, _ = built("cross_entropy")
    x, t = normal(3, 5), np.array([0, 4, 2])
    for _ in range(3):
        y, residuals = kernel.fwd(x, t)
    assert np.ndim(y) == 0 and np.isscalar(y)
    for labels in ([0, 5, 1], [0, -1, 1]):
        with pytest.raises(sd.SymderiveError, match="labels t"):
            kernel(x, np.array(labels))
    for wrong in (np.array([0, 1]), np.array([[0, 1, 2]])):
        with pytest.raises(sd.SymderiveError):
            kernel(x, wrong)
    with pytest.raises(sd.SymderiveError):
        kernel(x)
    for one in (1.0, np.float32(1), np.float64(1), np.array(1.0), 1):
        (dx,) = kernel.bwd(residuals, one)
        assert dx.dtype == np.float32
        np.testing.assert_allclose(dx.sum(axis=1), 0, atol=1e-7)
    with pytest.raises(sd.SymderiveError):
        kernel.bwd(residuals, normal(3))


def test_out_is_checked_on_the_short_way() -> None:
    kernel, _ = built("silu")
    x = normal(3, 4)
    _, residuals = kernel.fwd(x)
    kernel(x), kernel.bwd(residuals, x)
    out = np.empty_like(x)
    assert kernel(x, out=out) is out
    np.testing.assert_array_equal(out, kernel(x, out=None))
    (given,) = kernel.bwd(residuals, x, out=(out,))
    assert given is out
    read_only = np.empty_like(x)
    read_only.flags.writeable = False
    for wrong in (x, np.empty((3, 5)), np.empty((3, 4)), np.empty((4, 3), np.float32).T, read_only):
        with pytest.raises(sd.SymderiveError, match="out must"):
            kernel(x, out=wrong)


def test_threads_with_different_shapes_do_not_disturb_one_another() -> None:
    kernel, plain = built("log_softmax")

    def agrees(n: int) -> bool:
        x = normal(200, n, seed=n)
        wanted = plain(x)
        return all(np.allclose(kernel(x), wanted, atol=1e-4) for _ in range(20))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(agrees, [*range(100, 140)] * 2))


def test_memory_is_used_again_and_never_shared() -> None:
    kernel, _ = built("relu")
    x = normal(1 << 20)
    kernel(x)  # the long way
    first, second = kernel(x), kernel(-x)
    assert not np.shares_memory(first, second)
    np.testing.assert_array_equal(first, np.maximum(x, 0))
    place = first.ctypes.data
    view = first[10:]
    del first
    gc.collect()
    assert kernel(x).ctypes.data != place  # a view still holds it
    del view
    assert kernel(-x).ctypes.data == place
    np.testing.assert_array_equal(second, np.maximum(-x, 0))


KEEP = """
import numpy as np, symderive as sd
from symderive.emit import rendered
from symderive.targets.c.memory import store
kernel, x = sd.derive("relu").build("c"), np.ones(1 << 20, np.float32)
for _ in range(9):
    kernel(x), kernel(x[: 1 << 19])
print(store(rendered).held())
"""


@pytest.mark.parametrize(("limit", "held"), [("0", 0), ("3000000", 1 << 21), ("99999999", 6 << 20)])
def test_what_is_kept_has_a_limit(limit: str, held: int, tmp_path: Path) -> None:
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": str(Path(sd.__file__).parents[1]),
        "XDG_CACHE_HOME": str(tmp_path),
        "SYMDERIVE_KEEP": limit,
    }
    told = subprocess.run(
        [sys.executable, "-c", KEEP], env=environment, capture_output=True, text=True
    )
    assert told.stdout.strip() == str(held), told.stderr
