"""Why an assignment's derivative is what it is: the rules and the derivatives of functions that it
takes."""

from __future__ import annotations

from collections.abc import Callable

from ..index import nodes
from ..index.functions import FUNCTIONS
from ..index.nodes import Expr, Tensor
from ..index.partials import partial
from ..index.walk import walk
from .context import Context
from .layout import EQUALS, Fence, Gap, Layout, Script, Symbol, row
from .mathematics import function_name, typeset
from .tree import Inline, Math

U = Tensor("u")


def reasons(c: Context, value: Expr) -> Inline:
    """The rules that differentiate a value, in the order of their names."""
    found = list(walk(value))
    keys = [key for key, used in _RULES.items() if any(map(used, found))]
    texts: list[Inline] = [c.language.say(f"derivative.{key}") for key in keys]
    called = sorted({n.function for n in found if isinstance(n, nodes.Call)})
    texts += [(Math(_derivative(c, name)),) for name in called if _is_stated(name)]
    return c.listed(texts)


def _is_stated(name: str) -> bool:
    function = FUNCTIONS.get(name)
    return function is not None and function.arity == 1


def _derivative(c: Context, name: str) -> Layout:
    """exp'(u) = exp(u)."""
    argument = U[()]
    slope = partial(name, 0, (argument,), nodes.call(name, argument))
    primed = Script(function_name(name), above=Symbol("′", "operator"))
    u = Symbol("u")
    return row(primed, Fence(u), EQUALS, Gap(), typeset(slope, c.names))


def _depends(expr: Expr) -> bool:
    return bool(expr.tensors)


def _is_quotient(node: Expr) -> bool:
    inverse = [f for f in node.args if isinstance(f, nodes.Pow) and _is_negative(f.args[1])]
    return isinstance(node, nodes.Mul) and any(map(_depends, inverse))


def _is_negative(expr: Expr) -> bool:
    return isinstance(expr, nodes.Num) and expr.value < 0


def _is_product(node: Expr) -> bool:
    dependent = [f for f in node.args if _depends(f)]
    return isinstance(node, nodes.Mul) and len(dependent) > 1 and not _is_quotient(node)


def _is_power(node: Expr) -> bool:
    return isinstance(node, nodes.Pow) and _depends(node.args[0]) and not _is_negative(node.args[1])


_RULES: dict[str, Callable[[Expr], bool]] = {
    "sum": lambda n: isinstance(n, nodes.Reduce) and n.op == "sum",
    "extremum": lambda n: isinstance(n, nodes.Reduce) and n.op in ("max", "min"),
    "factors": lambda n: isinstance(n, nodes.Reduce) and n.op == "prod",
    "quotient": _is_quotient,
    "product": _is_product,
    "power": _is_power,
}
