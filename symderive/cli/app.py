"""The commands, and the one place where a user's mistake becomes a sentence on stderr."""

from __future__ import annotations

import io
import sys
from typing import Annotated, NoReturn

import typer

from .. import __version__
from ..errors import SymderiveError
from . import audit, bench, derive, generate, listing, proof, site, verify

HELP = """Write the forward of an operator once, as plain NumPy: get its backward, certified.

\b
What is there, and one of it:
  symderive list
  symderive derive softmax
A function of your own, and a line of text:
  symderive derive layers.py:swish --dims 'x=b n' --dims 'beta=n'
  symderive derive --expr 'log(1 + exp(x))' --dims 'x=n' --name softplus
The proof, to be read line by line:
  symderive proof softmax --format html
A certificate to paste into a review:
  symderive verify softmax
A verdict on a backward that somebody wrote by hand:
  symderive audit layers.py:Softmax --dims 'x=b n'

Each command says more: `symderive derive --help`.
"""

app = typer.Typer(
    name="symderive",
    help=HELP,
    rich_markup_mode="rich",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("list")(listing.list_operators)
app.command("derive")(derive.derive_operator)
app.command("proof")(proof.prove_operator)
app.command("verify")(verify.verify_operator)
app.command("audit")(audit.audit_layer)
app.command("bench")(bench.bench_operators)
app.command("generate")(generate.generate_all)
app.command("site")(site.build_site)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"symderive {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options that belong to no command."""


def main() -> NoReturn:
    """Run the command line. Exit with 0; 1 and a sentence on stderr; 2 for wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="replace"
            )  # Σ on a terminal that cannot show it is no reason to stop
    try:
        app(prog_name="symderive")
    except SymderiveError as error:
        message = str(error)
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"{error.filename}: {reason}; choose another place." if error.filename else reason
    print(f"symderive: {message}", file=sys.stderr)
    sys.exit(1)
