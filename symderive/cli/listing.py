"""`symderive list`: the catalogue, by family."""

from __future__ import annotations

from typing import Annotated

import typer

from ..errors import InputError, nearest
from ..operators import CATALOGUE, families


def list_operators(
    family: Annotated[
        str | None,
        typer.Option("--family", metavar="FAMILY", show_default=False, help="Show one family."),
    ] = None,
) -> None:
    """Show the operators of the catalogue, by family.

    [bold]Then[/bold]  symderive derive NAME
    """
    known = families()
    if family is not None and family not in known:
        hint = nearest(family, list(known))
        raise InputError(f"no family is called '{family}'.{hint} There are: {', '.join(known)}.")
    width = max(map(len, CATALOGUE))
    for title in [family] if family else known:
        typer.secho(title, bold=True)
        for operator in known[title]:
            typer.echo(f"  {operator.name:<{width}}  {operator.summary}")
