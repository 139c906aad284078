"""Pictures show the numbers that they should, and are well formed."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from symderive.pipeline import derive
from symderive.proofs.assemble import parts_of
from symderive.proofs.context import context
from symderive.proofs.languages import language
from symderive.proofs.layout import Symbol
from symderive.proofs.pictures import edges, graph, heatmap
from symderive.proofs.pictures.curve import curve, samples
from symderive.proofs.pictures.svg import svg
from symderive.proofs.pictures.tikz import tikz
from symderive.proofs.prepare import prepared

ROW, COLUMN = Symbol("i"), Symbol("k")


def told(name: str):  # type: ignore[no-untyped-def]
    """An operator's parts, as the sections see them."""
    return prepared(parts_of(derive(name).derived))


def test_heatmap_of_softmax() -> None:
    parts = told("softmax")
    found = heatmap(parts.derived.forward, parts.jacobians[0], ROW, COLUMN)
    assert found is not None
    picture, values = found
    y = values.diagonal()
    assert np.allclose(values.sum(axis=0), 0)
    assert np.allclose(values, values.T)
    assert (y > 0).all()
    ElementTree.fromstring(svg(picture, "softmax"))


def test_curve_of_tanh() -> None:
    derived = told("tanh").derived
    sampled = samples(derived)
    assert sampled is not None
    x, y, dx = sampled
    assert np.allclose(y, np.tanh(x))
    assert np.allclose(dx, 1 - np.tanh(x) ** 2)
    assert curve(derived, ROW, COLUMN) is not None


@pytest.mark.parametrize("name", ["softmax", "layer_norm", "attention", "attention_pool"])
def test_only_elementwise_operators_have_a_curve(name: str) -> None:
    assert curve(told(name).derived, ROW, COLUMN) is None


@pytest.mark.parametrize("name", ["softmax", "attention", "layer_norm"])
def test_graph_has_every_tensor_and_no_gradient_through_a_shift(name: str) -> None:
    parts = told(name)
    c = context(parts, language("en"))
    picture = graph(parts.derived.forward, c.names)
    assert picture is not None
    ElementTree.fromstring(svg(picture, name))
    assert tikz(picture).count("\n") == len(picture.shapes) + 1
    shifts = {a.tensor for a in parts.derived.forward.assignments if a.constant}
    for source, target, passes in edges(parts.derived.forward):
        assert not (passes and (source in shifts or target in shifts))
    assert picture.width < 460
