"""The sections of a proof, in the order in which a reader meets them."""

from __future__ import annotations

from .certificate import certificate
from .closed_form import closed_form, proof
from .code import code, cost, textbook
from .notation import notation
from .program import forward, stability

ORDER = (notation, forward, closed_form, proof, stability, cost, code, textbook, certificate)

__all__ = ["ORDER"]
