"""A proof goes where it is told to, in the format and the language that were asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Run


@pytest.mark.parametrize(
    ("words", "file", "start"),
    [
        (["--format", "html"], "tanh.html", "<!DOCTYPE html>"),
        (["--format", "md"], "tanh.md", "<!--"),
        ([], "tanh.tex", "%"),
        (["--lang", "zh"], "tanh.zh.tex", "%"),
        (["-o", "deep/proof.md"], "deep/proof.md", "<!--"),
        (["-o", "proof.txt", "--format", "md", "--short"], "proof.txt", "<!--"),
    ],
)
def test_a_proof_is_written(
    run: Run, tmp_path: Path, words: list[str], file: str, start: str
) -> None:
    ran = run("proof", "tanh", *words)
    assert ran.status == 0, ran.err
    assert ran.out == f"{file} (written)\n"
    assert (tmp_path / file).read_text(encoding="utf-8").startswith(start)
    assert run("proof", "tanh", *words).out == f"{file} (unchanged)\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--lang", "fr"], "zh"),
        (["--format", "doc"], "tex, html, md, pdf"),
        (["-o", "proof.doc"], "tex, html, md, pdf"),
        (["-o", "taken/proof.md"], "taken"),
    ],
)
def test_what_cannot_be_is_refused(run: Run, tmp_path: Path, words: list[str], said: str) -> None:
    (tmp_path / "taken").write_text("a file\n")
    ran = run("proof", "tanh", *words)
    assert ran.status == 1
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def test_a_file_of_the_user_is_spared_unless_it_is_named(run: Run, tmp_path: Path) -> None:
    own = tmp_path / "tanh.md"
    own.write_text("mine\n")
    assert run("proof", "tanh", "--format", "md").status == 1
    assert own.read_text() == "mine\n"
    assert run("proof", "tanh", "-o", "tanh.md").status == 0
    assert own.read_text() != "mine\n"


@pytest.mark.tex
def test_a_pdf_is_compiled(run: Run, tmp_path: Path) -> None:
    assert run("proof", "tanh", "-o", "proof.pdf").status == 0
    assert (tmp_path / "proof.pdf").read_bytes().startswith(b"%PDF")
