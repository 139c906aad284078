"""What test suites of others use: the assertion, the marker of pytest, and surrogates."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.audit.batch import Options, audited
from symderive.audit.pairs import found_at
from symderive.errors import SymderiveError
from symderive.testing import assert_backward, surrogate


def scaled(x: Any, a: Any) -> Any:
    return x * a


def scaled_backward(d: Any, x: Any, a: Any) -> Any:
    return d * a, (d * x).sum()


def scaled_wrong(d: Any, x: Any, a: Any) -> Any:
    return d * a, (d * x).mean()


def cubed(x: Any) -> Any:
    return x * x * x


def cubed_backward(d: Any, x: Any) -> Any:
    return 3 * d * x * x


@surrogate("straight-through")
class Rounds:
    """Wrong on purpose."""

    def forward(self, x: Any) -> Any:
        return np.round(x)

    def backward(self, d: Any) -> Any:
        return d


def test_what_is_right_gives_its_verdict() -> None:
    verdict = assert_backward((scaled, scaled_backward), x="n", a="")
    assert verdict.ok
    assert assert_backward((scaled, scaled_backward), {"x": "n", "a": ""}).ok


def test_dims_are_guessed_where_none_are_given() -> None:
    assert assert_backward((cubed, cubed_backward)).assumed[0] == "dims: x=b n"
    with pytest.raises(AssertionError, match="say which dims are meant"):
        assert_backward((scaled, scaled_backward))  # right for a scalar alone


def test_what_is_wrong_says_where_and_why() -> None:
    with pytest.raises(AssertionError) as raised:
        assert_backward((scaled, scaled_wrong), x="n", a="")
    told = str(raised.value)
    assert "different" in told and f"{Path(__file__).name}:" in told and "the derivative" in told


def test_what_does_not_fit_is_no_failed_assertion() -> None:
    with pytest.raises(SymderiveError, match="no argument 'z'"):
        assert_backward((scaled, scaled_backward), x="n", a="", z="n")


def test_a_surrogate_is_left_out_with_its_reason() -> None:
    outcome = audited(found_at("Rounds", Rounds), Options())
    assert outcome is not None and outcome.exit_code == 0
    assert (outcome.kind, outcome.trouble) == ("surrogate", "straight-through")
    assert not sd.audit(Rounds, x="n").ok


SUITE = """
import numpy as np
import pytest

def double(x):
    return 2 * x

def double_backward(d):
    return 2 * d

def double_wrong(d):
    return d

@pytest.mark.backward((double, double_backward), x="n")
def test_right(): ...

@pytest.mark.backward((double, double_wrong), x="n")
def test_wrong(): ...

@pytest.mark.backward((double, double_backward), y="n")
def test_misspelt(): ...
"""


def test_the_marker_audits(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text(SUITE)
    words = ("-m", "pytest", "-p", "symderive.pytest_plugin", "--strict-markers", "-q", "-rA")
    options = ("-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(tmp_path))
    ran = subprocess.run(
        [sys.executable, *words, *options, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout and "2 failed" in ran.stdout
    assert "double_wrong: different" in ran.stdout and "no argument 'y'" in ran.stdout
    assert "Traceback" not in ran.stdout
