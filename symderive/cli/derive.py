"""`symderive derive`: the mathematics on the screen, the module in a file."""

from __future__ import annotations

from textwrap import wrap

import typer

from ..errors import DerivationError
from ..targets import TARGETS
from ..verify.check import PASSED, Certificate
from . import files
from .options import Dims, Expression, Folder, Force, Name, Operator, Target
from .progress import Waiting
from .story import Section, sections
from .subject import Subject


def derive_operator(
    operator: Operator = None,
    expr: Expression = None,
    dims: Dims = None,
    name: Name = None,
    target: Target = "numpy",
    out: Folder = None,
    force: Force = False,
) -> None:
    """Derive the backward of an operator: print the mathematics, write the module.

    \b
    An operator of the catalogue:
      symderive derive softmax
    A function of your own, plain NumPy, with the dims of each argument:
      symderive derive layers.py:swish --dims 'x=b n' --dims 'beta=n'
    A line of text:
      symderive derive --expr 'x / (1 + exp(-x))' --dims 'x=n' --name swish
    """
    subject = Subject(operator, expr, dims or [], name)
    with Waiting("deriving"):
        derivation = subject.derive()
        text = derivation.source(target, check=False)  # the certificate is more than one check
        told = sections(derivation, text)
        checked = target if TARGETS[target].runs_here else "numpy"
        certificate = derivation.verify(quick=True, target=checked)
    path = (out or files.default_folder()) / f"{derivation.name}{TARGETS[target].suffix}"
    files.refuse_foreign(path, force)
    if not certificate.ok:
        show([*told, Section("Certificate", tuple(certificate.text().splitlines()))])
        raise DerivationError(f"a check failed, so {path} was not written; please report this.")
    written = Section("File", (f"{path} ({files.write(path, text)})",))
    show([*told, Section("Certificate", _held(certificate)), written])


WIDTH = 98  # of a line of the certificate


def _held(certificate: Certificate) -> tuple[str, ...]:
    """What was checked, in a line or two."""
    names = "; ".join(c.name for c in certificate.checks if c.verdict == PASSED)
    return tuple(wrap(f"verified: {names}", WIDTH))


def show(told: list[Section]) -> None:
    """Print sections, each under its heading."""
    for section in told:
        typer.secho(section.title, bold=True, fg=typer.colors.CYAN)
        for line in section.lines:
            typer.echo(f"  {line}" if line else "")
        typer.echo("")
