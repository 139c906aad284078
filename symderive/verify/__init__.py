"""The certificate of a derivation: each check is made apart from how the result was found."""

from __future__ import annotations

from .certificate import verify
from .check import Certificate, Check

__all__ = ["Certificate", "Check", "verify"]
