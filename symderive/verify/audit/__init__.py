"""Is a hand-written backward the derivative of its forward? `audit(cls, x="b n")` decides."""

from .audit import audit
from .verdict import Verdict

__all__ = ["Verdict", "audit"]
