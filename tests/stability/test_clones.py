"""One exponential in sums over rows and over columns: each kind of sum has its own shift."""

from __future__ import annotations

import numpy as np
import pytest

import symderive as sd


def clip(q, k, tau=0.07):
    s = q @ k.T / tau
    e = np.exp(s)
    rows = s - np.log(np.sum(e, axis=-1, keepdims=True))
    columns = s - np.log(np.sum(e, axis=0, keepdims=True))
    return -np.mean(np.diagonal(rows) + np.diagonal(columns)) / 2


def doubly(x):
    e = np.exp(x)
    return e / np.sum(e, axis=-1, keepdims=True) + e / np.sum(e, axis=0, keepdims=True)


SUBJECTS = {"clip": (clip, {"q": "b d", "k": "b d"}), "doubly": (doubly, {"x": "b n"})}


@pytest.mark.parametrize("name", SUBJECTS)
def test_each_sum_has_its_own_finite_shift(name):
    fn, domains = SUBJECTS[name]
    d = sd.derive(fn, **domains)
    assert [s.rule for s in d.stable.steps].count("shift-by-maximum") == 2
    assert sum(a.constant for a in d.derived.forward.assignments) == 2
    kernel, rng = d.build(), np.random.default_rng(0)
    near = [rng.normal(size=(4, 4)) for _ in domains]
    np.testing.assert_allclose(kernel(*near), fn(*near), rtol=1e-12)
    far = [100 * a for a in near]
    y, residuals = kernel.fwd(*far)
    assert np.isfinite(y).all()
    assert all(np.isfinite(g).all() for g in kernel.bwd(residuals, np.ones_like(y)))


def test_no_copy_is_made_where_one_shift_serves():
    d = sd.derive("softmax")
    assert [a.tensor.name for a in d.derived.forward.assignments] == ["m", "e", "s", "y"]
