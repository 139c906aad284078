"""generated/ is written whole, is the same every time, and is checked for drift."""

from __future__ import annotations

from pathlib import Path

import pytest

from symderive.cli import generate
from symderive.operators import CATALOGUE

from .conftest import Run

NAMES = ("softmax", "tanh")


@pytest.fixture(autouse=True)
def small_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "CATALOGUE", {name: CATALOGUE[name] for name in NAMES})


def test_generate_writes_what_check_accepts(run: Run, tmp_path: Path) -> None:
    assert run("generate").status == 0
    folder = tmp_path / "generated"
    assert sorted(p.name for p in folder.iterdir()) == ["__init__.py", "softmax.py", "tanh.py"]
    before = {p: p.read_bytes() for p in folder.iterdir()}
    assert run("generate", "--check").status == 0
    again = run("generate")
    assert "0 written" in again.out
    assert {p: p.read_bytes() for p in folder.iterdir()} == before


def test_check_shows_a_diff_where_a_module_is_stale(run: Run, tmp_path: Path) -> None:
    run("generate")
    path = tmp_path / "generated" / "tanh.py"
    path.write_text(path.read_text().replace("import numpy as np", "import numpy"))
    ran = run("generate", "--check")
    assert ran.status == 1
    assert "-import numpy\n+import numpy as np\n" in ran.out
    assert "symderive generate" in ran.out
    assert path.read_text().count("import numpy as np") == 0


def test_check_finds_what_is_missing_and_what_is_left_over(run: Run, tmp_path: Path) -> None:
    run("generate")
    folder = tmp_path / "generated"
    (folder / "softmax.py").rename(folder / "softmin.py")
    ran = run("generate", "--check")
    assert ran.status == 1
    assert "2 of 4 modules are stale" in ran.out


def test_generate_removes_what_is_left_over_and_spares_what_it_did_not_make(
    run: Run, tmp_path: Path
) -> None:
    run("generate")
    folder = tmp_path / "generated"
    (folder / "softmax.py").rename(folder / "softmin.py")
    (folder / "notes.py").write_text("mine\n")
    assert run("generate").status == 0
    names = sorted(p.name for p in folder.iterdir())
    assert names == ["__init__.py", "notes.py", "softmax.py", "tanh.py"]


def test_an_operator_that_does_not_derive_is_named(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generate, "CATALOGUE", {**generate.CATALOGUE, "sigmiod": None})
    ran = run("generate")
    assert ran.status == 1
    assert ran.err.startswith("symderive: sigmiod: ")
    assert not (tmp_path / "generated").exists()
