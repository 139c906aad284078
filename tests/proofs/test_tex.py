"""Every proof of the catalogue compiles in every language, without overfull boxes beyond 5
points."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from symderive.errors import SymderiveError
from symderive.operators import CATALOGUE
from symderive.proofs import document, pdf, render
from symderive.proofs.languages import known
from symderive.proofs.renderers.pdf import compile_tex
from tests.proofs import samples

ENGINES = {"en": ("-pdf", "-pdfxe"), "zh": ("-pdfxe",)}
tex = pytest.mark.tex


def overfull(log: str) -> list[float]:
    """By how many points lines are too long."""
    return [float(n) for n in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]


@tex
@pytest.mark.parametrize("lang", known())
@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_every_proof_compiles(name: str, lang: str, tmp_path: Path) -> None:
    text = render(document(samples.catalogue(name), lang), "tex")
    log = compile_tex(text, tmp_path, ENGINES.get(lang, ("-pdfxe",))[0])
    assert max(overfull(log), default=0) <= 5
    assert "Missing character" not in log


@tex
@pytest.mark.parametrize("short", [False, True])
def test_english_compiles_with_both_engines(short: bool, tmp_path: Path) -> None:
    text = render(document(samples.catalogue("softmax"), "en", short), "tex")
    for engine in ENGINES["en"]:
        folder = tmp_path / engine
        folder.mkdir()
        assert "Missing character" not in compile_tex(text, folder, engine)


@tex
@pytest.mark.parametrize("name", samples.HOSTILE)
def test_hostile_names_compile(name: str, tmp_path: Path) -> None:
    for lang in known():
        target = pdf(render(document(samples.named(name), lang), "tex"), tmp_path / f"{lang}.pdf")
        assert target.read_bytes().startswith(b"%PDF")


@tex
def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(SymderiveError, match="Undefined control sequence"):
        pdf(r"\documentclass{article}\begin{document}\nonsense\end{document}", tmp_path / "a.pdf")
    assert not list(tmp_path.iterdir())


def test_no_folder_is_said_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/latexmk")
    with pytest.raises(SymderiveError, match="make it first"):
        pdf("", tmp_path / "none" / "a.pdf")


def test_without_tex_one_sentence_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(SymderiveError, match="apt install latexmk"):
        pdf("", tmp_path / "a.pdf")
