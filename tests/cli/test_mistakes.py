"""What people mistype: each mistake is one sentence that says the way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Run

LAYERS = """
import numpy as np

number = 3

def swish(x, beta):
    return x / (1 + np.exp(-beta * x))

def misspelt(x):
    return np.exq(x)

class Square:
    def __init__(self, mode="tanh"):
        self.mode = mode

    def forward(self, x):
        self.x = x
        return x * x

    def backward(self, dout):
        return 2 * self.x * dout
"""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("derive", "--expr", "x^2", "--dims", "x=n", "--name", "f"), "a power is x**2"),
        (("derive", "layers.py:swish", "--dims", "x=n", "--dims", "bta=n"),
         "swish has no argument 'bta'. Did you mean 'beta'?"),
        (("derive", "layers.py:swish", "--dims", "x=n", "--dims", "beta=n", "--dims", "q=n"),
         "swish has no argument 'q'. It takes x, beta."),
        (("derive", "layers.py:misspelt", "--dims", "x=n"),
         "layers.py:10 fails: AttributeError: module 'numpy' has no attribute 'exq'"),
        (("audit", "layers.py:number", "--dims", "x=n"), "is no class and no function"),
        (("audit", "layers.py:Square", "--dims", "x=n", "--set", "mode=relu"),
         "as in --set 'mode=\"relu\"'"),
        (("proof", "softmax", "--format", "html", "-o", "softmax.tex"),
         "softmax.tex would hold html: say --format tex, or name the file *.html."),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_the_way_out(
    run: Run, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "layers.py").write_text(LAYERS)
    ran = run(*words)
    assert ran.status != 0
    assert said in ran.err and len(ran.err.strip().splitlines()) == 1
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["layers.py"]
