"""`symderive audit`: is the backward of hand-written code the derivative of its forward?"""

from __future__ import annotations

import ast
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import InputError, SymderiveError
from . import files
from .domains import domains_of, is_name
from .examples import dims_of_examples
from .options import Dims
from .progress import Waiting
from .proof import Language


class Form(StrEnum):
    """How verdicts are written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    SARIF = "sarif"


FormOption = Annotated[Form, typer.Option("--format", help="For people, or for programs.")]
Lenient = Annotated[
    bool, typer.Option("--lenient", help="Exit with 0 unless something is wrong: for hooks.")
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Where it goes; without it: printed."),
]
Code = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE.py:CLASS | FILE.py:FORWARD,BACKWARD | PATH",
        help="A class with forward and backward, or Class.METHOD,Class.METHOD; a "
        "torch.autograd.Function; a pair of functions, the second a backward or a derivative; a "
        "function that returns (loss, gradients); or all of a file or a folder. Your code is run.",
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

Examples = Annotated[
    list[str] | None,
    typer.Option(
        "--example",
        metavar="ARG=SHAPE | FILE.npz",
        help="An input for which the code runs, where its dims are to be guessed: 'x=4,5', or a "
        "file of arrays by the names of the arguments; repeat it for each.",
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
    examples: Examples = None,
    seconds: Seconds = 60.0,
    form: FormOption = Form.TEXT,
    lang: Language = "en",
    output: Output = None,
    lenient: Lenient = False,
) -> None:
    """Decide whether a hand-written backward is the derivative of its forward.

    The exit status is 0 for "equal"; 1 for "different", and for "unsafe": right, but it writes to
    arrays that are not its own, or returns a view of them; 2 for "cannot tell" and for what could
    not begin; 3 where numbers agree and no proof was found. Of several pairs, the worst one tells.

    \b
    symderive audit layers.py:Softmax --dims 'x=b n'
    symderive audit layers.py:Dense.forward_pass,Dense.backward_pass
    symderive audit ops.py:gelu,gelu_backward --dims 'x=n' --format json
    symderive audit src/ --format sarif -o audit.sarif
    """
    from ..audit.batch import Options, exit_code  # the other commands need none of it
    from ..audit.written import written
    from .auditing import outcomes_of

    try:
        with Waiting("auditing"):
            given = {**domains_of(dims or []), **dims_of_examples(examples or [])}
            chosen, fixed = settings_of(settings or []), constants or ()
            known = Options(given, chosen, fixed, seconds, guesses_rest=bool(examples))
            outcomes = outcomes_of(code, known, lenient)
            told = written(outcomes, form.value, lang)
    except SymderiveError as error:  # 1 would say that the code is wrong
        typer.echo(f"symderive: {error}", err=True)
        raise typer.Exit(2) from error
    if output is None:
        typer.echo(told, nl=False)
    else:
        typer.echo(f"{output} ({files.write(output, told)})")
    status = exit_code(outcomes)
    raise typer.Exit(0 if lenient and status != 1 else status)


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
