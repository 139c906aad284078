"""`symderive audit`: is the backward of a hand-written layer the derivative of its forward?"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import InputError, SymderiveError, nearest
from .domains import domains_of, is_name
from .options import Dims
from .progress import Waiting
from .subject import load_module
from .verify import Form, FormOption

Code = Annotated[
    str,
    typer.Argument(
        metavar="FILE.py:CLASS | FILE.py:FORWARD,BACKWARD",
        help="A class with forward and backward, a torch.autograd.Function, or a pair of "
        "functions. Your file is run.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="ARG=VALUE",
        help="A setting of the constructor or of forward that is no array, such as "
        "'train_flg=False' or 'pad=1'; repeat it for each.",
    ),
]


Constants = Annotated[
    list[str] | None,
    typer.Option(
        "--constant",
        metavar="NAME",
        help="An array that needs no gradient, such as a table that the constructor makes; repeat "
        "it for each.",
    ),
]


Seconds = Annotated[
    float,
    typer.Option(help="After so many seconds the numbers must do, without a proof; 0: no limit."),
]


def audit_layer(
    code: Code,
    dims: Dims = None,
    settings: Settings = None,
    constants: Constants = None,
    seconds: Seconds = 60.0,
    form: FormOption = Form.TEXT,
) -> None:
    """Decide whether a hand-written backward is the derivative of its forward.

    The exit status is 0 for "equal"; 1 for "different", and for "unsafe": right, but it writes to
    arrays that are not its own, or returns a view of them; 2 for "cannot tell".

    \b
    symderive audit layers.py:Softmax --dims 'x=b n'
    symderive audit layers.py:Affine --dims 'x=b n' --dims 'W=n m' --dims 'b=m'
    symderive audit ops.py:gelu,gelu_backward --dims 'x=n' --format json
    """
    from ..audit import audit  # the other commands need none of it

    try:
        found = load_code(code)
        given = domains_of(dims or [])
        with Waiting("auditing"):
            chosen = settings_of(settings or [])
            fixed = constants or ()
            verdict = audit(found, settings=chosen, constants=fixed, seconds=seconds, **given)
    except SymderiveError as error:  # 1 would say that the code is wrong
        typer.echo(f"symderive: {error}", err=True)
        raise typer.Exit(2) from error
    typer.echo(verdict.json() if form is Form.JSON else verdict.text(), nl=False)
    raise typer.Exit(verdict.exit_code)


def load_code(where: str) -> Any:
    """The class, or the pair of functions, that FILE.py:NAMES means. This runs the file."""
    file, _, names = where.rpartition(":")
    if not file or not names:
        raise InputError(f"Say which class of the file to audit: {file or where}:CLASS.")
    module = load_module(Path(file))
    known = [n for n, v in vars(module).items() if callable(v) and not n.startswith("_")]
    found = []
    for name in names.split(","):
        held = getattr(module, name.strip(), None)
        if held is not None and not callable(held):
            what = type(held).__name__
            raise InputError(f"'{name}' in {file} is no class and no function: its type is {what}.")
        if held is None:
            raise InputError(f"{file} has no '{name}'.{nearest(name, known)}")
        found.append(getattr(module, name.strip()))
    return found[0] if len(found) == 1 else tuple(found)


def settings_of(specs: list[str]) -> dict[str, Any]:
    """`pad=1` => {"pad": 1}: plain Python values, never run."""
    found: dict[str, Any] = {}
    for spec in specs:
        name, equals, value = spec.partition("=")
        if not equals or not is_name(name.strip()):
            raise InputError(f"--set wants ARG=VALUE, not '{spec}'; for example 'train_flg=False'.")
        try:
            found[name.strip()] = ast.literal_eval(value.strip())
        except (ValueError, SyntaxError) as error:
            raise InputError(
                f"--set {spec}: the value must be a plain Python value: a number, True, False, "
                f"None, or a text in quotes, as in --set '{name.strip()}=\"{value.strip()}\"'"
            ) from error
    return found
