"""Is a hand-written backward the derivative of its forward? `audit(cls, x="b n")` decides."""

from __future__ import annotations

import sys
from types import ModuleType

from .audit import audit
from .verdict import Verdict

__all__ = ["Verdict", "audit"]


class Room(ModuleType):
    """This room under the name that Python gives it in `symderive`, where it stands for `audit`."""

    __call__ = __wrapped__ = staticmethod(audit)


sys.modules[__name__].__class__ = Room
