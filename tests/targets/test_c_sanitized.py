"""The boundary of the kernels under the sanitizers of addresses and of undefined behaviour."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import symderive as sd

SANITIZERS = "-fsanitize=address,undefined -fno-sanitize-recover=all -O1"
FUZZ = """
import numpy as np, symderive as sd

rng = np.random.default_rng(0)


def layouts(x):
    yield x
    yield np.asfortranarray(x)
    yield np.frombuffer(b"0" + x.tobytes(), np.uint8)[1:].view(x.dtype).reshape(x.shape)
    wide = np.zeros((x.shape[0], 1009 * x.shape[1]), x.dtype)
    wide[:, ::1009] = x
    yield wide[:, ::1009]
    yield np.broadcast_to(x[:1], x.shape)
    yield x[::-1, ::-1]


for name in ("softmax", "layer_norm", "cross_entropy", "gelu", "log_softmax"):
    kernel = sd.derive(name).build("c")
    for shape in ((0, 3), (3, 0), (1, 1), (1, 7), (3, 17), (19, 5), (5, 2049), (2, 4097), (40, 99)):
        for dtype in (np.float32, np.float64):
            for x in layouts(rng.standard_normal(shape).astype(dtype) * 30):
                if name == "cross_entropy" and 0 in shape:
                    continue
                labels = (rng.integers(0, shape[1], shape[0]),) if name == "cross_entropy" else ()
                y, residuals = kernel.fwd(x, *labels)
                kernel(x, *labels)
                for dy in layouts(np.ones(np.shape(y), dtype)) if np.ndim(y) else (y,):
                    kernel.bwd(residuals, dy)
        extremes = np.array([[np.inf, -np.inf, np.nan, 1e38, -1e38, 1e-45, 0.0]], np.float32)
        if name != "cross_entropy":
            kernel.bwd(kernel.fwd(extremes)[1], extremes)

kernel = sd.derive("causal_attention").build("c")
for n, d, e in ((0, 3, 2), (3, 0, 2), (1, 1, 1), (7, 3, 5), (300, 17, 9)):
    for dtype in (np.float32, np.float64):
        for x in layouts(rng.standard_normal((n, d)).astype(dtype)):
            y, residuals = kernel.fwd(x, x, np.ones((n, e), dtype))
            for dy in layouts(np.ones(y.shape, dtype)):
                kernel.bwd(residuals, dy)
print("clean")
"""


def libraries() -> str | None:
    """The sanitizers' libraries, to be loaded before Python's own."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    found = []
    for name in ("libasan.so", "libubsan.so"):
        told = subprocess.run(
            [compiler, f"-print-file-name={name}"], capture_output=True, text=True
        )
        if not Path(told.stdout.strip()).is_absolute():
            return None
        found.append(told.stdout.strip())
    return " ".join(found)


@pytest.mark.skipif(libraries() is None, reason="there is no compiler with sanitizers here")
def test_kernels_stay_within_their_arrays(tmp_path: Path) -> None:
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": str(Path(sd.__file__).parents[1]),
        "XDG_CACHE_HOME": str(tmp_path),
        "CFLAGS": SANITIZERS,
        "LD_PRELOAD": libraries() or "",
        "ASAN_OPTIONS": "detect_leaks=0",
    }
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FUZZ],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert run.stdout.strip() == "clean", run.stderr[-3000:]
