"""Write the forward of an operator once, as plain NumPy: get its backward, a proof, a certificate.

import symderive as sd
d = sd.derive("softmax")
d.vjp["x"], d.source("numpy"), d.verify()
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .audit.audit import audit
    from .derivation import Derivation
    from .errors import SymderiveError
    from .frontends.primitives import primitive
    from .index.domains import boolean, integers, positive, real, simplex
    from .pipeline import derive, parse

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
    "primitive",
    "real",
    "simplex",
]

# Each name is looked up when it is first used: the command line pays for nothing it does not need.
_HOME = {
    "Derivation": "derivation",
    "SymderiveError": "errors",
    "audit": "audit",
    "boolean": "index.domains",
    "derive": "pipeline",
    "integers": "index.domains",
    "parse": "pipeline",
    "positive": "index.domains",
    "primitive": "frontends.primitives",
    "real": "index.domains",
    "simplex": "index.domains",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'symderive' has no attribute '{name}'")
    home = import_module(f".{_HOME[name]}", __name__)
    # importing a room of the same name has put that here: `audit`, which can be called
    return globals().setdefault(name, getattr(home, name))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
