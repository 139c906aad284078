"""`symderive generate`: the modules of the whole catalogue, the same bytes every time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Annotated

import typer

from ..errors import DerivationError, SymderiveError
from ..operators import CATALOGUE
from ..pipeline import derive
from . import files
from .progress import watched

PACKAGE = '''"""The catalogue, made by symderive; to make it again: symderive generate"""
'''


def module_text(name: str) -> str:
    """The NumPy module of one operator."""
    try:
        return derive(name).source("numpy")
    except SymderiveError as error:
        raise DerivationError(f"{name}: {error}") from error  # which of them it was


def wanted_files() -> Iterator[tuple[str, str]]:
    """(file name, text) for all of generated/, made in as many processes as there are cores."""
    from concurrent.futures import ProcessPoolExecutor  # 15 ms that no other command has to pay

    yield "__init__.py", PACKAGE
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        texts = workers.map(module_text, CATALOGUE, chunksize=4)
        for name, text in zip(CATALOGUE, texts, strict=True):
            yield f"{name}.py", text


def stale_files(folder: Path, wanted: dict[str, str]) -> list[Path]:
    """Modules that symderive once made there and would not make now."""
    return [p for p in sorted(folder.glob("*.py")) if p.name not in wanted and files.is_ours(p)]


def generate_all(
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Write nothing; show a diff and exit with 1 where it is stale."
        ),
    ] = False,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="The folder of the generated modules.")
    ] = Path("generated"),
) -> None:
    """Write the module of every operator, and remove those of operators that are gone.

    The same catalogue gives the same bytes.

    \b
    symderive generate           all of generated/
    symderive generate --check   for CI: a diff, and exit status 1, where generated/ is stale
    """
    wanted = dict(watched(wanted_files(), "generating", len(CATALOGUE) + 1))
    stale = stale_files(out, wanted)
    if check:
        raise typer.Exit(_report(out, wanted, stale))
    for name in wanted:
        files.refuse_foreign(out / name, force=False)
    written = [files.write(out / name, text) for name, text in wanted.items()]
    for path in stale:
        path.unlink()
    typer.echo(
        f"{out}: {len(written)} modules, {written.count('written')} written, {len(stale)} removed"
    )


def _report(out: Path, wanted: dict[str, str], stale: list[Path]) -> int:
    """Print how the folder differs from what is wanted; the exit status."""
    pairs = [(out / name, text) for name, text in wanted.items()] + [(path, "") for path in stale]
    differing = 0
    for path, text in pairs:
        found = path.read_text(encoding="utf-8") if path.is_file() else ""
        if found != text:
            differing += 1
            lines = (found.splitlines(keepends=True), text.splitlines(keepends=True))
            sys.stdout.writelines(unified_diff(*lines, str(path), f"{path} (generated now)"))
    if differing:
        typer.echo(f"{differing} of {len(pairs)} modules are stale; run `symderive generate`.")
        return 1
    typer.echo(f"{out}: {len(wanted)} modules, all as generated")
    return 0
