"""Small local rules: erfc, log1p, weights of a mean, and two branches that have become one."""

from __future__ import annotations

from ..index import nodes
from ..index.nodes import ONE, Add, Bracket, Call, Expr, Mul, Num, call
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
    """1 - erf(u) -> erfc(u), 1 + erf(u) -> erfc(-u): far out, erf is 1 to all digits."""
    if not isinstance(expr, Add):
        return None
    numbers = {t.value: t for t in expr.args if isinstance(t, Num)}
    for term in expr.args:
        count, rest = nodes.coefficient(term)
        value = opened(rest, known) or rest
        if isinstance(value, Call) and value.function == "erf" and abs(count) in numbers:
            u = value.args[0] if count < 0 else -value.args[0]
            others = (t for t in expr.args if t not in (term, numbers[abs(count)]))
            return nodes.add(nodes.num(abs(count)) * call("erfc", u), *others)
    return None


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
