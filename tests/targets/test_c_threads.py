"""Threads: `OMP_NUM_THREADS` is followed, results are the same bits for any number of them, and
processes that are forked have threads of their own or none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import symderive as sd

pytestmark = [
    pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler here"),
    pytest.mark.thinned(2),
]
ROOT = str(Path(sd.__file__).parents[1])

# Rows of their own, sums over the rows, scalars, and kernels between matrix products.
BITS = """
import ctypes
import numpy as np, symderive as sd


def weights_of_rows(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return (e / e.sum(axis=-1, keepdims=True)).mean(axis=0)


names = ("softmax", "layer_norm_affine", "batch_norm", "cross_entropy", "attention")
derivations = {name: sd.derive(name) for name in names}
derivations["weights"] = sd.derive(weights_of_rows, x="b n")
derivations["energy"] = sd.derive(lambda x: np.sum(np.sin(x) ** 2), x="b n")
derivations["distances"] = sd.derive(
    lambda u, w: np.sqrt(((u[:, None, :] - w[None, :, :]) ** 2).sum(-1)), u="m d", w="p d"
)
derivations["largest"] = sd.derive(lambda x: np.max(x * x, axis=0), x="b n")
gomp = ctypes.CDLL("libgomp.so.1")
assert gomp.omp_get_max_threads() == 3, "from OMP_NUM_THREADS"
shapes = {"u": (150, 4), "w": (90, 4), "q": (300, 40), "k": (400, 40), "v": (400, 30)}
rng = np.random.default_rng(0)
for name, derivation in derivations.items():
    kernel = derivation.build("c")
    names = [a.tensor.name for a in derivation.program.arguments]
    for rows, n in ((700, 90), (7003, 9), (70, 1000)):  # short rows are taken side by side
        shapes |= {"x": (rows, n), "t": (rows,), "weight": (n,), "bias": (n,)}
        given = [
            rng.integers(0, n, rows) if a == "t" else rng.standard_normal(shapes[a]).astype("f4")
            for a in names
        ]
        dy, first = None, None
        for threads in (1, 2, 3, 4, 2):
            gomp.omp_set_num_threads(threads)
            y, residuals = kernel.fwd(*given)
            if dy is None:
                dy = rng.standard_normal(np.shape(y)).astype(np.float32)
            found = [np.asarray(a).tobytes() for a in (y, *residuals, *kernel.bwd(residuals, dy))]
            first = first or found
            assert found == first, (name, rows, n, threads)
print("the same")
"""

# What data loaders do: a call that runs threads, then processes that are forked.
FORK = """
import multiprocessing, os, signal
import numpy as np, symderive as sd

kernel = sd.derive("layer_norm_affine").build("c")
x = np.random.default_rng(0).standard_normal((900, 100)).astype(np.float32)
y, residuals = kernel.fwd(x, x[0], x[1])  # more elements than one thread is left with
gradients = kernel.bwd(residuals, y)


def again(number):
    found, saved = kernel.fwd(x, x[0], x[1])
    pairs = zip((found, *kernel.bwd(saved, found)), (y, *gradients))
    return all(np.array_equal(a, b) for a, b in pairs)


for _ in range(3):
    child = os.fork()
    if child == 0:
        os._exit(0 if again(0) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert again(0)
with multiprocessing.get_context("fork").Pool(2) as pool:
    assert all(pool.map(again, range(4)))
    assert again(0)
print("the same")
"""

# Labels that another thread makes wrong and right again, while kernels run.
LABELS = """
import sys, threading, time
import numpy as np, symderive as sd

sys.setswitchinterval(1e-5)
kernel = sd.derive("cross_entropy").build("c")
x, t = np.zeros((60_000, 2), np.float32), np.zeros(60_000, int)
y, residuals = kernel.fwd(x, t)
wrong, right = np.full(t.shape, 1 << 40), np.zeros_like(t)
ended = False


def change():
    while not ended:
        np.copyto(t, wrong)
        np.copyto(t, right)


thread = threading.Thread(target=change)
thread.start()
refused = 0
for _ in range(600):
    try:
        kernel(x, t), kernel(x[:, :], t), kernel.bwd(residuals, y)
    except ValueError as error:
        assert "labels t must be" in str(error)
        refused += 1
ended = True
thread.join()
assert refused
print("the same")
"""


@pytest.mark.parametrize("script", [BITS, FORK, LABELS], ids=["bits", "fork", "labels"])
def test_threads_change_nothing(script: str) -> None:
    told = subprocess.run(
        [sys.executable, "-c", script],
        env={
            **os.environ,
            "PYTHONPATH": ROOT,
            "OMP_NUM_THREADS": "3",
            "OPENBLAS_NUM_THREADS": "1",
        },
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert told.stdout.strip() == "the same", told.stderr


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({}, "GOMP_SPINCOUNT = '300'"),
        ({"OMP_WAIT_POLICY": "active"}, "OMP_WAIT_POLICY = 'ACTIVE'"),
        ({"GOMP_SPINCOUNT": "7"}, "GOMP_SPINCOUNT = '7'"),
    ],
)
def test_threads_wait_in_sleep_unless_the_user_says_otherwise(
    chosen: dict[str, str], told: str
) -> None:
    names = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
    plain = {name: value for name, value in os.environ.items() if name not in names}
    run = subprocess.run(
        [sys.executable, "-c", "import symderive as sd; sd.derive('relu').build('c')"],
        env={**plain, "PYTHONPATH": ROOT, "OMP_DISPLAY_ENV": "verbose", **chosen},
        capture_output=True,
        text=True,
    )
    assert told in run.stderr
