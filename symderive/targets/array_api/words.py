"""The Python array API standard as a dialect: `xp` is the namespace of the arrays at hand."""

from __future__ import annotations

from ...arrays.library import Library
from ..python.functional import Namespace
from ..python.spelling import SCALAR_HELPERS, Dialect
from ..python.standard import STANDARD_WORDS, called, has_name

NAMESPACE = Namespace(
    Dialect("xp", STANDARD_WORDS, called, {}, trims=False),
    Library(updates=False, mixes=False, einsum=False),
    has_name,
    ("_taken", "_at", "_rows", *SCALAR_HELPERS),
    frozenset(("_at", "_rows", "_erfcx", "_log_ndtr", "_rel_entr", "_kl_div", "_ratio")),
)
