"""A document in each format: one renderer a format, one template folder each."""

from __future__ import annotations

from collections.abc import Callable

from ...errors import InputError, nearest
from ..tree import Document
from .html import fragment, html
from .markdown import markdown
from .pdf import pdf
from .tex import tex

FORMATS: dict[str, Callable[[Document], str]] = {"tex": tex, "html": html, "md": markdown}


def render(document: Document, fmt: str) -> str:
    """The document's text in a format; an unknown one is an error that lists those there are."""
    if fmt not in FORMATS:
        known = list(FORMATS)
        raise InputError(
            f"no format '{fmt}': there are {', '.join(known)} and pdf.{nearest(str(fmt), known)}"
        )
    return FORMATS[fmt](document)


__all__ = ["FORMATS", "fragment", "pdf", "render"]
