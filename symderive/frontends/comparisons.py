"""Comparisons and the algebra of truth values. Comparisons of lengths are decided where named dims
allow it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..index import nodes
from ..index.nodes import Expr, bracket, delta
from .array import BOOL, FLOAT, Array, apply
from .booleans import both, either, opposite
from .broadcasting import align, as_array
from .context import current, linear
from .masked import as_truth, holds_truth, must_be_mask
from .registry import rules


def _compare(relation: str) -> Callable[..., Any]:
    def rule(left: Any, right: Any, **options: Any) -> Any:
        if relation == "eq" and (left is None or right is None or isinstance(right, (str, tuple))):
            return False
        arrays = as_array(left), as_array(right)
        (a, b), axes = align(*arrays)
        whole = all(x.kind != FLOAT for x in arrays)
        if whole and not (axes or a.tensors or b.tensors or a.free or b.free):
            decided = decide(relation, a, b)
            if decided is not None:
                return decided
        if relation == "eq" and whole:
            return Array(delta(a, b), axes, BOOL)
        if relation == "eq" and all(map(holds_truth, arrays)):
            return Array(either(both(a, b), both(opposite(a), opposite(b))), axes, BOOL)
        if a is b and a.tensors and not whole and relation in ("eq", "ge", "le"):
            return logical_not(apply("isnan", left))  # NaN is not itself
        return Array(bracket(relation, a, b), axes, BOOL)

    return rule


def decide(relation: str, a: Expr, b: Expr) -> bool | None:
    """A comparison of lengths. Named dims are taken as distinct and longer than 1; None where that
    does not decide."""
    if relation in ("lt", "le"):
        relation, a, b = {"lt": "gt", "le": "ge"}[relation], b, a
    decided = nodes.bracket(relation, a, b)
    if isinstance(decided, nodes.Num):
        return bool(decided.value)
    form = linear(a - b)
    if form is None:
        return _by_ratio(relation, a / b)
    constant = form.pop("", 0)
    if not form:
        return {"gt": constant > 0, "ge": constant >= 0, "eq": constant == 0}[relation]
    if relation == "eq":
        current().notes["dims are taken as distinct and longer than 1"] = None
        return False
    if all(c > 0 for c in form.values()) and 2 * sum(form.values()) + constant > 0:
        return True
    if all(c < 0 for c in form.values()) and 2 * sum(form.values()) + constant < 0:
        return False
    return None


def _by_ratio(relation: str, ratio: Expr) -> bool | None:
    """b n against b: a product of lengths longer than 1 is longer than a part of it."""
    count, rest = nodes.coefficient(ratio)
    pairs = [nodes.base_exp(f) for f in (rest.args if isinstance(rest, nodes.Mul) else (rest,))]
    if not all(isinstance(b, nodes.Size) and isinstance(e, nodes.Num) for b, e in pairs):
        return None
    powers = [e.value for _, e in pairs if isinstance(e, nodes.Num)]
    if count >= 1 and all(p > 0 for p in powers):
        longer = True
    elif 0 < count <= 1 and all(p < 0 for p in powers):
        longer = False
    else:
        return None
    current().notes["dims are taken as distinct and longer than 1"] = None
    return longer and relation != "eq"


def _truth(given: Any) -> Array:
    array = as_array(given)
    if array.kind != BOOL or not holds_truth(array):
        must_be_mask(array)
        raise current().unsupported(
            "&, |, ^ and ~ are for truth values, such as (x > 0) & (x < 1); a power is x**2"
        )
    return array


def _logical(function: Callable[[Expr, Expr], Expr]) -> Callable[..., Array]:
    """Of truth values, and of numbers as truth values: what is not 0 is true."""

    def rule(left: Any, right: Any, **options: Any) -> Array:
        (a, b), axes = align(as_truth(as_array(left)), as_truth(as_array(right)))
        return Array(function(a, b), axes, BOOL)

    return rule


def _bitwise(function: Callable[[Expr, Expr], Expr]) -> Callable[..., Array]:
    """The same of truth values alone, since the bits of numbers are something else."""

    def rule(left: Any, right: Any, **options: Any) -> Array:
        (a, b), axes = align(_truth(left), _truth(right))
        return Array(function(a, b), axes, BOOL)

    return rule


def logical_not(a: Any, **options: Any) -> Array:
    """1 where a is 0."""
    array = as_truth(as_array(a))
    return Array(opposite(array.value), array.axes, BOOL)


def invert(a: Any, **options: Any) -> Array:
    """The opposite of truth values."""
    return logical_not(_truth(a))


def _apart(a: Expr, b: Expr) -> Expr:
    return either(both(a, opposite(b)), both(opposite(a), b))


def not_equal(left: Any, right: Any, **options: Any) -> Any:
    """1 where the two differ."""
    same = apply("equal", left, right)
    return not same if isinstance(same, bool) else logical_not(same)


def isclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False) -> Array:
    """|a - b| ≤ atol + rtol |b| for finite b, or a = b."""
    if equal_nan:
        raise current().unsupported("np.isclose(equal_nan=True) is not supported")
    room = apply("add", atol, apply("multiply", rtol, apply("absolute", b)))
    near = apply("less_equal", apply("absolute", apply("subtract", a, b)), room)
    near = apply("logical_and", near, apply("isfinite", b))
    found: Array = apply("logical_or", near, apply("equal", a, b))
    return found


def allclose(a: Any, b: Any, *args: Any, **options: Any) -> Array:
    """True where all are close."""
    return apply("all", isclose(a, b, *args, **options))


rules(
    {
        "isclose": isclose,
        "allclose": allclose,
        "greater": _compare("gt"),
        "greater_equal": _compare("ge"),
        "less": _compare("lt"),
        "less_equal": _compare("le"),
        "equal": _compare("eq"),
        "not_equal": not_equal,
        "logical_and": _logical(both),
        "bitwise_and": _bitwise(both),
        "logical_or": _logical(either),
        "bitwise_or": _bitwise(either),
        "logical_xor": _logical(_apart),
        "bitwise_xor": _bitwise(_apart),
        "logical_not": logical_not,
        "invert": invert,
        "bitwise_not": invert,
    }
)
