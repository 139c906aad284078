"""A product of several arrays is summed two at a time, the cheapest pair first."""

from __future__ import annotations

import random
import re
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.index import nodes
from symderive.index.walk import walk
from symderive.schedule.shapes import groups_of, is_contraction

LETTERS = "ijkl"
Array = Any


def drawn(seed: int) -> str:
    """Subscripts of three or four operands, of which each shares an index with another."""
    rng = random.Random(seed)
    while True:
        count = 3 + seed % 2
        operands = ["".join(rng.sample(LETTERS, rng.choice((1, 2, 2, 3)))) for _ in range(count)]
        used = sorted({c for o in operands for c in o})
        output = "".join(rng.sample(used, rng.randint(0, len(used) - 1)))
        if all(any(set(o) & set(p) for p in operands if p is not o) for o in operands):
            return f"{','.join(operands)}->{output}"


def forward_of(subscripts: str) -> Any:
    names = "abcd"[: subscripts.count(",") + 1]
    given = ", ".join(names)
    space: dict[str, Any] = {"np": np}
    exec(f"def product({given}):\n    return np.einsum('{subscripts}', {given})", space)
    operands = subscripts.split("->")[0].split(",")
    dims = {name: " ".join(o) for name, o in zip(names, operands, strict=True)}
    return sd.derive(space["product"], **dims)


@pytest.mark.parametrize("seed", range(12))
def test_no_sum_has_more_than_two_factors_and_all_is_right(seed: int) -> None:
    subscripts = drawn(seed)
    d = forward_of(subscripts)
    statements = (*d.schedule.forward.statements, *d.schedule.backward.statements)
    sums = [n for s in statements for n in walk(s.value) if is_contraction(n)]
    assert all(len(groups_of(n)) <= 2 for n in sums if isinstance(n, nodes.Reduce))
    given, output = subscripts.split("->")[0].split(","), subscripts.split("->")[1]
    rng = np.random.default_rng(seed)
    length = dict(zip(LETTERS, (2, 3, 4, 5), strict=True))
    arrays = [rng.normal(size=[length[c] for c in o]) for o in given]
    kernel = d.build("numpy")
    y, residuals = kernel.fwd(*arrays)
    np.testing.assert_allclose(y, np.einsum(subscripts, *arrays), rtol=1e-10)
    dy = rng.normal(size=np.shape(y))
    for place, found in enumerate(kernel.bwd(residuals, dy)):
        others = [o for n, o in enumerate(given) if n != place]
        ones = [a for n, a in enumerate(arrays) if n != place]
        missing = [c for c in given[place] if c not in "".join([output, *others])]
        full = [np.ones(length[c]) for c in missing]
        back = f"{','.join([output, *others, *missing])}->{given[place]}"
        np.testing.assert_allclose(found, np.einsum(back, dy, *ones, *full), rtol=1e-9, atol=1e-12)


def test_a_chain_of_matrices_is_two_products() -> None:
    code = forward_of("ij,jk,kl->il").source("numpy")
    assert "np.einsum" not in code
    assert re.search(r"(\w+) = a @ b .*\n +y = \1 @ c ", code)


def test_a_quadratic_form_makes_no_array_of_three_axes() -> None:
    d = sd.derive(lambda x, A: np.einsum("bi,ij,bj->b", x, A, x), x="b i", A="i i")
    widest = max(len(s.indices) for s in d.schedule.forward.statements)
    assert widest == 2


def test_two_arrays_that_share_only_summed_axes_are_one_tensor_product() -> None:
    def bilinear(x: Array, W: Array, z: Array) -> Array:
        return np.einsum("bi,ijk,bj->bk", x, W, z)

    code = sd.derive(bilinear, x="b i", W="i j k", z="b j").source("numpy")
    assert "np.tensordot(" in code and "np.einsum(" not in code
