"""Products of a gradient in which one exponential overflows where another factor vanishes: 0 times
infinity, where the true product is 0.

y = exp(-exp(-x)) has the gradient dy e y with e = exp(-x). Far to the left e is infinite, y is 0.
As one exponential, exp(-x - e), or as quotients that are bounded, nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..calculus.result import Derived
from ..index import nodes
from ..index.functions import is_nonnegative
from ..index.nodes import Add, Call, Expr, Mul, Pow, Ref
from ..index.walk import substitute, transform, walk
from ..program import Assignment, Program
from ..trace import Step
from .chain import Definitions, definitions, opened, unfolded
from .exponential import stable
from .matching import match
from .ratio import Ratio, combined, read, spread, times
from .residual import joined, with_arguments
from .rules import RULES

RULE = "product-of-exponentials"


def vanishing(derived: Derived) -> tuple[Program, tuple[Step, ...]] | None:
    """The backward without such products, and the steps; None where there is none."""
    known = definitions(joined(derived.forward, derived.backward))
    lines, told = [], list[Step]()
    for line in derived.backward.assignments:
        value = transform(line.value, lambda node: finite_product(node, known))
        if value is not line.value:
            value = _by_names(value, derived.forward)
            because = RULES[RULE].because["en"]
            told.append(Step(RULE, str(line.left), line.value, value, because))
        lines.append(replace(line, value=value))
    if not told:
        return None
    backward = replace(derived.backward, assignments=tuple(lines))
    return with_arguments(backward, derived.forward), tuple(told)


def finite_product(node: Expr, known: Definitions) -> Expr | None:
    """The rule at one product: without an exponential that overflows where another vanishes."""
    if not isinstance(node, Mul):
        return None
    factors = _opened_factors(node, known)
    readable = {f: ratio for f in factors if (ratio := _exponential(f, known)) is not None}
    if len(readable) < 2 or not any(grows(ratio, known) for ratio in readable.values()):
        return None
    total = combined(times, readable.values())
    after = stable(total) if total else None
    if after is not None and total is not None and _is_safe(total, known):
        return nodes.mul(after, *(f for f in factors if f not in readable))
    return _spread_over(factors, readable, known)


def _opened_factors(node: Mul, known: Definitions) -> list[Expr]:
    """The factors, with those of a name that stands for a product of exponentials and others."""
    found = list[Expr]()
    for factor in node.args:
        value = opened(factor, known)
        if isinstance(value, Mul) and any(_exponential(f, known) for f in value.args):
            mixed = _exponential(factor, known) is None
            found += _opened_factors(value, known) if mixed else [factor]
        else:
            found.append(factor)
    return found


def _spread_over(
    factors: list[Expr], readable: dict[Expr, Ratio], known: Definitions
) -> Expr | None:
    """w (1 - x e) as w - x (e w), where w is an exponential of e."""
    inside = {r for ratio in readable.values() for r in _growing(ratio, known)}
    for total in factors:
        if isinstance(total, Add) and any(n in inside for n in walk(total)):
            others = nodes.mul(*(f for f in factors if f is not total))
            parts = [others * term for term in total.args]
            return nodes.add(*(finite_product(part, known) or part for part in parts))
    return None


def _growing(ratio: Ratio, known: Definitions) -> set[Expr]:
    """The names in the exponents of a ratio that stand for exponentials that may overflow."""
    refs = _raised(ratio)
    return {r for r in refs if (inner := _exponential(r, known)) and grows(inner, known)}


def _raised(ratio: Ratio) -> set[Expr]:
    """The elements in the exponents of a ratio."""
    exponents = [*ratio.above, *(e for key in ratio.below for e, _ in key)]
    return {n for e in exponents for n in walk(e) if isinstance(n, Ref)}


def _exponential(factor: Expr, known: Definitions) -> Ratio | None:
    ratio = read(factor, known)
    return None if ratio is None or ratio.plain or ratio.weighted else ratio


def grows(ratio: Ratio, known: Definitions) -> bool:
    """True where the value may overflow. What was shifted by a maximum does not."""
    if ratio.below:
        return not ratio.bounded
    return not all(_is_never_positive(exponent, known) for exponent in ratio.above)


def _is_never_positive(exponent: Expr, known: Definitions) -> bool:
    shifted = any(t in known and known[t].constant for t in exponent.tensors)
    return shifted or is_nonnegative(unfolded(spread(-exponent), known))


def _is_safe(total: Ratio, known: Definitions) -> bool:
    """True for a bounded quotient, and for the exponential of another one: e^a e^(-e^a)."""
    if total.below:
        return total.bounded
    return bool(_growing(total, known))


def _by_names(value: Expr, forward: Program) -> Expr:
    """The value with what the forward has computed by its name."""
    for line in forward.assignments:
        if not line.constant and isinstance(line.value, (Call, Pow, Mul)):
            value = transform(value, _Naming(line))
    return value


@dataclass(frozen=True)
class _Naming:
    """The name of an assignment for its value, wherever that stands."""

    line: Assignment

    def __call__(self, node: Expr) -> Expr | None:
        line = self.line
        if type(node) is not type(line.value) or node.tensors != line.value.tensors:
            return None
        binding = match(line.value, node)
        complete = binding is not None and all(i in binding for i in line.indices)
        return substitute(line.left, binding) if binding is not None and complete else None
