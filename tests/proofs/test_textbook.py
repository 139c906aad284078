"""The textbook's three lines, where a gradient has their shape, compute the gradient."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from symderive.pipeline import derive
from symderive.proofs import document, parts_of, render
from symderive.proofs.context import context
from symderive.proofs.languages import language
from symderive.proofs.prepare import prepared
from symderive.proofs.textbook import listing


def lines(name: str) -> str:
    """The lines for an operator's only gradient, "" where it has not their shape."""
    parts = prepared(parts_of(derive(name).derived))
    found = listing(context(parts, language("en")), parts.derived.backward.assignments[-1])
    return "\n".join(s.text for s in found.statements) if found else ""


def test_the_lines_compute_the_gradient() -> None:
    rng = np.random.default_rng(0)
    x, dout = rng.normal(size=(2, 3, 5))
    kernel = derive("softmax").build()
    out, residuals = kernel.fwd(x)
    names = {"self": SimpleNamespace(out=out), "dout": dout, "np": np}
    exec(lines("softmax"), names)
    assert np.allclose(names["dx"], kernel.bwd(residuals, dout)[0])


def test_another_operator_of_the_same_shape_gets_them() -> None:
    def my_softmax(z: np.ndarray) -> np.ndarray:
        powers = np.exp(z)
        return powers / np.sum(powers, axis=-1, keepdims=True)

    d = derive(my_softmax, z="... n")
    text = render(document(parts_of(d.derived)), "md")
    assert "sumdz = np.sum(dz, axis=-1, keepdims=True)" in text


@pytest.mark.parametrize("name", ["layer_norm", "gelu", "log_softmax", "attention_pool"])
def test_no_other_shape_gets_them(name: str) -> None:
    assert lines(name) == ""
