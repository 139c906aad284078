"""Proofs: a derivation as a document that people read, in any of its languages, as LaTeX, PDF, HTML
or Markdown."""

from __future__ import annotations

from .assemble import parts_of
from .document import document
from .parts import Listing, ProofParts, RuleText, Statement
from .renderers import FORMATS, fragment, pdf, render
from .tree import Document

__all__ = [
    "FORMATS",
    "Document",
    "Listing",
    "ProofParts",
    "RuleText",
    "Statement",
    "document",
    "fragment",
    "parts_of",
    "pdf",
    "render",
]
