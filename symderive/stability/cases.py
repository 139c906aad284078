"""Small local rules: erfc, log1p, weights of a mean, and two branches that have become one."""

from __future__ import annotations

from fractions import Fraction

from ..calculus.normal import TooLarge, normal
from ..index import nodes
from ..index.nodes import ONE, ZERO, Add, Bracket, Call, Expr, Mul, Num, call, num
from ..index.terms import terms
from .chain import Definitions, opened
from .ratio import read, spread


def both_cases(expr: Expr, known: Definitions) -> Expr | None:
    """[a > b] u + [b ≥ a] u -> u: the author's two branches have become one."""
    if not isinstance(expr, Add):
        return None
    for term in expr.args:
        for bracket in term.args if isinstance(term, Mul) else ():
            if not isinstance(bracket, Bracket) or bracket.relation not in ("gt", "ge"):
                continue
            other = nodes.bracket(
                "ge" if bracket.relation == "gt" else "gt", bracket.args[1], bracket.args[0]
            )
            rest = nodes.mul(*(f for f in term.args if f is not bracket))
            if nodes.mul(other, rest) in expr.args:
                gone = (term, nodes.mul(other, rest))
                return nodes.add(rest, *(t for t in expr.args if t not in gone))
    return None


def erfc_form(expr: Expr, known: Definitions) -> Expr | None:
    """1 - erf(u) -> erfc(u), 1 + erf(u) -> erfc(-u), 2 - erfc(u) -> erfc(-u), and back to erf:
    far out erf is 1 to all digits, and so is erfc near 0."""
    if not isinstance(expr, Add):
        return None
    numbers = [t for t in expr.args if isinstance(t, Num)]
    for term in expr.args if numbers else ():
        count, rest = nodes.coefficient(term)
        value = opened(rest, known) or rest
        inner, tail = nodes.coefficient(value)
        if not (isinstance(tail, Call) and tail.function in _TAILS):
            continue
        found = _TAILS[tail.function].get(numbers[0].value / (count * inner))
        if found is not None:
            function, sign, inside = found
            after = num(sign * count * inner) * call(function, num(inside) * tail.args[0])
            return nodes.add(after, *(t for t in expr.args if t not in (term, numbers[0])))
    return None


# c + erf(u) or c + erfc(u) by c: the function that this is, its sign, and that of its argument
_TAILS: dict[str, dict[Fraction | int, tuple[str, int, int]]] = {
    "erf": {1: ("erfc", 1, -1), -1: ("erfc", -1, 1)},
    "erfc": {-2: ("erfc", -1, -1), -1: ("erf", -1, 1)},
}


def scaled_tail_form(expr: Expr, known: Definitions) -> Expr | None:
    """e^(u² + a) erfc(u) -> e^a erfcx(u), and e^(a - u²) / erfc(u) -> e^a / erfcx(u): of the two
    factors one may overflow where the other vanishes, or both vanish."""
    if not isinstance(expr, Mul):
        return None
    exponentials = [(f, u) for f in expr.args if (u := _exponent(f, known)) is not None]
    for factor in expr.args:
        base, power = nodes.base_exp(factor)
        inner, tail = nodes.coefficient(opened(base, known) or base)
        if not (isinstance(tail, Call) and tail.function == "erfc" and isinstance(power, Num)):
            continue
        for raised, exponent in exponentials:
            left = _less(exponent, power * tail.args[0] ** 2)
            if left is not None:
                rest = nodes.mul(*(f for f in expr.args if f not in (raised, factor)))
                scaled = (num(inner) * call("erfcx", tail.args[0])) ** power
                return rest * scaled * (ONE if left is ZERO else call("exp", left))
    return None


def _exponent(factor: Expr, known: Definitions) -> Expr | None:
    """a of e^a, through a name."""
    value = opened(factor, known) or factor
    return value.args[0] if isinstance(value, Call) and value.function == "exp" else None


def _less(exponent: Expr, square: Expr) -> Expr | None:
    """What is left of an exponent without a square that is among its terms."""
    try:
        left = normal(exponent - square)
        return left if _length(left) < _length(normal(exponent)) else None
    except TooLarge:
        return None


def _length(total: Expr) -> int:
    return 0 if total is ZERO else len(terms(total))


def log1p_form(expr: Expr, known: Definitions) -> Expr | None:
    """log(1 + u) -> log1p(u): 1 + u would round a small u away."""
    if not (isinstance(expr, Call) and expr.function == "log" and isinstance(expr.args[0], Add)):
        return None
    if ONE not in expr.args[0].args:
        return None
    return call("log1p", nodes.add(*(t for t in expr.args[0].args if t is not ONE)))


def weights_form(expr: Expr, known: Definitions) -> Expr | None:
    """s (u - v) + v -> s u + (1 - s) v, s a sigmoid: v stands alone where u - v would lose u."""
    if not isinstance(expr, Add):
        return None
    for term in expr.args:
        for difference in term.args if isinstance(term, Mul) else ():
            if not isinstance(difference, Add):
                continue
            share = nodes.mul(*(f for f in term.args if f is not difference))
            beside = [t for t in expr.args if t is not term and spread(-t) in difference.args]
            if beside and _is_share(share, known):
                v = beside[0]
                u = nodes.add(*(t for t in difference.args if t is not spread(-v)))
                others = (t for t in expr.args if t not in (term, v))
                return nodes.add(share * u, (1 - share) * v, *others)
    return None


def _is_share(expr: Expr, known: Definitions) -> bool:
    """Whether the expression is 1/(1 + e^w), which lies between 0 and 1."""
    ratio = read(expr, known)
    if ratio is None or ratio.plain or not ratio.bounded or len(ratio.above) != 1:
        return False
    ((key, power),) = ratio.below.items()
    return power == 1 and all(c == 1 for _, c in key) and set(ratio.above.values()) == {1}
