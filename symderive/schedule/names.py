"""Names for what the program leaves unnamed: from the mathematics, and the names in it."""

from __future__ import annotations

import keyword
from collections.abc import Iterable

from ..index import nodes
from ..index.naming import unused
from ..index.nodes import Expr, Tensor
from ..index.text import factor_order, factors_of, term_order
from ..index.walk import walk
from .shapes import mean_parts

_LONGEST = 24
_REDUCED = {"max": "max", "min": "min", "prod": "product", "sum": "sum"}
_CALLED = {"sigmoid": "sigmoid", "log1p": "log", "expm1": "exp", "maximum": "max", "minimum": "min"}
_POWERS: dict[Expr, str] = {
    nodes.HALF: "root",
    nodes.num(2): "square",
    nodes.MINUS_ONE: "inverse",
    nodes.mul(nodes.MINUS_ONE, nodes.HALF): "inverse_root",
}
# what the text of a module calls by name itself: built-in names, imports, locals
_WORDS = """
any enumerate float int len list map range tuple type zip TypeError ValueError
BLOCK LARGE THREADS ThreadPoolExecutor axis block copy_context dtype gradients np os residuals self
"""
RESERVED = frozenset(_WORDS.split())
MODULE = RESERVED | {"max", "min"}  # what its helpers call, which an operator would replace


def is_reserved(name: str) -> bool:
    """True for a name that means something else in a module; its helpers begin with _."""
    return name in RESERVED or keyword.iskeyword(name) or name.startswith("_")


def apart(name: str, taken: Iterable[str] = ()) -> str:
    """The name, or one like it that no module uses itself and nobody has taken."""
    names = set(taken)
    if not is_reserved(name) and name not in names:
        return name
    found = f"{name.strip('_')}_"
    if not found.isidentifier() or found == "_":
        found = f"f_{found}".removesuffix("__")
    while is_reserved(found) or found in names:
        found += "_"
    return found


def functions_of(name: str) -> frozenset[str]:
    """What the functions of an operator's module are called."""
    return frozenset({name, f"{name}_fwd", f"{name}_bwd"})


class Namer:
    """Hands out names that nothing else in the module has."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = set(taken) | RESERVED

    def name(self, expr: Expr) -> str:
        """A new name for the value of an expression."""
        for candidate in _candidates(expr):
            free = candidate not in self.taken and not is_reserved(candidate)
            if free and candidate.isidentifier():
                return self.take(candidate)
        stem = _candidates(expr)[-1]
        return self.take(unused(stem, {stem, *self.taken}, "_"))

    def take(self, name: str) -> str:
        """Reserve this name."""
        self.taken.add(name)
        return name


def _candidates(expr: Expr) -> list[str]:
    """From the shortest name to the one that says most."""
    mean = mean_parts(expr)
    if mean is not None and mean[1] is nodes.ONE:
        return _numbered("mean", _subject(mean[0].args[0]))
    if isinstance(expr, nodes.Reduce):
        return _reduced(expr)
    return _elementwise(expr)


def _numbered(kind: str, subject: str) -> list[str]:
    return [f"{kind}_{subject}" if subject else kind]


def _reduced(expr: nodes.Reduce) -> list[str]:
    body = expr.args[0]
    factors = [f for f in factors_of(body) if f.tensors]
    if expr.op == "sum":
        if not factors or all(isinstance(f, (nodes.Bracket, nodes.Delta)) for f in factors):
            return ["count", f"count_{_subject(body)}"]
        square = nodes.base_exp(factors[0])
        if len(factors) == 1 and square[1] is nodes.num(2):
            return [f"sum_{_subject(square[0])}_squared"]
        if len(factors) == 2:
            return ["inner", f"inner_{_subject(body)}"]
        if len(factors) == 1 and not isinstance(factors[0], nodes.Ref):
            return ["total", f"total_{_subject(body)}"]
    return _numbered(_REDUCED[expr.op], _subject(body))


def _elementwise(expr: Expr) -> list[str]:
    if isinstance(expr, nodes.Ref):  # x at the labels t
        return [f"{expr.tensor.name}_{_subject(next(a for a in expr.args if a.tensors))}"]
    if isinstance(expr, nodes.Call):
        return _numbered(_CALLED.get(expr.function, expr.function), _subject(expr.args[0]))
    if isinstance(expr, nodes.Pow):
        base, exponent = expr.args
        return _numbered(_POWERS.get(exponent, "power"), _subject(base))
    if isinstance(expr, nodes.Add):
        return _sum(expr)
    chosen = [f for f in factors_of(expr) if isinstance(f, nodes.Bracket)]
    rest = nodes.mul(*(f for f in factors_of(expr) if f not in chosen))
    if chosen and isinstance(rest, nodes.Pow):  # 1 / r where r > 0
        return _elementwise(rest)
    return [_subject(expr) or "product"]


def _sum(expr: nodes.Add) -> list[str]:
    """`x_minus_mu`, `x_plus_y`; what is longer is called after its first term."""
    terms = sorted(expr.args, key=term_order)
    parts = [nodes.coefficient(t) for t in terms]
    if len(terms) == 2 and all(isinstance(r, nodes.Ref) and abs(c) == 1 for c, r in parts):
        sign = "minus" if parts[1][0] < 0 else "plus"
        return [f"{_subject(parts[0][1])}_{sign}_{_subject(parts[1][1])}"]
    return _numbered("shifted" if len(_tensors(expr)) == 1 else "combined", _subject(expr))


def _subject(expr: Expr) -> str:
    """The tensors of an expression in reading order, joined: `x_dy`; fewer if long."""
    if isinstance(expr, nodes.Add):  # x - m is about x
        expr = min(expr.args, key=term_order)
    names = [t.name for t in _tensors(expr)]
    while len(names) > 1 and len("_".join(names)) > _LONGEST:
        names.pop()
    return "_".join(names)


def _tensors(expr: Expr) -> list[Tensor]:
    seen: dict[Tensor, None] = {}
    for factor in sorted(factors_of(expr), key=factor_order):
        found = [n.tensor for n in walk(factor) if isinstance(n, nodes.Ref)]
        found = [t for t in found if not t.domain.is_label] or found
        seen.update(dict.fromkeys(sorted(set(found), key=lambda t: t.name)))
    return list(seen)
