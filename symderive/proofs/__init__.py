"""Proofs: a derivation as a document that people read, in any of its languages, as LaTeX, PDF, HTML or Markdown."""

from __future__ import annotations

from .document import document
from .parts import Listing, ProofParts, RuleText, Statement
from .renderers import FORMATS, pdf, render
from .tree import Document

__all__ = [
    "FORMATS",
    "Document",
    "Listing",
    "ProofParts",
    "RuleText",
    "Statement",
    "document",
    "pdf",
    "render",
]
