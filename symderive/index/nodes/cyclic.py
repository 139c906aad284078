"""Places on an axis whose end is joined to its start."""

from __future__ import annotations

from .arithmetic import add, coefficient, mul, size
from .kinds import Add, Expr, Idx, Mod, Num, intern
from .leaves import ZERO, num


def mod(place: Expr, length: Expr) -> Expr:
    """`place` modulo `length`: multiples of the length are left out, and what is taken modulo the
    length already is not taken so again.
    """
    form = _shorter(add(*_around(place, length)), length)
    if isinstance(length, Num):
        number = sum(part.value for part in _parts(form) if isinstance(part, Num))
        form = add(form, num(number % length.value - number))
    own = isinstance(form, Idx) and size(form.index.dim) is length
    if own or form is ZERO or (isinstance(form, Num) and isinstance(length, Num)):
        return form
    return intern(Mod, "", (form, length))


def _parts(form: Expr) -> tuple[Expr, ...]:
    return form.args if isinstance(form, Add) else (form,)


def _around(place: Expr, length: Expr) -> list[Expr]:
    kept: list[Expr] = []
    for term in _parts(place):
        count, rest = coefficient(term)
        if count.denominator == 1 and isinstance(rest, Mod) and rest.args[1] is length:
            kept += [mul(num(count), part) for part in _parts(rest.args[0])]
        elif count.denominator > 1 or rest is not length:
            kept.append(term)
    return kept


def _shorter(form: Expr, length: Expr) -> Expr:
    """A length that is itself a sum, such as n - 1, is left out where that shortens the form."""
    for sign in (1, -1):
        other = add(form, *(mul(num(sign), part) for part in _parts(length)))
        if len(_parts(other)) < len(_parts(form)):
            return _shorter(other, length)
    return form
