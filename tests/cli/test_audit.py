"""`symderive audit`: the verdict, its exit status, and what bad input says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Run

HELPERS = """
import numpy as np

def softmax(x):
    x = x - x.max(axis=1, keepdims=True)
    x = np.exp(x)
    x /= x.sum(axis=1, keepdims=True)
    return x
"""
LAYERS = """
import numpy as np
from helpers import softmax

class Softmax:
    def __init__(self):
        self.params, self.grads = [], []
        self.out = None

    def forward(self, x):
        self.out = softmax(x)
        return self.out

    def backward(self, dout):
        dx = self.out * dout
        sumdx = np.sum(dx, axis=1, keepdims=True)
        dx -= self.out * sumdx
        return dx

class Wrong(Softmax):
    def backward(self, dout):
        return self.out * dout

class Unsafe(Softmax):
    def backward(self, dout):
        dout -= np.sum(self.out * dout, axis=1, keepdims=True)
        return self.out * dout

class Drawn:
    def forward(self, x, ratio=0.5):
        self.mask = np.random.rand(*x.shape) > ratio
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask

class Shuffles:
    def forward(self, x):
        self.order = np.random.permutation(3)
        return x[self.order]

    def backward(self, dout):
        return dout[np.argsort(self.order)]

class Power:
    def __init__(self, p):
        self.p = p

    def forward(self, x):
        self.x = x
        return x ** self.p

    def backward(self, dout):
        return dout * self.p * self.x ** (self.p - 1)

def scale(x, a):
    return a * x, (x, a)

def scale_backward(dout, cache):
    x, a = cache
    return dout * a, np.sum(dout * x)
"""


@pytest.fixture
def layers(tmp_path: Path) -> Path:
    (tmp_path / "helpers.py").write_text(HELPERS)
    path = tmp_path / "layers.py"
    path.write_text(LAYERS)
    return path


@pytest.mark.parametrize(
    ("name", "status", "word"),
    [
        ("Softmax", 0, "equal"),
        ("Wrong", 1, "different"),
        ("Unsafe", 1, "unsafe"),
        ("Drawn", 0, "equal"),
        ("Shuffles", 3, "cannot tell"),
    ],
)
def test_the_exit_status_is_the_verdict(
    run: Run, layers: Path, name: str, status: int, word: str
) -> None:
    ran = run("audit", f"{layers}:{name}", "--dims", "x=b n")
    assert ran.status == status, ran.err
    assert ran.out.startswith(f"{name}: {word}.")
    held = json.loads(run("audit", f"{layers}:{name}", "--dims", "x=b n", "--format", "json").out)
    assert held["verdict"] == word


def test_a_pair_of_functions_and_a_setting(run: Run, layers: Path) -> None:
    pair = run("audit", f"{layers}:scale,scale_backward", "--dims", "x=b n", "--dims", "a=")
    assert pair.status == 0, pair.out
    power = run("audit", f"{layers}:Power", "--dims", "x=n", "--set", "p=3")
    assert power.status == 0, power.out


def test_bad_input_is_not_taken_for_a_verdict(run: Run, layers: Path, tmp_path: Path) -> None:
    for words, said in (
        ((f"{layers}:Softmax", "--dims", "z=b n"), "no argument 'z'"),
        ((f"{layers}:Power", "--dims", "x=n"), "p (constructor)"),
        ((f"{layers}:Sofmax", "--dims", "x=n"), "Did you mean 'Softmax'?"),
        (("layers:Softmax", "--dims", "x=n"), "There is no file layers"),
        ((f"{tmp_path}/none.py:A", "--dims", "x=n"), "There is no file"),
        ((f"{layers}:softmax", "--dims", "x=b n"), "with gradients beside it"),
        ((f"{layers}:Power", "--dims", "x=n", "--set", "p=open('x')"), "plain Python value"),
        ((f"{layers}:Power", "--dims", "x=n", "--set", "p"), "--set wants ARG=VALUE"),
    ):
        ran = run("audit", *words)
        assert ran.status == 2, (words, ran.out)
        assert said in ran.err and "Traceback" not in ran.err, ran.err


def test_a_file_that_does_not_import_says_so_in_a_line(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text("import numpy as np\nimport no_such_module\n")
    ran = run("audit", f"{path}:Layer", "--dims", "x=n")
    assert ran.status == 2
    assert "broken.py:2 does not import: ModuleNotFoundError" in ran.err
    assert len(ran.err.splitlines()) == 1
