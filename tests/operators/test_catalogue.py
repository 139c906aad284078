"""The catalogue is complete in itself: forwards are plain NumPy, documented, and stay finite."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from symderive.errors import InputError
from symderive.frontends.primitives import erf
from symderive.index.domains import Domain
from symderive.operators import CATALOGUE, families, find, operator
from tests.oracles.sampling import inputs_for

LENGTHS = {"b": 3, "n": 4, "m": 2, "d": 3, "e": 2, "g": 2, "c": 2, "s": 3, "h": 2, "w": 2, "r": 2}
ONE_AXIS = [
    name for name, op in CATALOGUE.items() if "axis" in inspect.signature(op.forward).parameters
]


def test_the_catalogue_covers_what_people_want() -> None:
    assert len(CATALOGUE) >= 55
    assert set(families()) == {
        "activations",
        "softmax family",
        "normalisation",
        "losses",
        "attention and linear layers",
        "similarities and kernels",
        "pooling",
    }
    assert sum(map(len, families().values())) == len(CATALOGUE)


@pytest.mark.parametrize("name", CATALOGUE)
def test_an_entry_is_documented_and_its_domains_name_its_arguments(name: str) -> None:
    entry = CATALOGUE[name]
    parameters = inspect.signature(entry.forward).parameters
    arrays = [p.name for p in parameters.values() if p.default is p.empty]
    assert list(entry.domains) == arrays
    assert entry.name == entry.forward.__name__ == name
    assert entry.summary.endswith((".", "(PaLM).")) and len(entry.summary) < 100


@pytest.mark.parametrize("name", CATALOGUE)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_forward_runs_on_arrays_and_leaves_them_alone(name: str, seed: int) -> None:
    entry = CATALOGUE[name]
    inputs = inputs_for(entry.domains, LENGTHS, seed)
    before = [x.copy() for x in inputs]
    y = entry.forward(*inputs)
    assert np.all(np.isfinite(y))
    assert np.asarray(y).dtype == np.float64
    assert all(map(np.array_equal, before, inputs))


@pytest.mark.parametrize("name", ONE_AXIS)
def test_an_axis_can_be_chosen(name: str) -> None:
    """Reducing axis 0 is reducing the last axis of the transposed array."""
    forward = CATALOGUE[name].forward
    x = np.random.default_rng(0).uniform(-2, 2, (4, 3))
    np.testing.assert_allclose(forward(x, axis=0), forward(x.T).T, rtol=1e-12)


def test_an_axis_is_offered_where_there_is_one_array_and_one_reduced_axis() -> None:
    alone = {name for name, op in CATALOGUE.items() if list(op.domains.values()) == ["... n"]}
    assert set(ONE_AXIS) <= alone
    softmaxes = {op.name for op in families()["softmax family"]} & alone
    assert softmaxes - set(ONE_AXIS) == {"softcap"}


def test_an_operator_is_found_by_name_and_by_alias() -> None:
    assert find("silu") is find("swish") is CATALOGUE["silu"]
    with pytest.raises(InputError, match="Did you mean 'softmax'"):
        find("sofmax")


def test_a_name_is_entered_once() -> None:
    def relu(x: object) -> object:
        """Another one."""
        return x

    with pytest.raises(InputError, match="already has an operator 'relu'"):
        operator("activations", x="n")(relu)


def test_labels_and_masks_are_integers() -> None:
    for name in ("cross_entropy", "embedding", "masked_softmax"):
        kinds = [d.kind for d in CATALOGUE[name].domains.values() if isinstance(d, Domain)]
        assert "integers" in kinds


def test_erf_keeps_shape_and_dtype_and_dispatches() -> None:
    x = np.linspace(-3, 3, 7, dtype=np.float32).reshape(7, 1)
    assert erf(x).dtype == np.float32 and erf(x).shape == (7, 1)
    assert erf(0.5) == pytest.approx(0.5204998778130465, rel=1e-15)

    class Traced:
        def __array_ufunc__(self, ufunc: object, method: str, *inputs: object) -> str:
            return f"{ufunc.__name__} {method} {len(inputs)}"  # type: ignore[attr-defined]

    assert erf(Traced()) == "erf __call__ 1"
