"""`symderive verify`: the certificate of a derivation, as text or JSON."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from .options import Dims, Expression, Name, Operator
from .progress import Waiting
from .subject import Subject


class Form(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"


FormOption = Annotated[Form, typer.Option("--format", help="For people, or for programs.")]


def verify_operator(
    operator: Operator = None,
    expr: Expression = None,
    dims: Dims = None,
    name: Name = None,
    form: FormOption = Form.TEXT,
) -> None:
    """Check a derivation apart from how it was made: every step, and the generated gradient.

    The exit status is 0 where every check holds and 1 where one fails.

    \b
    symderive verify layer_norm
    symderive verify layers.py:swish --dims 'x=b n' --dims 'beta=n' --format json
    """
    with Waiting("verifying"):
        certificate = Subject(operator, expr, dims or [], name).derive().verify()
    written = {Form.TEXT: certificate.text, Form.JSON: certificate.json}
    typer.echo(written[form](), nl=False)
    if not certificate.ok:
        raise typer.Exit(1)
