"""`symderive audit PATH`: files, folders and packages, and names of methods."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from .conftest import Run

INNER = """
import numpy as np
from ..tools import logistic

print("this is loaded")

class Logistic:
    def forward_pass(self, x):
        print("a layer that talks")
        self.y = logistic(x)
        return self.y

    def backward_pass(self, accum_grad):
        return accum_grad * self.y * (1 - self.y)

    def wrong_pass(self, accum_grad):
        return accum_grad * self.y
"""
OUTER = """
def half_forward(x):
    return x / 2

def half_backward(dout):
    return dout * 2
"""


NUMBERS = count()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    root = tmp_path / f"pack_{next(NUMBERS)}"  # modules that were imported stay
    (root / "inner").mkdir(parents=True)
    for folder in (root, root / "inner"):
        (folder / "__init__.py").write_text("")
    (root / "tools.py").write_text(
        "import numpy as np\n\ndef logistic(x):\n    return 1 / (1 + np.exp(-x))\n"
    )
    (root / "inner" / "layers.py").write_text(INNER)
    (root / "outer.py").write_text(OUTER)
    (root / "broken.py").write_text("import absent_one\n\ndef f_backward(d):\n    return d\n")
    (root / "unread.py").write_text("def f_backward(d:\n")
    (root / "train.py").write_text("raise SystemExit('a program, not a module of layers')\n")
    return root


def test_a_package_is_audited_and_nothing_stops_it(run: Run, package: Path) -> None:
    ran = run("audit", str(package))
    assert ran.status == 1 and not ran.err
    lines = [line.split() for line in ran.out.splitlines()]
    kinds = {words[1]: words[2] for words in lines if len(words) > 2 and words[0].isdigit()}
    assert kinds["Logistic.forward_pass,backward_pass"] == "equal"
    assert kinds["half_forward,half_backward"] == "different"
    told = " ".join(ran.out.split())
    assert "No module named 'absent_one'" in told and "unread.py:1 does not import" in told
    assert "talks" not in ran.out and "loaded" not in ran.out and "train.py" not in ran.out
    assert ran.out.splitlines()[-1] == "4 pairs: 1 different, 2 not begun, 1 equal"


@pytest.mark.parametrize(("second", "status"), [("backward_pass", 0), ("wrong_pass", 1)])
def test_methods_have_any_name(run: Run, package: Path, second: str, status: int) -> None:
    names = f"{package}/inner/layers.py:Logistic.forward_pass,Logistic.{second}"
    ran = run("audit", names, "--dims", "x=b n")
    assert ran.status == status, ran.out + ran.err
    assert run("audit", names).status == status  # and without dims


def test_a_class_is_enough_where_its_methods_have_a_known_name(run: Run, package: Path) -> None:
    assert run("audit", f"{package}/inner/layers.py:Logistic").status == 0


def test_hooks_are_lenient(run: Run, package: Path, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.py"
    nothing.write_text("x = 1\n")
    assert run("audit", str(nothing)).status == 2
    assert run("audit", str(nothing), "--lenient").status == 0
    assert run("audit", str(package / "broken.py"), "--lenient").status == 0
    assert run("audit", str(package / "outer.py"), "--lenient").status == 1


def test_sarif_goes_to_a_file(run: Run, package: Path, tmp_path: Path) -> None:
    ran = run("audit", str(package), "--format", "sarif", "-o", "audit.sarif")
    assert ran.status == 1 and ran.out == "audit.sarif (written)\n"
    (log,) = json.loads((tmp_path / "audit.sarif").read_text())["runs"]
    uris = {
        r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in log["results"]
    }
    names = ("outer.py", "broken.py", "unread.py")
    assert uris == {f"{package.name}/{name}" for name in names}


def test_an_example_tells_dims(run: Run, tmp_path: Path) -> None:
    code = tmp_path / "sums.py"
    code.write_text(
        "def sums_forward(p, q):\n    return p @ q\n\n"
        "def sums_backward(d, p, q):\n    return d @ q.T, p.T @ d\n"
    )
    names = f"{code}:sums_forward,sums_backward"
    ran = run("audit", names, "--example", "p=4,5", "--example", "q=5,6", "--format", "json")
    assert ran.status == 0, ran.out + ran.err
    np.savez(tmp_path / "ex.npz", p=np.ones((4, 5)), q=np.ones((5, 6)))
    assert run("audit", names, "--example", "ex.npz").status == 0
    assert run("audit", names, "--example", "p=4,x").status == 2
    assert run("audit", names, "--example", "none.npz").status == 2


def test_a_report_in_chinese(run: Run, package: Path) -> None:
    ran = run("audit", str(package), "--lang", "zh")
    assert "不等" in ran.out and "相等" in ran.out
    assert run("audit", str(package), "--lang", "xx").status == 2


def test_a_proof_of_a_class_leads_to_its_audit(run: Run, package: Path) -> None:
    (package / "own.py").write_text("class Own:\n    def backward(self, d):\n        return d\n")
    ran = run("proof", f"{package}/own.py:Own", "--dims", "x=n")
    assert ran.status == 1 and "symderive audit" in ran.err
