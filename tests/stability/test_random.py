"""Random programs full of exponentials: whatever is rewritten, the value stays."""

from __future__ import annotations

import numpy as np
import pytest

from symderive.index.dims import Dim, Index
from symderive.index.nodes import Tensor, bracket, call, num, reduce_, size
from symderive.stability import stabilise
from symderive.stability.chain import run, sample
from symderive.stability.examples import chain

B, N = Dim("b"), Dim("n")
R, I, J, K = Index(B, 0), Index(N, 0), Index(N, 7), Index(N, 8)  # noqa: E741
X, Y = Tensor("x", (B, N)), Tensor("y", (B, N))


class Maker:
    """Builds a chain of named values over (b, n) and (b) at random."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.lines: list = []
        self.full, self.rows = [X, Y], []

    def pick(self, values):
        return values[int(self.random.integers(len(values)))]

    def element(self, index=I):
        """Something that varies along n."""
        rows = [t[R] for t in self.rows]
        return self.pick([t[R, index] for t in self.full] * 2 + rows)

    def term(self, index=I):
        a, b = self.element(index), self.element(index)
        return self.pick(
            [
                lambda: call("exp", a),
                lambda: call("exp", -a),
                lambda: call("exp", a - b),
                lambda: a * b,
                lambda: a + b,
                lambda: 1 + call("exp", a),
                lambda: a / (1 + call("exp", b)),
                lambda: a,
                lambda: call("exp", a) - 1,
                lambda: call("exp", a) / (call("exp", a) + call("exp", b)),
                lambda: call("tanh", a),
                lambda: 1 - call("sigmoid", a),
                lambda: 1 + call("erf", a),
                lambda: bracket("gt", a, b) * call("exp", a) + bracket("ge", b, a) * b,
                lambda: call("log", 1 + call("exp", a)),
                lambda: a / (1 + b * b),
                lambda: call("log1p", b * b),
                lambda: a - reduce_("max", (K,), self.element(K)),
                lambda: bracket("gt", a, 0) * call("exp", b),
            ]
        )()

    def reduction(self):
        body = self.term(J) if self.random.random() < 0.5 else self.element(J)
        return self.pick(
            [
                lambda: reduce_("sum", (J,), body),
                lambda: reduce_("sum", (J,), body) / size(N),
                lambda: reduce_("max", (J,), body),
                lambda: reduce_("sum", (J,), call("exp", body)),
                lambda: reduce_("sum", (J,), body * body) / size(N),
                lambda: call("log", reduce_("sum", (J,), call("exp", body))),
            ]
        )()

    def program(self):
        for n in range(int(self.random.integers(3, 8))):
            if self.random.random() < 0.4:
                self.lines.append((f"r{n}", (R,), self.reduction()))
                self.rows.append(Tensor(f"r{n}", (B,)))
            else:
                value = self.term()
                if self.rows and self.random.random() < 0.5:
                    below = self.pick(self.rows)[R]
                    value = self.pick([value / below, value - below, value * below])
                self.lines.append((f"f{n}", (R, I), value))
                self.full.append(Tensor(f"f{n}", (B, N)))
        last = self.pick([lambda: call("log", abs_(self.element())), self.element, self.term])()
        self.lines.append(("out", (R, I), last + num(0)))
        return chain("random", (X, Y), *self.lines)


def abs_(value):
    return call("abs", value)


@pytest.mark.parametrize("block", range(10))
def test_random_programs_keep_their_value(block):
    fired = 0
    for seed in range(block * 40, block * 40 + 40):
        program = Maker(seed).program()
        stabilised = stabilise(program)
        fired += bool(stabilised.steps)
        constants = [a.tensor for a in stabilised.program.assignments if a.constant]
        arrays, lengths = sample(program, seed + 1000)
        wanted, found = (
            run(program, arrays, lengths)[0],
            run(stabilised.program, arrays, lengths)[0],
        )
        seen = np.isfinite(wanted)
        scale = 1 + np.max(np.abs(wanted[seen]), initial=0)
        np.testing.assert_allclose(
            found[seen], wanted[seen], rtol=1e-7, atol=1e-9 * scale, err_msg=str(program)
        )
        for tensor in constants:
            nudged = run(
                stabilised.program, arrays, lengths, {tensor: np.random.default_rng(seed).normal()}
            )[0]
            np.testing.assert_allclose(
                nudged[seen], wanted[seen], rtol=1e-6, atol=1e-8 * scale, err_msg=str(program)
            )
    assert fired > 10
