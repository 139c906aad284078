"""The boundary of the kernels under the sanitizers of addresses, of undefined behaviour and of
threads, and with the checks of the C library that some distributions switch on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import symderive as sd

pytestmark = pytest.mark.thinned(4)

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


for name in ("log_softmax", "layer_norm", "cross_entropy"):
    kernel = sd.derive(name).build("c")
    for shape in ((0, 3), (3, 0), (1, 1), (1, 7), (3, 17), (19, 5), (2, 4097), (40, 99)):
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
    for x in layouts(rng.standard_normal((n, d)).astype(np.float32)):
        y, residuals = kernel.fwd(x, x, np.ones((n, e), np.float32))
        for dy in layouts(np.ones(y.shape, np.float32)):
            kernel.bwd(residuals, dy)
print("clean")
"""

# As few arguments as there can be, so that each array of the boundary is as short as can be.
SHORT = """
import numpy as np, symderive as sd

total, product = lambda x: x.sum(-1), lambda x, y: x * y
for forward, dims in ((total, {"x": "b n"}), (product, {"x": "n", "y": "n"})):
    kernel = sd.derive(forward, **dims).build("c")
    given = [np.ones((3, 4)[: len(d.split())], np.float32) for d in dims.values()]
    for _ in range(3):  # the long way, then the short one
        y, residuals = kernel.fwd(*given)
        kernel(*given, out=np.empty_like(y)), kernel.bwd(residuals, np.ones_like(y))
print("clean")
"""

# More shapes than are remembered, in four threads, so that what is remembered is replaced.
TOGETHER = """
import sys, threading
import numpy as np, symderive as sd

sys.setswitchinterval(1e-5)
kernel = sd.derive("cross_entropy").build("c")


def run(seed):
    rng = np.random.default_rng(seed)
    for n in rng.integers(2049, 2049 + 20, 25):  # long enough to let other threads run
        x, t = rng.standard_normal((50, n)).astype(np.float32), rng.integers(0, n, 50)
        y, residuals = kernel.fwd(x, t)
        kernel(x, t), kernel.bwd(residuals, y)


threads = [threading.Thread(target=run, args=(seed,)) for seed in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("clean")
"""

FORTIFY = "-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE"
BUILDS = {
    "address": (FUZZ, "-fsanitize=address,undefined -fno-sanitize-recover=all -O1", "asan ubsan"),
    "threads": (TOGETHER, "-fsanitize=thread -O1", "tsan"),
    "fortify 2": (SHORT, f"{FORTIFY}=2 -O2", ""),
    "fortify 3": (SHORT, f"{FORTIFY}=3 -O2", ""),  # a compiler that has no 3 takes it for 2
}


def libraries(names: str) -> str | None:
    """The sanitizers' libraries, to be loaded before Python's own; None where there are none."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    found = []
    for name in names.split():
        told = subprocess.run(
            [compiler, f"-print-file-name=lib{name}.so"], capture_output=True, text=True
        )
        if not Path(told.stdout.strip()).is_absolute():
            return None
        found.append(told.stdout.strip())
    return " ".join(found)


@pytest.mark.skipif(libraries("asan ubsan tsan") is None, reason="no compiler with sanitizers here")
@pytest.mark.parametrize("build", BUILDS)
def test_kernels_do_nothing_that_c_does_not_define(build: str, tmp_path: Path) -> None:
    script, flags, preloaded = BUILDS[build]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(sd.__file__).parents[1]),
        "XDG_CACHE_HOME": str(tmp_path),
        "CFLAGS": flags,
        "LD_PRELOAD": libraries(preloaded) or "",
        "ASAN_OPTIONS": "detect_leaks=0",
        "TSAN_OPTIONS": "halt_on_error=1 exitcode=66",
        "OMP_NUM_THREADS": "1" if build == "threads" else "2",  # no sanitizer sees into libgomp
        "OPENBLAS_NUM_THREADS": "1",
    }
    alone = "import os; os.environ.pop('LD_PRELOAD', '')\n"  # the compiler needs no sanitizer
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", alone + script],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert run.stdout.strip() == "clean", run.stderr[-3000:]
