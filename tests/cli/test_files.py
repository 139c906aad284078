"""Files are written whole or not at all, and never over what symderive did not make."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from symderive.cli import files
from symderive.errors import InputError

OURS = '"""softmax\n\nMade by symderive from softmax.\n"""\n'


def test_a_file_is_written_and_then_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "softmax.py"
    assert files.write(path, OURS + "σ\n") == "written"
    assert path.read_bytes() == (OURS + "σ\n").encode()
    before = path.stat().st_mtime_ns
    assert files.write(path, OURS + "σ\n") == "unchanged"
    assert path.stat().st_mtime_ns == before


def test_a_failure_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "softmax.py"
    path.write_text(OURS)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        files.write(path, OURS + "more")
    assert path.read_text() == OURS
    assert list(tmp_path.iterdir()) == [path]


def test_what_symderive_did_not_make_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "softmax.py"
    files.refuse_foreign(path, force=False)
    path.write_text("def softmax(x): ...\n")
    with pytest.raises(InputError, match=r"made by symderive.*left alone.*--force"):
        files.refuse_foreign(path, force=False)
    files.refuse_foreign(path, force=True)
    path.write_text(OURS)
    files.refuse_foreign(path, force=False)


def test_a_folder_in_the_way_is_refused_even_with_force(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        files.refuse_foreign(tmp_path, force=True)


def test_the_default_folder_is_generated_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert files.default_folder() == Path(".")
    (tmp_path / "generated").mkdir()
    assert files.default_folder() == Path("generated")
