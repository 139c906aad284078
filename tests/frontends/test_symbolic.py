"""Running any code on symbolic arrays: several outputs, writes, splits of dims, modules left as
they were."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

import numpy as np
import pytest

from symderive.errors import InputError
from symderive.frontends.array import Array
from symderive.frontends.registry import RULES, SUPPORTED
from symderive.frontends.symbolic import run_symbolic
from symderive.frontends.trace import trace

from .evaluating import agrees


class Softmax:
    """As a textbook writes it."""

    def forward(self, x):
        e = np.exp(x - np.max(x, axis=1, keepdims=True))
        self.out = e / np.sum(e, axis=1, keepdims=True)
        return self.out

    def backward(self, dout):
        dx = self.out * dout
        total = np.sum(dx, axis=1, keepdims=True)
        dx -= self.out * total
        return dx


def _layer(arrays: Mapping[str, Array]) -> dict[str, Array]:
    layer = Softmax()
    return {"y": layer.forward(arrays["x"]), "dx": layer.backward(arrays["dout"])}


def test_forward_and_backward_give_one_program() -> None:
    run = run_symbolic(_layer, {"x": "b n", "dout": "b n"}, "layer", Softmax.forward)
    assert [o.tensor.name for o in run.program.outputs] == ["out", "dx2"]
    assert str(run.program).splitlines()[:-1] == [
        "m_b = max_i x_bi",
        "e_bi = exp(x_bi - m_b)",
        "s_b = Σ_i e_bi",
        "out_bi = e_bi / s_b",
        "dx_bi = out_bi dout_bi",
        "total_b = Σ_i dx_bi",
    ]
    last = run.program.assignments[-1]
    assert last.tensor.name == "dx2"
    assert {t.name for t in last.value.tensors} == {"dx", "out", "total"}


def test_writes_name_whose_storage_they_reach() -> None:
    def body(arrays: Mapping[str, Array]) -> dict[str, Array]:
        x = arrays["x"]
        rows = x.T
        rows *= 2
        own = x.copy()
        own += 1
        return {"y": own}

    run = run_symbolic(body, {"x": "b n"}, "writes")
    assert run.writes[0].owner == "x"
    assert all(w.place and w.place.file == __file__ for w in run.writes)


def test_a_part_of_a_dim_is_not_mistaken_for_another_dim() -> None:
    def forward(x, w):
        return x.reshape(2, -1).sum(axis=0).sum() * w

    program = trace(forward, {"x": "n", "w": "n_1"})
    names = [d.name for d in program.arguments[0].tensor.dims]
    assert "n_1" not in names and names[0] == "k2"


def test_a_user_dim_may_look_like_a_part() -> None:
    def forward(x, w):
        with pytest.raises(InputError, match="do not line up"):
            x.reshape(2, -1) * w
        return x

    trace(forward, {"x": "n", "w": "n_1"})


def test_nesting_has_a_bound_that_is_said() -> None:
    def forward(x):
        return reduce(lambda y, _: 1 / (y + x), range(980), x)

    with pytest.raises(InputError, match="too deeply"):
        trace(forward, {"x": "n"})


def test_deep_chains_of_named_values_are_fine() -> None:
    def forward(x):
        h = x
        for _ in range(300):
            h = np.tanh(h * 0.9 + 0.1)
        return h

    assert len(agrees(forward, {"x": "n"}).assignments) == 300


@pytest.mark.parametrize("name", ["where", "exp", "sum", "norm", "einsum", "reshape", "split"])
def test_the_summary_of_what_is_supported_is_true(name: str) -> None:
    assert name in SUPPORTED and name in RULES


def _restored(module: Any) -> dict[str, Any]:
    return {n: getattr(module, n) for n in ("zeros", "sum", "arange", "array")}


def test_modules_are_put_back_after_an_error() -> None:
    before = _restored(np)

    def forward(x):
        raise KeyError("the user's own")

    with pytest.raises(KeyError):
        trace(forward, {"x": "n"})
    assert _restored(np) == before
