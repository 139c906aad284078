"""The templates of proofs: found beside the package in a checkout, inside it in an installed
wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_PACKAGE = Path(__file__).resolve().parents[2]


@cache
def environment(folder: str) -> Environment:
    """Jinja for one folder of `templates/`. LaTeX is full of braces, so its templates use << >> and
    <% %>."""
    places = [_PACKAGE / "_templates" / folder, _PACKAGE.parent / "templates" / folder]
    marks = {"latex": ("<%", "%>", "<<", ">>", "<#", "#>")}.get(
        folder, ("{%", "%}", "{{", "}}", "{#", "#}")
    )
    made = Environment(
        loader=FileSystemLoader([str(p) for p in places]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=folder == "html",  # elsewhere a renderer escapes, which knows math from prose
        block_start_string=marks[0], block_end_string=marks[1], variable_start_string=marks[2],
        variable_end_string=marks[3], comment_start_string=marks[4], comment_end_string=marks[5],
    )  # fmt: skip
    made.filters["kind"] = lambda node: type(node).__name__
    return made


def filled(folder: str, name: str, **values: object) -> str:
    """A template's text with its values."""
    return environment(folder).get_template(name).render(**values)
