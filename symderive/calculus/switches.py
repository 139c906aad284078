"""What a switch changes its sign with: x y does with x and with y, x³ and 2 x with x.

|x y| sign(x) sign(y) is smooth, but which side of |x y| goes with x > 0 depends on y. Told by its
factors, every kink knows its side.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

from ..index import nodes
from ..index.functions import is_nonnegative, is_positive
from ..index.nodes import Expr, Num, Tensor, base_exp, num
from ..index.terms import factors, terms
from ..index.walk import substitute, transform, walk
from ..program import Program
from .normal import TooLarge, normal

MOST_NODES = 100  # of a switch with its names written out
MOST_TERMS = 12  # of a polynomial that is split into factors
Monomial = dict[Expr, int]
Polynomial = list[tuple[Fraction, Monomial]]


@dataclass(frozen=True)
class Switch:
    """±the sign of the product of these factors, each in one form with its first coefficient 1.

    plain: True for a number, or what is positive, times one factor.
    """

    sign: int
    factors: tuple[Expr, ...]
    plain: bool = False


class Switches:
    """The switches of a program, with what it has names for written out."""

    def __init__(self, program: Program) -> None:
        self._lines = {a.tensor: a for a in program.assignments if not a.constant}
        self._known: dict[Expr, Switch] = {}
        self._written: dict[Expr, Expr] = {}

    def of(self, switch: Expr) -> Switch:
        """The factors of a switch; itself alone, where none are found."""
        if switch not in self._known:
            form = transform(switch, self._named)
            few = len(list(islice(walk(form), MOST_NODES))) < MOST_NODES
            self._known[switch] = _split(form if few else switch)
        return self._known[switch]

    def _named(self, node: Expr) -> Expr | None:
        if not isinstance(node, nodes.Ref) or node.tensor not in self._lines:
            return None
        if node not in self._written:
            line = self._lines[node.tensor]
            value = substitute(line.value, dict(zip(line.indices, node.args, strict=True)))
            self._written[node] = transform(value, self._named)
        return self._written[node]


def _split(switch: Expr) -> Switch:
    try:
        polynomial = _monomials(normal(switch))
    except TooLarge:
        return Switch(1, (switch,), plain=True)
    if not polynomial:
        return Switch(1, (switch,), plain=True)
    shared, rest = _shared(polynomial)
    sign, found, plain = 1, [], True
    for part, power in [*shared.items(), *_polynomial_factors(rest)]:
        count, form = _scaled(part)
        sign = -sign if count < 0 and power % 2 else sign
        found += [form] if power % 2 and not is_nonnegative(form) else []
        plain = plain and (is_positive(form) or power == 1)
    return Switch(sign, tuple(sorted(found)), plain and len(found) == 1)


def _scaled(form: Expr) -> tuple[Fraction, Expr]:
    """A sum as a number times one whose first coefficient is 1."""
    held = terms(form)
    first = nodes.coefficient(held[0])[0] if held else Fraction(1)
    return first, nodes.add(*(nodes.mul(num(1 / first), t) for t in held))


def _monomials(form: Expr) -> Polynomial:
    """A normal form as a polynomial in what is no number, no sum and no whole power."""
    return [(nodes.coefficient(t)[0], _powers(t)) for t in terms(form)]


def _powers(term: Expr) -> Monomial:
    found: Monomial = {}
    for factor in factors(term):
        base, exp = base_exp(factor)
        whole = isinstance(exp, Num) and exp.value.denominator == 1
        key, power = (base, int(exp.value)) if whole and isinstance(exp, Num) else (factor, 1)
        found[key] = found.get(key, 0) + power
    return found


def _shared(
    polynomial: Polynomial,
) -> tuple[Monomial, Polynomial]:
    """The powers that all terms have, and the polynomial without them."""
    bases = {base for _, powers in polynomial for base in powers}
    least = {b: min(powers.get(b, 0) for _, powers in polynomial) for b in sorted(bases)}
    rest = [(c, {b: p.get(b, 0) - least[b] for b in bases}) for c, p in polynomial]
    return {b: k for b, k in least.items() if k}, rest


def _polynomial_factors(polynomial: Polynomial) -> list[tuple[Expr, int]]:
    """What a polynomial of second or higher degree is a product of."""
    whole = _summed(polynomial)
    degree = max(sum(powers.values()) for _, powers in polynomial)
    if degree < 2 or not 1 < len(polynomial) <= MOST_TERMS:
        return [(whole, 1)]
    import sympy  # late: slow to load, and few programs have such a switch

    from ..index.bridge import from_sympy

    bases = sorted({b for _, powers in polynomial for b, k in powers.items() if k})
    symbols = dict(zip(bases, sympy.symbols(f"u:{len(bases)}"), strict=True))
    slots = {u: Tensor(str(u)) for u in symbols.values()}
    back: dict[Expr, Expr] = {slots[u][()]: b for b, u in symbols.items()}
    monomials = [
        sympy.Mul(
            sympy.Rational(c.numerator, c.denominator),
            *(symbols[b] ** k for b, k in p.items() if k),
        )
        for c, p in polynomial
    ]
    first, found = sympy.factor_list(sympy.Add(*monomials), *symbols.values())
    split = [(transform(from_sympy(part, slots), back.get), power) for part, power in found]
    return [(from_sympy(first, slots), 1), *split]


def _summed(polynomial: Polynomial) -> Expr:
    return nodes.add(
        *(
            nodes.mul(num(c), *(nodes.power(b, num(k)) for b, k in powers.items() if k))
            for c, powers in polynomial
        )
    )
