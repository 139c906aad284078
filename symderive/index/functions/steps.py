"""Functions with kinks and jumps, each with its convention there."""

from __future__ import annotations

from typing import Any

from .. import nodes
from ..nodes import HALF, MINUS_ONE, ONE, ZERO, Expr, call
from .record import Formula, Function, Kink
from .signs import is_positive

SIDED = "sided"  # sided(u, v) is u, differentiated as v: the same, but for its slope at a kink


def _zero(*_: Expr) -> Expr:
    return ZERO


def _one(*_: Expr) -> Expr:
    return ONE


def _side(u: Expr, y: Expr) -> Expr:
    return ONE if is_positive(u) else call("sign", u)


def _minus_size(u: Expr, v: Expr) -> Expr:
    return -call("abs", u)


def _follow(wins: str) -> tuple[Formula, ...]:
    """Partials of maximum (wins="gt") and minimum (wins="lt"): 1 for the winner; a tie is shared
    equally, unless the other side is a constant, which takes all of it.
    """

    def part(mine: Expr, other: Expr) -> Expr:
        if all(t.domain.fixed for t in other.tensors):
            return nodes.bracket(wins, mine, other)
        return nodes.bracket(wins, mine, other) + HALF * nodes.bracket("eq", mine, other)

    return (lambda u, v, y: part(u, v), lambda u, v, y: part(v, u))


def _first(u: Expr, v: Expr) -> Expr:
    return u


def _second(u: Expr, v: Expr) -> Expr:
    return v


def _extreme(name: str, wins: str, above: Formula, below: Formula, **names: Any) -> Function:
    return Function(
        name,
        arity=2,
        slopes=_follow(wins),
        numpy=name,
        exact=True,
        kink=Kink(lambda u, v: (u, v), above, below),
        note="equal arguments share the gradient equally; a constant argument takes all of it",
        **names,
    )


def _step(name: str, slopes: tuple[Formula, ...] = (_zero,), **names: Any) -> Function:
    told: dict[str, Any] = {"note": "a step has derivative 0, also at its jumps", "numpy": name}
    return Function(name, slopes=slopes, steps=True, **{**told, **names})


STEPS = (
    Function(
        "abs",
        slopes=(_side,),
        numpy="abs",
        library="fabs",
        sympy="Abs",
        sign="nonnegative",
        known=(0, ZERO),
        exact=True,
        kink=Kink(lambda u: (u, ZERO), lambda u: u, lambda u: -u),
        note="the derivative of |u| at 0 is 0",
    ),
    Function(
        "sign",
        slopes=(_zero,),
        numpy="sign",
        sympy="sign",
        mpmath="sign",
        parity="odd",
        exact=True,
        kink=Kink(lambda u: (u, ZERO), _one, lambda u: MINUS_ONE, _zero, jumps=True),
        note="the derivative of sign is 0, also at 0",
    ),
    _step("floor", library="floor", known=(0, ZERO), exact=True),
    _step("ceil", library="ceil", sympy="ceiling", known=(0, ZERO), exact=True),
    _step(
        "trunc",
        sympy=lambda s, u: s.sign(u) * s.floor(s.Abs(u)),
        mpmath=lambda mp, u: mp.sign(u) * mp.floor(abs(u)),
        c="trunc",
        parity="odd",
        exact=True,
    ),
    _step(
        "round",
        numpy="rint",
        sympy=lambda s, u: s.floor(u + s.Rational(1, 2)),
        mpmath="nint",
        c="rint",
        known=(0, ZERO),
        exact=True,
    ),
    _extreme("maximum", "gt", _first, _second, sympy="Max", mpmath=lambda mp, u, v: max(u, v)),
    _extreme("minimum", "lt", _second, _first, sympy="Min", mpmath=lambda mp, u, v: min(u, v)),
    Function(
        "heaviside",
        lambda u, v: nodes.bracket("gt", u, 0) + v * nodes.bracket("eq", u, 0),
        arity=2,
        slopes=(_zero, lambda u, v, y: nodes.bracket("eq", u, ZERO)),
        numpy="heaviside",
        sympy="Heaviside",
        mpmath=lambda mp, u, v: v if u == 0 else (1 + mp.sign(u)) / 2,
        kink=Kink(lambda u, v: (u, ZERO), _one, _zero, _second, jumps=True),
        note="a step has derivative 0, also at its jump",
    ),
    Function(
        "copysign",
        arity=2,
        slopes=(lambda u, v, y: call("sign", u) * call("copysign", ONE, v), _zero),
        numpy="copysign",
        sympy=lambda s, u, v: s.Abs(u) * s.Piecewise((-1, v < 0), (1, True)),
        mpmath=lambda mp, u, v: -abs(u) if v < 0 else abs(u),
        c="copysign",
        exact=True,
        kink=Kink(lambda u, v: (v, ZERO), lambda u, v: call("abs", u), _minus_size, jumps=True),
        note="a sign that is taken over has derivative 0, also at its jump",
    ),
    _step(
        "floor_divide",
        (_zero, _zero),
        definition=lambda u, v: call("floor", u / v),
        arity=2,
        mpmath=lambda mp, u, v: mp.floor(u / v) if v != 0 else u * mp.inf,
    ),
    _step(
        "remainder",
        (_one, lambda u, v, y: -call("floor_divide", u, v)),
        definition=lambda u, v: u - v * call("floor", u / v),
        arity=2,
        mpmath=lambda mp, u, v: u - v * mp.floor(u / v) if v != 0 else mp.nan,
        note="slopes at the jumps are those beside them",
    ),
    _step(
        "fmod",
        (_one, lambda u, v, y: (y - u) / v),
        definition=lambda u, v: u - v * call("trunc", u / v),
        arity=2,
        mpmath=lambda mp, u, v: mp.sign(u) * mp.fmod(abs(u), abs(v)) if v != 0 else mp.nan,
        c="fmod",
        note="slopes at the jumps are those beside them",
    ),
    Function(
        SIDED,
        _first,
        arity=2,
        slopes=(_zero, lambda u, v, y: ONE),
        numpy=lambda value, form: value,
        kinked=True,
    ),
)
