"""The arguments that several commands share, said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Operator = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME | FILE.py:FUNCTION",
        show_default=False,
        help="An operator of the catalogue (see `symderive list`), or a NumPy function of "
        "your own. Your file is run.",
    ),
]
Expression = Annotated[
    str | None,
    typer.Option(
        "--expr",
        metavar="TEXT",
        help="A forward as text, such as 'log(1 + exp(x))'. Parsed, never run.",
    ),
]
Dims = Annotated[
    list[str] | None,
    typer.Option(
        "--dims",
        metavar="ARG=DIMS",
        help="Named dims of one argument; repeat it for each. 'x=b n' is a matrix, 's=' a scalar, "
        "'x=... n' has any batch dims. Domains: 'x=positive n', 't=integers b below n' (labels), "
        "'q=simplex b n axis -1' (rows sum to one).",
    ),
]
Name = Annotated[str | None, typer.Option("--name", metavar="IDENTIFIER", help="What to call it.")]
Target = Annotated[
    str, typer.Option("--target", metavar="TARGET", help="The language of the generated module.")
]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="DIR",
        show_default=False,
        help="Where the module goes. Without it: ./generated if there is such a folder, "
        "else the current directory.",
    ),
]
Force = Annotated[
    bool, typer.Option("--force", help="Overwrite a file that symderive did not make.")
]
