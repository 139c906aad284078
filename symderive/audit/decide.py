"""Is what the code computes the derivative? A proof where the difference normalises to zero."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ..calculus.normal import TooLarge, normal
from ..calculus.search import Search
from ..errors import SymderiveError
from ..index import nodes
from ..index.nodes import ZERO, Add, Expr, Num, Pow
from ..index.terms import terms
from ..index.text import text
from ..index.walk import transform, walk
from ..program import Assignment
from .elementary import elementary, exact_numbers
from .places import cases, forwards, has_known_lengths, straight, tidy
from .regions import vanishes_in_each
from .ties import compared, piecewise, sifted
from .unfold import unfold

MOST_CLEARED = 6  # denominators multiplied out
MOST_PRODUCTS = (
    1500  # terms that one of them makes: past this it takes seconds, and again and again
)
MOST_NODES = 300  # distinct nodes of an expression whose comparisons are settled


@dataclass(frozen=True)
class Proof:
    """Why a difference is zero, in words, and the equations of the forward that were used."""

    how: str
    where: tuple[str, ...] = ()


def prove_zero(
    differences: Sequence[Expr], forward: tuple[Assignment, ...], search: Search
) -> Proof | None:
    """A proof that one of these expressions over the forward's names is zero, or None where none
    was found. The cheap attempts are made on all of them first."""
    for attempt in _ATTEMPTS:
        for difference in differences:
            try:
                proof = attempt(difference, forward, search)
            except (TooLarge, SymderiveError):  # an attempt that fails proves nothing
                continue
            if proof is not None:
                return proof
    apart = [straight(d) for d in differences]
    below = tuple(replace(a, value=straight(a.value)) for a in forward)
    changed = apart != list(differences) or below != forward
    return prove_zero(apart, below, search) if changed else None


def _at_once(difference: Expr, forward: tuple[Assignment, ...], search: Search) -> Proof | None:
    if normal(difference) is ZERO:
        return Proof("both have one normal form")
    return None


def _written_out(difference: Expr, forward: tuple[Assignment, ...], search: Search) -> Proof | None:
    """The names of the forward written out one after the other, the last ones first."""
    used: list[str] = []
    current = difference
    for assignment in reversed(forward):
        if assignment.tensor in current.tensors:
            current = unfold(current, (assignment,), in_brackets=False)
            used.append(str(assignment))
            if normal(current) is ZERO:
                return Proof("both have one normal form once names are written out", tuple(used))
    return None


def _place_by_place(
    difference: Expr, forward: tuple[Assignment, ...], search: Search
) -> Proof | None:
    """Each place of the dims of known length by itself, names written out where that is needed."""
    if not has_known_lengths(difference):
        return None
    for one in cases(tidy(difference)):
        if not any(attempt(one, forward, search) for attempt in (_at_once, _written_out)):
            return None
    return Proof("the difference is zero at each place of the dims of known length")


def _without_ties(
    difference: Expr, forward: tuple[Assignment, ...], search: Search
) -> Proof | None:
    if _vanishes(_settled(difference, forward)):
        return Proof("both have one normal form where no two compared values are equal")
    return None


def _settled(expr: Expr, forward: tuple[Assignment, ...]) -> Expr:
    """Comparisons in one form, what they compare written out down to the inputs."""
    if sum(1 for _ in walk(expr)) > MOST_NODES:
        raise TooLarge("comparisons in an expression of this size are not settled")
    whole = transform(expr, lambda n: unfold(n, forward) if compared(n) else None)
    return piecewise(whole)


def _by_equations(
    difference: Expr, forward: tuple[Assignment, ...], search: Search
) -> Proof | None:
    found = search.best(normal(difference))
    if found.form is ZERO:
        used = tuple(dict.fromkeys(m.equation for m in found.path if m.equation))
        return Proof("the difference vanishes by the forward's own equations", used)
    return None


def _unfolded(difference: Expr, forward: tuple[Assignment, ...], search: Search) -> Proof | None:
    how = "every name written out, the difference normalises to zero"
    for expr in _levels(difference, forward):
        try:
            if _vanishes(expr):
                return Proof(how)
            if _vanishes(_settled(expr, forward)):
                return Proof(f"{how} where no two compared values are equal")
        except TooLarge:
            continue
    return None


def _elementary(difference: Expr, forward: tuple[Assignment, ...], search: Search) -> Proof | None:
    """Every name and every function written out in exponentials."""
    whole = elementary(unfold(forwards(tidy(difference)), forward))
    if _vanishes(elementary(_settled(whole, ()))):
        return Proof(
            "written out in exponentials, the difference normalises to zero where no two compared "
            "values are equal"
        )
    return None


def _by_places(difference: Expr, forward: tuple[Assignment, ...], search: Search) -> Proof | None:
    """Every name written out, and every place of a dim of known length by itself."""
    whole = tidy(unfold(difference, forward))
    if has_known_lengths(whole) and all(_vanishes(_settled(c, ())) for c in cases(whole)):
        return Proof("the difference is zero at each place of the dims of known length")
    return None


def _by_regions(difference: Expr, forward: tuple[Assignment, ...], search: Search) -> Proof | None:
    for expr in _levels(difference, forward):
        if vanishes_in_each(expr, _vanishes):
            return Proof(
                "the difference is zero on either side of each comparison, where no two compared "
                "values are equal"
            )
    return None


def _levels(difference: Expr, forward: tuple[Assignment, ...]) -> Iterator[Expr]:
    """The difference with more and more names written out, the last ones first."""
    current = forwards(tidy(difference))
    yield current
    for assignment in reversed(forward):
        if assignment.tensor in current.tensors:
            current = forwards(unfold(current, (assignment,)))
            yield current


def _vanishes(expr: Expr) -> bool:
    """True where the expression normalises to zero, its denominators multiplied out."""
    value = normal(exact_numbers(sifted(normal(expr))))
    for _ in range(MOST_CLEARED):
        if value is ZERO:
            return True
        base = _denominator(value)
        if base is None:
            return False
        value = _times(value, base)
    return value is ZERO


def _denominator(value: Expr) -> Pow | None:
    """The greatest negative power of a sum that is a factor of a term."""
    found: Pow | None = None
    for term in terms(value):
        _, rest = nodes.coefficient(term)
        for factor in rest.args if isinstance(rest, nodes.Mul) else (rest,):
            if not isinstance(factor, Pow) or not _is_sum(factor.args[0]):
                continue
            if _negative(factor) and (found is None or _key(factor) < _key(found)):
                found = factor
    return found


def _key(power: Pow) -> tuple[bytes, object]:
    return power.args[0].key, power.args[1].value  # type: ignore[attr-defined]


def _is_sum(base: Expr) -> bool:
    return isinstance(base, Add)


def _negative(factor: Pow) -> bool:
    exponent = factor.args[1]
    return isinstance(exponent, Num) and exponent.value < 0 and exponent.value.denominator == 1


def _times(value: Expr, power: Pow) -> Expr:
    """The expression times the denominator, which is not zero where the forward is finite."""
    base, exponent = power.args
    products = len(terms(value)) * len(terms(base)) ** -int(exponent.value)  # type: ignore[attr-defined]
    if products > MOST_PRODUCTS:
        raise TooLarge(f"{products} products")
    raised = nodes.power(base, nodes.mul(nodes.num(-1), exponent))
    return normal(nodes.add(*(normal(nodes.mul(t, raised)) for t in terms(value))))


def simplest(expr: Expr, forward: tuple[Assignment, ...], search: Search) -> Expr:
    """The expression, or the same with its comparisons settled, whichever is shorter to read."""
    try:
        settled = normal(sifted(normal(_settled(expr, forward))))
        written = search.presenter.sum(settled)
    except (TooLarge, SymderiveError):
        return expr
    return written if len(text(written)) < len(text(expr)) else expr


_ATTEMPTS: tuple[Callable[[Expr, tuple[Assignment, ...], Search], Proof | None], ...] = (
    _at_once,
    _place_by_place,
    _written_out,
    _by_equations,
    _without_ties,
    _unfolded,
    _elementary,
    _by_places,
    _by_regions,
)
