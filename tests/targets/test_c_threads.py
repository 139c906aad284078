"""Threads: `OMP_NUM_THREADS` is followed, and results are the same from run to run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler here")

# Rows of their own, sums over the rows, a scalar, and kernels between matrix products.
OPERATORS = ("softmax", "layer_norm_affine", "batch_norm", "cross_entropy", "attention")
SCRIPT = """
import ctypes, sys
import numpy as np, symderive as sd

shapes = {"q": (300, 40), "k": (400, 40), "v": (400, 30)}
rng = np.random.default_rng(0)
found = {}
for name in sys.argv[2:]:
    derivation = sd.derive(name)
    kernel = derivation.build("c")
    names = [a.tensor.name for a in derivation.program.arguments]
    for rows, n in ((700, 90), (7003, 9)):  # short rows are taken side by side
        shapes |= {"x": (rows, n), "t": (rows,), "weight": (n,), "bias": (n,)}
        given = [
            rng.integers(0, n, rows) if a == "t" else rng.standard_normal(shapes[a]).astype("f4")
            for a in names
        ]
        y, residuals = kernel.fwd(*given)
        dy = rng.standard_normal(np.shape(y)).astype(np.float32)
        for number, array in enumerate((y, *residuals, *kernel.bwd(residuals, dy))):
            found[f"{name} {n} {number}"] = array
np.savez(sys.argv[1], **found)
print(ctypes.CDLL("libgomp.so.1").omp_get_max_threads())
"""


def results(folder: Path, threads: int, run: int) -> dict[str, np.ndarray]:
    path = folder / f"{threads}-{run}.npz"
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path), *OPERATORS],
        env={**os.environ, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert told.stdout.split() == [str(threads)]
    with np.load(path) as kept:
        return dict(kept)


def test_results_are_the_same_from_run_to_run_and_alike_for_any_number_of_threads(
    tmp_path: Path,
) -> None:
    one = results(tmp_path, 1, 0)
    assert len(one) >= 3 * len(OPERATORS)
    for threads in (2, 3):
        first, second = (results(tmp_path, threads, run) for run in (0, 1))
        for name, array in first.items():
            np.testing.assert_array_equal(array, second[name], err_msg=name)
            scale = np.abs(one[name]).max()
            np.testing.assert_allclose(array, one[name], rtol=1e-5, atol=2e-6 * scale, err_msg=name)
