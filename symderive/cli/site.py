"""`symderive site`: the proofs of the whole catalogue as a gallery of static pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import files
from .options import Force
from .progress import watched

if TYPE_CHECKING:
    from ..proofs.site import Entry

Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder for the pages.")]
Language = Annotated[
    str, typer.Option("--lang", metavar="LANG", help="The language of the prose: en or zh.")
]


def build_site(out: Out = Path("site"), lang: Language = "en", force: Force = False) -> None:
    """Write the gallery: every operator's closed form, proof, code and certificate, searchable.

    \b
    symderive site
    symderive site --lang zh --out gallery
    """
    from ..proofs.languages import language  # the typesetting is loaded for those who read
    from ..proofs.site import pages

    language(lang)
    index = out / "index.html"
    files.refuse_foreign(index, force)
    made = list(pages(_entries(lang), lang))  # all of them, or nothing is written
    for name, text in made:
        files.write(out / name, text)
    typer.echo(f"{index} ({len(made) - 1} proofs)")


def _entries(lang: str) -> Iterator[Entry]:
    from ..operators import families
    from ..pipeline import derive
    from ..proofs.site import Entry

    listed = [(family, entry) for family, found in families().items() for entry in found]
    for family, entry in watched(listed, "proving", len(listed)):
        yield Entry(entry.name, family, entry.summary, derive(entry.name).proof(lang))
