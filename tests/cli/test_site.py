"""`symderive site`: the gallery in a folder, which is nobody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from symderive import operators

from .conftest import Run

FEW = ("relu", "softmax")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue of two operators."""
    whole = operators.families()
    found = {f: tuple(e for e in entries if e.name in FEW) for f, entries in whole.items()}
    monkeypatch.setattr(operators, "families", lambda: {f: e for f, e in found.items() if e})


@pytest.mark.parametrize(("lang", "proof"), [("en", "Full proof"), ("zh", "完整证明")])
def test_a_page_for_each_operator(run: Run, tmp_path: Path, lang: str, proof: str) -> None:
    done = run("site", "--lang", lang, "--out", "gallery")
    assert done.status == 0, done.err
    assert "2 proofs" in done.out
    pages = {p.name: p.read_text(encoding="utf-8") for p in (tmp_path / "gallery").iterdir()}
    assert pages.keys() == {"index.html", "relu.html", "softmax.html"}
    assert all(f'href="{name}.html"' in pages["index.html"] for name in FEW)
    assert all(proof in pages[f"{name}.html"] for name in FEW)


def test_the_same_bytes_again(run: Run, tmp_path: Path) -> None:
    assert run("site").status == 0
    first = {p.name: p.read_bytes() for p in (tmp_path / "site").iterdir()}
    assert run("site").status == 0
    assert {p.name: p.read_bytes() for p in (tmp_path / "site").iterdir()} == first


def test_what_symderive_did_not_write_is_kept(run: Run, tmp_path: Path) -> None:
    index = tmp_path / "site" / "index.html"
    index.parent.mkdir()
    index.write_text("mine", encoding="utf-8")
    assert run("site").status != 0
    assert index.read_text(encoding="utf-8") == "mine"
    assert list(index.parent.iterdir()) == [index]
    assert run("site", "--force").status == 0


def test_an_unknown_language_writes_nothing(run: Run, tmp_path: Path) -> None:
    done = run("site", "--lang", "de")
    assert done.status != 0
    assert "en, zh" in done.err
    assert not (tmp_path / "site").exists()
