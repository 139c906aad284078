"""What each command prints, writes and answers; a mistake is one sentence on stderr."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from symderive.derivation import Derivation
from symderive.verify.check import Certificate, failed

from .conftest import Run

SWISH = """
import numpy as np

def swish(x, beta):
    return x / (1 + np.exp(-beta * x))

def sorted_rows(x):
    return np.sort(x)
"""


@pytest.fixture
def layers(tmp_path: Path) -> Path:
    path = tmp_path / "layers.py"
    path.write_text(SWISH)
    return path


def test_list_shows_the_catalogue_by_family(run: Run) -> None:
    ran = run("list")
    assert ran.status == 0
    lines = ran.out.splitlines()
    assert any(line.split()[:1] == ["softmax"] for line in lines)
    one = run("list", "--family", lines[0])
    assert one.status == 0
    assert one.out.splitlines()[0] == lines[0]
    assert len(one.out) < len(ran.out)


def test_derive_writes_a_file_of_the_target(run: Run, tmp_path: Path) -> None:
    for target, file, words in (
        ("c", "softmax.c", "#pragma omp"), ("numpy-tuned", "softmax_tuned.py", "_by_blocks"),
    ):  # fmt: skip
        ran = run("derive", "softmax", "--target", target)
        assert ran.status == 0 and f"{file} (written)" in ran.out
        assert words in (tmp_path / file).read_text()
    assert not (tmp_path / "softmax.py").exists()
    ran = run("derive", "softmax", "--target", "nump")
    assert ran.status != 0 and "Did you mean 'numpy'?" in ran.err


def test_derive_tells_the_whole_story_and_writes_the_module(run: Run, tmp_path: Path) -> None:
    ran = run("derive", "softmax")
    assert ran.status == 0, ran.err
    for title in ("Forward", "Jacobian", "Gradient", "Code", "Cost", "Certificate", "File"):
        assert f"\n{title}\n" in ran.out
    assert "δ" in ran.out
    assert "verified" in ran.out
    assert "softmax.py (written)" in ran.out
    namespace: dict[str, object] = {}
    exec((tmp_path / "softmax.py").read_text(), namespace)
    softmax = namespace["softmax"]
    assert callable(softmax)
    np.testing.assert_allclose(softmax(np.zeros((2, 4))), np.full((2, 4), 0.25))
    assert "softmax.py (unchanged)" in run("derive", "softmax").out


def test_derive_takes_a_function_of_the_user(run: Run, layers: Path, tmp_path: Path) -> None:
    ran = run("derive", "layers.py:swish", "--dims", "x=b n", "--dims", "beta=n", "--out", "made")
    assert ran.status == 0, ran.err
    assert (tmp_path / "made" / "swish.py").is_file()


def test_derive_takes_text(run: Run, tmp_path: Path) -> None:
    ran = run("derive", "--expr", "x / (1 + exp(-x))", "--dims", "x=n", "--name", "swish")
    assert ran.status == 0, ran.err
    assert (tmp_path / "swish.py").is_file()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["derive", "softmx"], "softmax"),
        (["derive"], "an operator"),
        (["derive", "softmax", "--expr", "exp(x)"], "one of them only"),
        (["derive", "softmax", "--target", "cobol"], "numpy"),
        (["derive", "missing.py:f"], "no file missing.py"),
        (["derive", "layers.py"], "layers.py:swish"),
        (["derive", "layers.py:swsh"], "Did you mean 'swish'"),
        (["derive", "layers.py:swish", "--dims", "x=b n"], "--dims 'beta="),
        (["derive", "layers.py:sorted_rows", "--dims", "x=b n"], "layers.py:8"),
        (["derive", "--expr", "exp(x)", "--dims", "x=n", "--name", "2x"], "identifier"),
        (["derive", "--expr", "exp(x", "--dims", "x=n"], "never closed"),
        (["derive", "broken.py:f"], "broken.py:2 does not import: ModuleNotFoundError"),
        (["derive", "typo.py:f"], "typo.py:1 does not import: SyntaxError"),
        (["derive", "softmax", "--out", "layers.py"], "layers.py"),
        (["derive", "softmax", "--out", "layers.py/deeper"], "layers.py"),
        (["list", "--family", "softmax famly"], "softmax family"),
    ],
)
def test_a_mistake_is_one_sentence_and_writes_nothing(
    run: Run, layers: Path, tmp_path: Path, words: list[str], said: str
) -> None:
    (tmp_path / "broken.py").write_text("x = 1\nimport no_such_module_anywhere\n")
    (tmp_path / "typo.py").write_text("def f(x) return x\n")
    before = sorted(p for p in tmp_path.rglob("*") if "__pycache__" not in p.parts)
    ran = run(*words)
    assert ran.status == 1
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1
    assert "Traceback" not in ran.err
    assert before == sorted(p for p in tmp_path.rglob("*") if "__pycache__" not in p.parts)


def test_a_file_of_the_user_is_never_overwritten(run: Run, tmp_path: Path) -> None:
    own = tmp_path / "softmax.py"
    own.write_text("mine\n")
    ran = run("derive", "softmax")
    assert ran.status == 1
    assert "--force" in ran.err
    assert own.read_text() == "mine\n"
    assert run("derive", "softmax", "--force").status == 0
    assert own.read_text() != "mine\n"


def test_unknown_options_are_wrong_usage(run: Run) -> None:
    assert run("derive", "softmax", "--taget", "numpy").status == 2
    assert run("drive", "softmax").status == 2


@pytest.mark.parametrize("command", ["list", "derive", "generate"])
def test_help_teaches(run: Run, command: str) -> None:
    ran = run(command, "--help")
    assert ran.status == 0
    assert "symderive" in ran.out


def test_the_module_is_the_command() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "symderive", "--version"], capture_output=True, text=True
    )
    assert ran.returncode == 0
    assert ran.stdout.startswith("symderive ")


def test_nothing_is_printed_where_nothing_could_be_written(run: Run, layers: Path) -> None:
    ran = run("derive", "softmax", "--out", str(layers / "deeper"))
    assert (ran.status, ran.out) == (1, "")


def test_a_module_that_fails_a_check_is_not_written(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = failed("gradient by central differences", "7 derivatives", "dx[0] is 1, not 2")
    certificate = Certificate("softmax", (), (check,), 0, 16)
    monkeypatch.setattr(Derivation, "verify", lambda *_, **__: certificate)
    ran = run("derive", "softmax")
    assert ran.status == 1
    assert "dx[0] is 1, not 2" in ran.out
    assert "was not written" in ran.err
    assert list(tmp_path.iterdir()) == []
    assert run("verify", "softmax").status == 1


def test_verify_answers_as_text_and_as_json(run: Run) -> None:
    ran = run("verify", "tanh")
    assert "Certificate of tanh" in ran.out
    told = json.loads(run("verify", "tanh", "--format", "json").out)
    assert told["operator"] == "tanh"
    assert ran.status == (0 if told["ok"] else 1)
