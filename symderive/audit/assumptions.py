"""Under which conditions a verdict holds."""

from __future__ import annotations

from ..calculus.kinks import with_kinks
from ..index import nodes
from ..index.functions import FUNCTIONS
from ..index.walk import walk
from .traced import Traced


def assumptions(run: Traced, unit: bool) -> tuple[str, ...]:
    """Conditions in words, one each."""
    forward = run.forward
    names = [d.name for d in forward.dims if d.length is None and not d.extent]
    found = []
    if len(names) > 1:
        found.append(f"the dims {', '.join(names)} are distinct and longer than 1")
    elif names:
        found.append(f"the dim {names[0]} is longer than 1")
    roots = [a.tensor.name for a in with_kinks(forward).assignments if a.kink]
    if roots:
        found.append(f"no {' and no '.join(roots)} is 0, where its slope is agreed to be 0")
    if any(_chooses(n) for a in (*forward.assignments, *run.code) for n in walk(a.value)):
        found.append("no two values that are compared are equal: no ties, no element at a kink")
    for argument in forward.arguments:
        found += argument.tensor.domain.conditions(argument.tensor.name)
    found.append("every value that forward computes is finite")
    if unit:
        found.append(unit_cotangent(run.cotangent.tensor.name))
    return (*found, *(n for n in forward.notes if "distinct" not in n))


def unit_cotangent(name: str) -> str:
    """What is assumed of a cotangent that has a default."""
    return f"the cotangent {name} is 1, its default: for any other the code is wrong"


def _chooses(node: nodes.Expr) -> bool:
    if isinstance(node, nodes.Bracket):
        return any(not t.domain.is_label for t in node.tensors)
    if isinstance(node, nodes.Reduce):
        return node.op in ("max", "min")
    return isinstance(node, nodes.Call) and not FUNCTIONS[node.function].smooth
