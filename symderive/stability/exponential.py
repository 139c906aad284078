"""The forms of quotients of exponentials that neither overflow nor cancel: sigmoid, tanh, expm1,
softplus."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import permutations

from ..index import nodes
from ..index.nodes import ZERO, Add, Call, Expr, Mul, Num, Pow, Ref, call, num
from ..index.walk import walk
from .chain import Definitions
from .ratio import Join, Ratio, combined, multiple, plus, read, spread, times

_EXPONENTIALS = {"exp": 1, "expm1": 1, "sinh": 1, "cosh": 1}


def exponential_form(expr: Expr, known: Definitions) -> Expr | None:
    """The rule at one node: the stable form of exponentials, if it has one that is simpler."""
    if isinstance(expr, Add):
        return _of_parts(expr, known, (plus, nodes.add))
    if isinstance(expr, Mul):
        return _of_parts(expr, known, (times, nodes.mul))
    if isinstance(expr, Pow):
        return _simpler(expr, read(expr, known)) or _power_of_one(expr, known)
    return None


def _power_of_one(expr: Pow, known: Definitions) -> Expr | None:
    """(e^a)^p -> e^(p a), which is there where e^a is not."""
    base, power = expr.args
    ratio = read(base, known) if isinstance(power, Num) and power.value.denominator > 1 else None
    if ratio is None or ratio.below or ratio.weighted or list(ratio.above.values()) != [1]:
        return None
    return call("exp", spread(power * next(iter(ratio.above))))


def _of_parts(expr: Expr, known: Definitions, how: tuple[Join, Callable[..., Expr]]) -> Expr | None:
    """Join all the parts that are exponentials, or two of them; the others stay as they are."""
    join, build = how
    readable = [(a, ratio) for a in expr.args if (ratio := _part(a, expr, known)) is not None]
    groups = [readable] + [[a, b] for n, a in enumerate(readable) for b in readable[n + 1 :]]
    for group in groups:
        if len(group) < 2 or all(ratio.plain for _, ratio in group):
            continue
        inside = build(*(a for a, _ in group))
        found = _simpler(inside, combined(join, [ratio for _, ratio in group]))
        if found is not None:
            chosen = {a for a, _ in group}
            return build(found, *(a for a in expr.args if a not in chosen))
    return None


def _part(part: Expr, whole: Expr, known: Definitions) -> Ratio | None:
    """A part that may be joined with others. A named factor stays, unless it may overflow."""
    ratio, base = read(part, known), nodes.base_exp(part)[0]
    named = read(base, known) if isinstance(base, Ref) and isinstance(whole, Mul) else None
    return None if named and named.bounded else ratio


def _simpler(before: Expr, ratio: Ratio | None) -> Expr | None:
    if ratio and ratio.weighted and not ratio.below:
        return None  # y e^a stays, and is no e^(a + log y)
    after = stable(ratio) if ratio and not ratio.plain else None
    if after is None or after is before or _price(after) >= _price(before):
        return None
    return after if _no_larger(before, after) else None


def _no_larger(before: Expr, after: Expr) -> bool:
    """e^a e^b stays a product where e^(a + b) would be an array of more dims than either."""
    inside = [a.free for n in walk(after) if isinstance(n, Call) for a in n.args]
    parts = [a.free for a in before.args]
    return all(any(i <= p for p in parts) for i in inside) or len(parts) == 1


def _price(expr: Expr) -> tuple[int, int]:
    """What can overflow or cancel: sums and denominators, then exponentials."""
    if isinstance(expr, Call):
        return 0, _EXPONENTIALS.get(expr.function, 0)
    below = isinstance(expr, Pow) and isinstance(expr.args[1], Num) and expr.args[1].value < 0
    prices = [_price(a) for a in expr.args]
    sums = isinstance(expr, Add) + below + sum(n for n, _ in prices)
    return sums, sum(n for _, n in prices)


def stable(ratio: Ratio) -> Expr | None:
    """The form of a ratio without overflow or cancellation; None where the table has none."""
    if not ratio.below:
        return _of_polynomial(ratio)
    if len(ratio.below) > 1:
        return None
    ((key, power),) = ratio.below.items()
    if len(key) != 2:
        return None
    _, (w, r) = key
    if r == -1:
        return _over_difference(ratio, w, power)
    if r <= 0:
        return None
    return _of_sigmoids(ratio, w, power) if r == 1 else _of_moved_sigmoid(ratio, w, r, power)


def _of_polynomial(ratio: Ratio) -> Expr | None:
    """e^a e^b -> e^(a+b), e^a - 1 -> expm1(a), e^a - e^-a -> 2 sinh(a)."""
    terms = sorted(ratio.above.items(), key=lambda t: (-t[1], t[0]))
    if len(terms) == 1:
        return num(terms[0][1]) * call("exp", terms[0][0])
    if len(terms) == 2 and terms[0][1] == -terms[1][1]:
        (a, c), (b, _) = terms
        if ZERO in (a, b):
            return num(c if b is ZERO else -c) * call("expm1", a if b is ZERO else b)
        return num(2 * c) * call("sinh", a) if a is spread(-b) else None
    if len(terms) == 3 and ZERO in ratio.above:
        (a, c), (b, d), (middle, e) = terms
        if middle is ZERO and c == d == -e / 2 and a is spread(-b):
            return num(4 * c) * call("sinh", spread(nodes.HALF * a)) ** 2
    return None


def _of_sigmoids(ratio: Ratio, w: Expr, power: int) -> Expr | None:
    """c e^(iw)/(1 + e^w)^k -> c σ(w)^i σ(-w)^(k-i), where e^(w/2)/(1 + e^w) is 1/(2 cosh(w/2)), and
    (e^w - 1)/(e^w + 1) -> tanh(w/2)."""
    if len(ratio.above) == 1:
        ((a, c),) = ratio.above.items()
        halves = multiple(spread(num(2) * a), w, 2 * power)
        if halves is None:
            return None
        i, middle = divmod(halves, 2)
        between = num(2) * call("cosh", spread(nodes.HALF * w)) if middle else nodes.ONE
        outer = power - middle - i
        return num(c) * call("sigmoid", w) ** i * call("sigmoid", spread(-w)) ** outer / between
    if len(ratio.above) == 2:
        for low, high in permutations(ratio.above):
            if spread(high - low) is w and ratio.above[high] == -ratio.above[low]:
                return _of_tanh(ratio, low, w, power)
    return None


def _of_tanh(ratio: Ratio, low: Expr, w: Expr, power: int) -> Expr | None:
    """(e^w - 1) e^low / (1 + e^w)^k -> tanh(w/2) e^low / (1 + e^w)^(k-1)."""
    count = -ratio.above[low]
    tanh = num(abs(count)) * call("tanh", spread(num(Fraction(-1 if count < 0 else 1, 2)) * w))
    if power == 1:
        return tanh if low is ZERO else None
    rest = _of_sigmoids(Ratio({low: Fraction(1)}, ratio.below), w, power - 1)
    return None if rest is None else tanh * rest


def _of_moved_sigmoid(ratio: Ratio, w: Expr, r: Fraction, power: int) -> Expr | None:
    """(a + b e^w)/(1 + r e^w) -> a + (b/r - a) σ(w + log r), or from the other end."""
    if power != 1 or not set(ratio.above) <= {w, ZERO}:
        return None
    low, high = ratio.above.get(ZERO, Fraction(0)), ratio.above.get(w, Fraction(0)) / r
    if low < 0 or high < 0:
        return None
    moved = w + call("log", num(r))
    if low <= high:
        return nodes.add(num(low), num(high - low) * call("sigmoid", moved))
    return nodes.add(num(high), num(low - high) * call("sigmoid", spread(-moved)))


def _over_difference(ratio: Ratio, w: Expr, power: int) -> Expr | None:
    """c e^(iw)/(1 - e^w)^k in factors -1/expm1(w), 1/expm1(-w) and -1/(2 sinh(w/2)), and
    (1 + e^w)/(1 - e^w) -> -1/tanh(w/2)."""
    if len(ratio.above) == 2:
        for low, high in permutations(ratio.above):
            if spread(high - low) is w and ratio.above[high] == ratio.above[low]:
                left = Ratio({low: -ratio.above[low]}, ratio.below)
                rest = _over_difference(left, w, power - 1)
                return None if rest is None else rest / call("tanh", spread(nodes.HALF * w))
        return None
    if len(ratio.above) != 1:
        return None
    ((a, c),) = ratio.above.items()
    halves = multiple(spread(num(2) * a), w, 2 * power)
    if halves is None:
        return None
    i, middle = divmod(halves, 2)
    above = call("expm1", spread(-w)) ** i * call("expm1", w) ** (power - middle - i)
    between = num(2) * call("sinh", spread(nodes.HALF * w)) if middle else nodes.ONE
    return num(c * (-1) ** (power - i)) / (above * between)


NAMES = (
    ("sigmoid", "sigmoid"),
    ("tanh", "tanh"),
    ("cosh", "hyperbolic"),
    ("expm1", "expm1"),
    ("sinh", "expm1"),
    ("exp", "one-exponential"),
)


def named(before: Expr, after: Expr) -> str:
    """The rule that a rewrite is told by: the function that it brings in."""
    functions = {n.function for n in walk(after) if isinstance(n, Call)}
    return next(rule for function, rule in NAMES if function in functions)
