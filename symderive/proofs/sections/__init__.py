"""The sections of a proof, in the order in which a reader meets them."""

from __future__ import annotations

from .closed_form import chain_rule, closed_form, steps
from .code import certificate, code, cost, textbook
from .jacobian import jacobians
from .notation import notation
from .program import forward, stability

ORDER = (
    notation,
    forward,
    closed_form,
    jacobians,
    chain_rule,
    steps,
    stability,
    cost,
    code,
    textbook,
    certificate,
)

__all__ = ["ORDER"]
