"""`symderive proof`: the derivation as a document to read, in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import InputError
from . import files
from .options import Dims, Expression, Force, Name, Operator
from .progress import Waiting
from .subject import Subject

Language = Annotated[
    str, typer.Option("--lang", metavar="LANG", help="The language of the prose: en or zh.")
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        show_default=False,
        help="tex, pdf, html or md. Without it: what the ending of FILE says, else tex.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        show_default=False,
        help="Without it: NAME.FORMAT or NAME.LANG.FORMAT here.",
    ),
]
Short = Annotated[bool, typer.Option("--short", help="The theorem and the key steps alone.")]


def _default_path(name: str, lang: str, form: str) -> Path:
    """softmax.tex in English, softmax.zh.tex in Chinese."""
    return Path(f"{name}.{form}" if lang == "en" else f"{name}.{lang}.{form}")


def prove_operator(
    operator: Operator = None,
    expr: Expression = None,
    dims: Dims = None,
    name: Name = None,
    lang: Language = "en",
    form: Format = None,
    output: Output = None,
    short: Short = False,
    force: Force = False,
) -> None:
    """Write the proof: each step named and justified, each code line with its equation.

    \b
    symderive proof softmax --format html
    symderive proof softmax --lang zh -o softmax.pdf
    symderive proof layers.py:swish --dims 'x=b n' --dims 'beta=n' --format md
    """
    from ..proofs import FORMATS, pdf, render  # the typesetting is loaded for those who read

    known = [*FORMATS, "pdf"]
    form = form or (output.suffix.removeprefix(".") if output else "") or "tex"
    if form not in known:
        raise InputError(
            f"no format '{form}': there are {', '.join(known)}; say which with --format."
        )
    ending = output.suffix.removeprefix(".") if output else ""
    if ending in known and ending != form:
        raise InputError(
            f"{output} would hold {form}: say --format {ending}, or name the file *.{form}."
        )
    with Waiting("proving"):
        derivation = Subject(operator, expr, dims or [], name).derive()
        path = output or _default_path(derivation.name, lang, form)
        files.refuse_foreign(path, force or output is not None)
        document = derivation.proof(lang, short=short)
        if form == "pdf":
            what = "written"
            pdf(render(document, "tex"), path)
        else:
            what = files.write(path, render(document, form))
    typer.echo(f"{path} ({what})")
