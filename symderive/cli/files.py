"""Output files: refused before anything is written, and then whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import InputError

MARK = "by symderive"  # stands in the head of every file that symderive writes


def default_folder() -> Path:
    """`generated/` where the current directory has one, as a clone does; else that directory."""
    return Path("generated") if Path("generated").is_dir() else Path(".")


def is_ours(path: Path) -> bool:
    """True where the head of the file says that symderive made it."""
    with path.open(encoding="utf-8", errors="replace") as file:
        return MARK in file.read(2000)


def refuse_foreign(path: Path, force: bool) -> None:
    """An error where writing would destroy something that symderive did not make."""
    if path.is_dir():
        raise InputError(f"{path} is a folder; choose another place.")
    if path.exists() and not force and not is_ours(path):
        raise InputError(
            f"{path} is there already and does not say that it was made by symderive, so it is "
            f"left alone; choose another place, or overwrite it with --force."
        )


def write(path: Path, text: str) -> str:
    """Write through a temporary file in the same folder; answers "written" or "unchanged"."""
    if path.is_file() and path.read_bytes() == text.encode():
        return "unchanged"
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return "written"
