"""Random compositions of exponentials, logarithms and normalisations, far past the range of exp:
finite and right wherever the true value is."""

from __future__ import annotations

import linecache

import numpy as np
import pytest

from symderive.frontends import trace
from symderive.index.evaluate import Evaluator
from symderive.stability import stabilise
from symderive.verify.precise import arithmetic, as_float

EXTREME = (1000.0, -1000.0, 1e4, -1e4, -500.0, 700.0, 0.0, 1.0)
DIGITS = 600


class Author:
    """Writes a forward of x and z: logits, positive values, and what is normalised."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.lines: list[str] = []
        self.logits, self.positive, self.normal = ["x", "z"], [], []

    def pick(self, values):
        return values[int(self.random.integers(len(values)))]

    def write(self, kind, value):
        name = f"t{len(self.lines)}"
        self.lines.append(f"    {name} = {value}")
        kind.append(name)

    def normalise(self):
        p, axis = self.pick(self.positive), self.pick((-1, 0))
        self.write(self.normal, f"{p} / np.sum({p}, axis={axis}, keepdims=True)")

    def total(self):
        p, axis = self.pick(self.positive), self.pick((-1, 0))
        self.write(self.logits, f"np.log(np.sum({p}, axis={axis}, keepdims=True))")

    def average(self):
        if self.normal:
            product = f"{self.pick(self.normal)} * {self.pick(self.logits)}"
            self.write(self.logits, f"np.sum({product}, axis=-1, keepdims=True)")

    def logarithm(self):
        self.write(self.logits, f"np.log({self.pick(self.positive + self.normal)})")

    def text(self):
        """A forward in Python."""
        choices = (
            lambda: self.write(self.positive, f"np.exp({self.pick(self.logits)})"),
            lambda: self.write(self.positive, f"1 + {self.pick(self.positive)}"),
            lambda: self.write(self.positive, f"{self.pick(self.positive)} ** 2"),
            lambda: self.write(self.normal, f"1 / (1 + np.exp(-{self.pick(self.logits)}))"),
            lambda: self.write(self.logits, f"{self.pick(self.logits)} - {self.pick(self.logits)}"),
            lambda: self.write(self.logits, f"-0.5 * {self.pick(self.logits)}"),
            self.normalise,
            self.total,
            self.average,
            self.logarithm,
        )
        self.write(self.positive, "np.exp(x)")
        for _ in range(int(self.random.integers(2, 5))):
            self.pick(choices)()
        self.normalise()
        last = self.pick([self.normal[-1], f"np.log({self.normal[-1]})", self.pick(self.logits)])
        return "\n".join(["def forward(x, z):", *self.lines, f"    return {last} + 0 * x"])


def forward_of(text, seed):
    """The function; linecache holds its text, so that messages can show its lines."""
    file = f"<composition {seed}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    namespace = {"np": np}
    exec(compile(text, file, "exec"), namespace)
    return namespace["forward"]


def value(program, x, z, exact=None):
    lift = exact.lift if exact else np.asarray
    functions = [exact.functions] if exact else []
    lengths = dict(zip("bn", x.shape, strict=True))
    evaluator = Evaluator({"x": lift(x), "z": lift(z)}, lengths, *functions)
    for a in program.assignments:
        evaluator.assign(a.tensor, a.indices, a.value)
    return evaluator.arrays[program.output.tensor.name]


@pytest.mark.parametrize("block", range(6))
def test_compositions_are_right_at_extremes(block):
    naive_fails = 0
    for seed in range(block * 10, block * 10 + 10):
        text = Author(seed).text()
        written = trace(forward_of(text, seed), {"x": "b n", "z": "b n"})
        stable = stabilise(written).program
        rng = np.random.default_rng(seed)
        x, z = (rng.choice(EXTREME, (2, 3)) + rng.normal(size=(2, 3)) for _ in "xz")
        wanted = as_float(value(written, x, z, arithmetic(DIGITS)))
        seen = np.isfinite(wanted)
        found = value(stable, x, z)
        size = 1 + np.max(np.abs(x)) + np.max(np.abs(z))
        np.testing.assert_allclose(
            found[seen], wanted[seen], rtol=1e-8, atol=1e-11 * size, err_msg=text
        )
        naive_fails += not np.isfinite(value(written, x, z)[seen]).all()
    assert naive_fails >= 3
