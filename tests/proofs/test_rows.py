"""What is written for one row is the block of that row."""

from __future__ import annotations

import numpy as np
import pytest

from symderive.index.dims import Index
from symderive.index.evaluate import Evaluator
from symderive.index.nodes import Expr, Tensor
from symderive.pipeline import derive
from symderive.proofs.assemble import parts_of
from symderive.proofs.pictures.example import evaluated
from symderive.proofs.prepare import prepared
from symderive.trace import Step

BATCHED = ("softmax", "layer_norm", "rms_norm", "gelu", "log_softmax", "l2_normalize")


def value(known: Evaluator, expr: Expr) -> np.ndarray:
    """An expression's values, over the axes that are not leading ones."""
    axes = tuple(sorted(expr.free))
    found = np.asarray(known(expr, axes), dtype=float)
    sizes = [n for n, i in zip(found.shape, axes, strict=True) if not i.dim.is_batch]
    return found.reshape(sizes)


@pytest.mark.parametrize("name", BATCHED)
def test_each_side_of_a_step_keeps_its_value_on_one_row(name: str) -> None:
    d = derive(name)
    told = prepared(parts_of(d.derived))
    known = evaluated(d.derived.forward, {"...": 1, "n": 4})
    cotangent: Tensor = d.derived.cotangent
    known.arrays[cotangent.name] = np.linspace(-1, 2, 4).reshape(1, 4)
    for a in d.derived.backward.assignments:
        known.assign(a.tensor, a.indices, a.value)
    before = {s.left.replace("'", ""): [] for trace in d.steps.values() for s in trace}
    for trace in d.steps.values():
        for s in trace:
            before[s.left.replace("'", "")].append(value(known, s.after))
    shown: list[Step] = [s for trace in told.derived.steps.values() for s in trace]
    shown += [s for j in told.jacobians for s in j.steps]
    assert shown
    for s in shown:
        here = value(known, s.after)
        assert any(np.allclose(here, w) for w in before[s.left] if w.shape == here.shape), s


@pytest.mark.parametrize("name", BATCHED)
def test_no_second_row_is_named(name: str) -> None:
    told = prepared(parts_of(derive(name).derived))
    for trace in told.derived.steps.values():
        for s in trace:
            rows: list[Index] = [i for i in s.after.free if i.dim.is_batch and i.serial]
            assert not rows
            assert "…'" not in s.left


def test_rows_that_mix_keep_their_index() -> None:
    def centred(x: np.ndarray) -> np.ndarray:
        return x - np.mean(x, axis=0)

    d = derive(centred, x="b n")
    text = " ".join(
        s.left for trace in prepared(parts_of(d.derived)).derived.steps.values() for s in trace
    )
    assert "b'" in text or "dx_bi" in text
