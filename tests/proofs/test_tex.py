"""Every proof of the catalogue compiles in every language, without overfull boxes beyond 5
points."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from symderive.errors import SymderiveError
from symderive.operators import CATALOGUE
from symderive.proofs import document, pdf, render
from symderive.proofs.languages import known
from symderive.proofs.renderers.pdf import compile_tex
from tests.proofs import samples

ENGINES = {"en": ("-pdf", "-pdfxe"), "zh": ("-pdfxe",)}
PROGRAMS = {"-pdf": ("pdflatex",), "-pdfxe": ("xelatex", "-no-pdf")}
RUNS = [(lang, engine) for lang in known() for engine in ENGINES.get(lang, ("-pdfxe",))]
START = "==proof "
tex = pytest.mark.tex


def overfull(log: str) -> list[float]:
    """By how many points lines are too long."""
    return [float(n) for n in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]


def bound(texts: dict[str, str]) -> str:
    """Proofs with one preamble as one document, each announced in TeX's log: a run for each of them
    would spend most of its time on loading packages."""
    heads, bodies = set(), []
    for name, text in texts.items():
        head, _, rest = text.partition("\\begin{document}")
        heads.add(re.sub(r"^%.*\n|pdftitle=.*", "", head, flags=re.MULTILINE))
        body = rest.partition("\\end{document}")[0]
        bodies.append(rf"\typeout{{{START}{name}}}{body}\clearpage")
    assert len(heads) == 1, "the proofs of a language share their preamble"
    return "\n".join([head, r"\begin{document}", *bodies, r"\end{document}"])


@tex
@pytest.mark.parametrize(("lang", "engine"), RUNS)
def test_every_proof_compiles(lang: str, engine: str, tmp_path: Path) -> None:
    names = sorted(CATALOGUE)
    texts = {n: render(document(samples.catalogue(n), lang), "tex") for n in names}
    (tmp_path / "all.tex").write_text(bound(texts), encoding="utf-8")
    command = [*PROGRAMS[engine], "-interaction=nonstopmode", "-no-shell-escape", "all.tex"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    log = (tmp_path / "all.log").read_text(encoding="utf-8", errors="replace")
    told = dict(part.split("\n", 1) for part in log.split(START)[1:])
    assert list(told) == names
    assert {n: re.findall(r"^! .*", t, re.MULTILINE) for n, t in told.items() if "\n! " in t} == {}
    assert {n: wide for n, t in told.items() if (wide := [w for w in overfull(t) if w > 5])} == {}
    assert [n for n, t in told.items() if "Missing character" in t] == []


@tex
@pytest.mark.parametrize("name", ["softmax", "attention", "group_norm"])
@pytest.mark.parametrize("lang", known())
def test_a_proof_compiles_by_itself(name: str, lang: str, tmp_path: Path) -> None:
    target = pdf(render(document(samples.catalogue(name), lang), "tex"), tmp_path / "proof.pdf")
    assert target.read_bytes().startswith(b"%PDF")
    assert list(tmp_path.iterdir()) == [target]


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


def long_names(values_of_the_first_input: Any, weights_of_every_feature: Any) -> Any:
    """Left sides of equations too long to have the right ones beside them."""
    normalised_values = values_of_the_first_input / (1 + np.exp(-values_of_the_first_input))
    total = np.sum(normalised_values * weights_of_every_feature, axis=-1, keepdims=True)
    sum_of_all_reweighted_values = np.log(1 + total**2) * normalised_values
    return np.tanh(normalised_values - sum_of_all_reweighted_values) + sum_of_all_reweighted_values


@tex
def test_aligned_lines_fit_beside_the_longest_left_side(tmp_path: Path) -> None:
    sample = samples.function(
        long_names, values_of_the_first_input="b n", weights_of_every_feature="n"
    )
    (tmp_path / "long.tex").write_text(render(document(sample, "en"), "tex"), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-no-shell-escape", "long.tex"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    log = (tmp_path / "long.log").read_text(encoding="utf-8", errors="replace")
    displayed = [part for part in log.split("Overfull ")[1:] if "detected at" in part[:60]]
    assert not displayed


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
