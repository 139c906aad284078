"""The certificate: steps, gradients, accuracy and edges of one derivation, each checked apart from how it was made."""

from __future__ import annotations

from .certificate import verify
from .check import Certificate, Check

__all__ = ["Certificate", "Check", "verify"]
