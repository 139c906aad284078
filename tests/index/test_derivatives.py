"""Every derivative that is written down is the one that SymPy finds."""

from __future__ import annotations

import subprocess
import sys

import pytest

from symderive.index.derivatives import PARTIALS
from symderive.index.functions import FUNCTIONS
from symderive.index.nodes import Tensor
from symderive.index.partials import partial, smooth_partial

U, V, Y = (Tensor(name)[()] for name in "uvy")


@pytest.mark.parametrize("name", PARTIALS)
def test_sympy_finds_the_same_derivative(name: str) -> None:
    function = FUNCTIONS[name]
    assert len(PARTIALS[name]) == function.arity
    args = (U, V)[: function.arity]
    for position in range(function.arity):
        assert partial(name, position, args, Y) == smooth_partial(name, position)(args, Y)


def test_a_smooth_function_without_an_entry_is_differentiated_by_sympy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stated = partial("tanh", 0, (U,), Y)
    monkeypatch.delitem(PARTIALS, "tanh")
    assert partial("tanh", 0, (U,), Y) == stated


def test_deriving_softmax_does_not_load_sympy() -> None:
    code = "import sys, symderive; symderive.derive('softmax').verify(quick=True); "
    code += "sys.exit('sympy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
