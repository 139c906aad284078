"""Write the forward of an operator once, as plain NumPy: get its backward, a proof, a certificate.

import symderive as sd
d = sd.derive("softmax")
d.vjp["x"], d.source("numpy"), d.verify()
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import SymderiveError
    from .index.domains import boolean, integers, positive, real, simplex
    from .pipeline import Derivation, derive, parse
    from .verify.audit.audit import audit

__version__ = "0.1.0"
__all__ = [
    "Derivation",
    "SymderiveError",
    "audit",
    "boolean",
    "derive",
    "integers",
    "parse",
    "positive",
    "real",
    "simplex",
]

# Each name is looked up when it is first used: the command line pays for nothing it does not need.
_HOME = {
    "Derivation": "pipeline",
    "SymderiveError": "errors",
    "audit": "verify.audit",
    "boolean": "index.domains",
    "derive": "pipeline",
    "integers": "index.domains",
    "parse": "pipeline",
    "positive": "index.domains",
    "real": "index.domains",
    "simplex": "index.domains",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'symderive' has no attribute '{name}'")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
