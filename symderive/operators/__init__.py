"""The catalogue: each operator is its plain NumPy forward, its inputs' domains, and a line of why.

To add one, write one function in the file of its family:

    @operator("activations", x="... n")
    def softsign(x):
        \"\"\"x / (1 + |x|): like tanh, with tails that flatten more slowly.\"\"\"
        return x / (1 + np.abs(x))
"""

from __future__ import annotations

from ..errors import InputError, nearest
from . import activations, linear, losses, normalisation, pooling, similarity, softmax
from .registry import CATALOGUE, Operator, operator

__all__ = ["CATALOGUE", "Operator", "families", "find", "operator"]
_FAMILIES = (activations, softmax, normalisation, losses, linear, similarity, pooling)


def find(name: str) -> Operator:
    """The operator of this name or alias."""
    for entry in CATALOGUE.values():
        if name == entry.name or name in entry.aliases:
            return entry
    known = [n for entry in CATALOGUE.values() for n in (entry.name, *entry.aliases)]
    raise InputError(
        f"no operator is called '{name}'.{nearest(name, known)} `symderive list` shows them all"
    )


def families() -> dict[str, tuple[Operator, ...]]:
    """The operators by family, in the order in which a reader would look for them."""
    names = [entry.family for module in _FAMILIES for entry in CATALOGUE.values()
             if entry.forward.__module__ == module.__name__]  # fmt: skip
    return {
        family: tuple(entry for entry in CATALOGUE.values() if entry.family == family)
        for family in dict.fromkeys(names)
    }
