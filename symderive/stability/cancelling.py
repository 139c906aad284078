"""Differences that cancel near 0 and have another name: 1 - cos u is 2 sin²(u/2), and √a - c is
(a - c²) / (√a + c).

The forward keeps them as they are written until the calculus has its closed form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..calculus.normal import TooLarge, normal
from ..index import nodes
from ..index.nodes import HALF, ZERO, Add, Call, Expr, Mul, Num, call, num
from ..index.terms import terms
from ..index.walk import transform
from ..program import Program
from ..trace import Step
from .chain import Definitions, checked, definitions, opened
from .rules import RULES


def half_angles(program: Program) -> tuple[Program, tuple[Step, ...]] | None:
    """1 - cos u by the sine of u/2; None where there is none."""
    return _rewritten(program, "half-angle", _half_angle)


def conjugates(program: Program) -> tuple[Program, tuple[Step, ...]] | None:
    """√a - c by what a and c² differ in, where they are close; None where there is none."""
    return _rewritten(program, "conjugate", _conjugate)


def _rewritten(
    program: Program, key: str, rule: Callable[[Expr, Definitions], Expr | None]
) -> tuple[Program, tuple[Step, ...]] | None:
    known, told, lines = definitions(program), list[Step](), []
    for line in program.assignments:
        fixed = line.constant or line.opaque
        value = line.value if fixed else transform(line.value, lambda node: rule(node, known))
        if value is not line.value:
            told.append(Step(key, str(line.left), line.value, value, RULES[key].because["en"]))
        lines.append(replace(line, value=value))
    if not told:
        return None
    return checked(program, replace(program, assignments=tuple(lines)), key), tuple(told)


def _half_angle(node: Expr, known: Definitions) -> Expr | None:
    """c - c cos u -> 2 c sin²(u/2)."""
    if not isinstance(node, Add):
        return None
    numbers = [t for t in node.args if isinstance(t, Num)]
    for term in node.args if numbers else ():
        count, rest = nodes.coefficient(term)
        cosine = opened(rest, known) or rest
        is_cosine = isinstance(cosine, Call) and cosine.function == "cos"
        if is_cosine and count == -numbers[0].value:
            sine = call("sin", HALF * cosine.args[0])
            others = (t for t in node.args if t not in (term, numbers[0]))
            return nodes.add(num(-2 * count) * sine**2, *others)
    return None


def _conjugate(node: Expr, known: Definitions) -> Expr | None:
    """p - c -> (p² - c²)/(p + c) where |p² - c²| is at most c², p a root and c a number above 0.

    The difference of two roots stays: where both are infinite it has no value.
    """
    if isinstance(node, Mul) and any(isinstance(f, nodes.Bracket) for f in node.args):
        return node  # chosen already, by the author or by this rule
    if not isinstance(node, Add) or len(node.args) != 2:
        return None
    numbers = [t for t in node.args if isinstance(t, Num) and t.value < 0]
    square = _square(node - numbers[0], known) if numbers else None
    if square is None:
        return None
    limit = num(numbers[0].value ** 2)
    difference = _difference(square, limit)
    if difference is None:
        return None
    near = nodes.bracket("ge", limit, call("abs", difference))
    far = nodes.bracket("gt", call("abs", difference), limit)
    return near * (difference / (node - num(2) * numbers[0])) + far * node


def _square(term: Expr, known: Definitions) -> Expr | None:
    """The square of a root that is not below 0."""
    count, rest = nodes.coefficient(term)
    root = opened(rest, known) or rest
    is_root = isinstance(root, nodes.Pow) and root.args[1] is HALF
    return num(count**2) * root.args[0] if is_root and count > 0 else None


def _difference(left: Expr, right: Expr) -> Expr | None:
    """left - right, where a term of each cancels."""
    try:
        found = normal(left - right)
        shorter = len(terms(found)) < len(terms(normal(left))) + len(terms(normal(right)))
        return found if found is not ZERO and shorter else None
    except TooLarge:
        return None
