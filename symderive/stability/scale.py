"""f = f' exp(w): push a factor that exponentials have in common outwards through a program.

Each expression is written as a part f' that is computed and a log-scale w that is not. A product
adds the w of its factors, a power multiplies it, a sum needs one w for all its terms, and
log f = log f' + w takes it up. What reaches an output must have w = 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..index import nodes
from ..index.dims import Index
from ..index.functions import is_nonnegative
from ..index.nodes import (
    ONE,
    ZERO,
    Add,
    Bracket,
    Call,
    Delta,
    Expr,
    Mul,
    Num,
    Pow,
    Reduce,
    Ref,
    Tensor,
)
from ..index.text import factors_of
from ..index.walk import rebuild, substitute
from ..program import Assignment, Program
from .candidates import exponents_in
from .chain import Definitions, definitions, opened, unfolded

Site = Callable[[Expr], tuple[Expr, Expr] | None]


class Refused(Exception):
    """The factor cannot be pushed on.

    between: the log-scales that got in the way.  bound: the indices that are summed.
    beside: terms without a log-scale that are added to one that has it, and hold exponentials.
    """

    def __init__(
        self,
        reason: str,
        between: tuple[Expr, ...] = (),
        bound: frozenset[Index] = frozenset(),
        beside: tuple[Expr, ...] = (),
    ) -> None:
        super().__init__(reason)
        self.between, self.bound, self.beside = between, bound, beside


@dataclass(frozen=True)
class Scaled:
    """expr · exp(weight); `reach`: the free indices on which an exponential inside depends."""

    expr: Expr
    weight: Expr = ZERO
    reach: frozenset[Index] = frozenset()


class Scaling:
    """Splits expressions.

    site: maps the u of exp(u) to (u', w), exp(u) = exp(u') exp(w), or to None to leave it.
    joins: whether a term without a log-scale holds an exponential that ought to have the same.
    lifted: whether such a term was given the log-scale of the others.
    touched: the assignments whose values hold what is scaled, each with its value split.
    """

    def __init__(self, site: Site, joins: Callable[[Expr], bool] | None = None) -> None:
        self.site, self.joins = site, joins
        self.lifted = False
        self.touched: list[tuple[Assignment, Scaled]] = []
        self.known = Definitions(())
        self.tensors: dict[Tensor, tuple[Assignment, Scaled]] = {}
        self._memo: dict[Expr, Scaled] = {}

    def program(self, program: Program) -> Program:
        """The program of the f'. Raises Refused where an output would change."""
        self.known = definitions(program)
        assignments = []
        for assignment in program.assignments:
            value = assignment.value
            if self._concerned(value):
                split = self(value)
                self.touched.append((assignment, split))
                if split.weight is not ZERO or split.expr is not value:
                    self.tensors[assignment.tensor] = assignment, split
                value = split.expr
            assignments.append(replace(assignment, value=value))
        for output in program.outputs:
            known = self.tensors.get(output.tensor)
            if known and known[1].weight is not ZERO:
                raise Refused(f"the output {output.tensor.name} is scaled", (known[1].weight,))
        return replace(program, assignments=tuple(assignments))

    def _concerned(self, value: Expr) -> bool:
        """Whether an exponential of these stands in a value, or a name whose value was split."""
        if not value.tensors.isdisjoint(self.tensors):
            return True
        return any(self.site(u) for u in exponents_in(value))

    def __call__(self, expr: Expr) -> Scaled:
        found = self._memo.get(expr)
        if found is None:
            found = _SPLIT.get(type(expr), _plain)(self, expr)
            if found.weight is ZERO:
                found = Scaled(
                    found.expr
                )  # what is normalised no longer has a largest exponential to speak of
            self._memo[expr] = found
        return found

    def parts(self, expr: Expr) -> list[Scaled]:
        """The split children."""
        return [self(a) for a in expr.args]


def _reach(parts: list[Scaled]) -> frozenset[Index]:
    return frozenset().union(*(p.reach for p in parts)) if parts else frozenset()


def _same_weight(parts: list[Scaled], what: str) -> Expr:
    weights = tuple(dict.fromkeys(p.weight for p in parts if p.expr is not ZERO))
    if len(weights) > 1:
        raise Refused(f"the parts of {what} are not scaled alike", weights)
    return weights[0] if weights else ZERO


def _plain(scaling: Scaling, expr: Expr) -> Scaled:
    """Anything else takes its arguments as they are."""
    parts = scaling.parts(expr)
    for part in parts:
        if part.weight is not ZERO:
            raise Refused(f"{expr} is not homogeneous", (part.weight,))
    return (
        Scaled(rebuild(expr, tuple(p.expr for p in parts)), ZERO, _reach(parts))
        if parts
        else Scaled(expr)
    )


def _ref(scaling: Scaling, expr: Expr) -> Scaled:
    assert isinstance(expr, Ref)
    if expr.tensor not in scaling.tensors:
        return _plain(scaling, expr)
    assignment, split = scaling.tensors[expr.tensor]
    mapping = dict(zip(assignment.indices, expr.args, strict=True))
    reach = (
        frozenset().union(*(mapping[i].free for i in split.reach)) if split.reach else frozenset()
    )
    return Scaled(expr, substitute(split.weight, mapping), reach)


def _add(scaling: Scaling, expr: Expr) -> Scaled:
    parts = scaling.parts(expr)
    weights = tuple(dict.fromkeys(p.weight for p in parts if p.weight is not ZERO))
    if len(weights) == 1 and any(p.weight is ZERO for p in parts):
        parts = _lifted(scaling, expr, parts, weights)
    weight = _same_weight(parts, f"the sum {expr}")
    return Scaled(nodes.add(*(p.expr for p in parts)), weight, _reach(parts))


def _lifted(
    scaling: Scaling, expr: Expr, parts: list[Scaled], weights: tuple[Expr, ...]
) -> list[Scaled]:
    """1 + Σ e^x = e^m (e^-m + Σ e^(x - m)): terms without the factor are given it."""
    beside = tuple(a for a, p in zip(expr.args, parts, strict=True) if p.weight is ZERO)
    if scaling.joins and any(scaling.joins(term) for term in beside):
        raise Refused(f"an exponential in {expr} has another scale", weights, beside=beside)
    if any(isinstance(f, (Bracket, Delta)) for t in expr.args for f in factors_of(t)):
        raise Refused(f"{expr} holds cases, of which one may be without an exponential")
    if any(nodes.coefficient(t)[0] < 0 for t in terms_of(weights[0])):
        raise Refused(f"in {expr} the factor of a denominator would have to be multiplied in")
    scaling.lifted = True
    factor = nodes.call("exp", -weights[0])
    return [Scaled(p.expr * factor, weights[0]) if p.weight is ZERO else p for p in parts]


def terms_of(expr: Expr) -> tuple[Expr, ...]:
    """The terms of a sum, or the one term that it is."""
    return expr.args if isinstance(expr, Add) else (expr,)


def _mul(scaling: Scaling, expr: Expr) -> Scaled:
    parts = scaling.parts(expr)
    number, rest = parts[0].expr, [p.expr for p in parts[1:]]
    if (
        isinstance(number, Num)
        and len(rest) == 1
        and isinstance(rest[0], Add)
        and rest[0] not in expr.args
    ):
        product = nodes.add(
            *(number * t for t in rest[0].args)
        )  # x - (log s + m) becomes x - log s - m
    else:
        product = nodes.mul(*(p.expr for p in parts))
    return Scaled(product, nodes.add(*(p.weight for p in parts)), _reach(parts))


def _pow(scaling: Scaling, expr: Expr) -> Scaled:
    base, exp = scaling.parts(expr)
    if exp.weight is not ZERO:
        raise Refused(f"the exponent of {expr} is scaled", (exp.weight,))
    if not (isinstance(exp.expr, Num) and exp.expr.value > 0):
        _spans(base, f"1/{expr.args[0]}")
    return Scaled(
        nodes.power(base.expr, exp.expr), nodes.mul(exp.expr, base.weight), base.reach | exp.reach
    )


def _spans(part: Scaled, what: str) -> None:
    """What is divided by, or logged, must hold the largest exponential: else it may be 0."""
    if part.weight is not ZERO and not part.reach <= part.weight.free:
        raise Refused(
            f"in {what} the largest exponential need not be among the terms", (part.weight,)
        )


def _call(scaling: Scaling, expr: Expr) -> Scaled:
    assert isinstance(expr, Call)
    return _HOMOGENEOUS.get(expr.function, _plain)(scaling, expr)


def _exp(scaling: Scaling, expr: Expr) -> Scaled:
    inner = _plain(scaling, expr)
    found = scaling.site(expr.args[0])
    if found is None:
        return inner
    if inner.expr is not expr:
        raise Refused(f"{expr} is scaled twice")
    shifted, weight = found
    return Scaled(nodes.call("exp", shifted), weight, expr.free | inner.reach)


def _log(scaling: Scaling, expr: Expr) -> Scaled:
    inside = opened(expr.args[0], scaling.known) or expr.args[0]
    if isinstance(inside, Add) and ONE in inside.args:
        rest = nodes.add(*(t for t in inside.args if t is not ONE))
        softplus = _softplus(scaling, rest)
        if softplus is not None:
            return softplus
    (part,) = scaling.parts(expr)
    _spans(part, str(expr))
    return Scaled(nodes.call("log", part.expr) + part.weight, ZERO, part.reach)


def _log1p(scaling: Scaling, expr: Expr) -> Scaled:
    return _softplus(scaling, expr.args[0]) or _plain(scaling, expr)


def _softplus(scaling: Scaling, rest: Expr) -> Scaled | None:
    """log(1 + f' e^w) = logaddexp(log f' + w, 0), exact also where f' e^w is small."""
    part = scaling(rest)
    if part.weight is ZERO or not is_nonnegative(unfolded(rest, scaling.known)):
        return None
    _spans(part, str(rest))
    return Scaled(nodes.call("logaddexp", nodes.call("log", part.expr) + part.weight, ZERO))


def _first_degree(scaling: Scaling, expr: Expr) -> Scaled:
    """|c u| = c |u| and max(c u, c v) = c max(u, v) for c > 0."""
    parts = scaling.parts(expr)
    weight = _same_weight(parts, str(expr))
    return Scaled(rebuild(expr, tuple(p.expr for p in parts)), weight, _reach(parts))


def _degree_zero(scaling: Scaling, expr: Expr) -> Scaled:
    """[c u > c v] = [u > v] and sign(c u) = sign(u) for c > 0."""
    return replace(_first_degree(scaling, expr), weight=ZERO)


def _reduce(scaling: Scaling, expr: Expr) -> Scaled:
    assert isinstance(expr, Reduce)
    (part,) = scaling.parts(expr)
    if part.weight is not ZERO and expr.op == "prod":
        raise Refused(f"{expr} multiplies scaled factors", (part.weight,))
    bound = frozenset(expr.bound)
    if part.weight.free & bound:
        raise Refused(f"in {expr} the shift would depend on a bound index", (part.weight,), bound)
    return Scaled(nodes.reduce_(expr.op, expr.bound, part.expr), part.weight, part.reach - bound)


_HOMOGENEOUS: dict[str, Callable[[Scaling, Expr], Scaled]] = {
    "exp": _exp,
    "log": _log,
    "log1p": _log1p,
    "abs": _first_degree,
    "maximum": _first_degree,
    "minimum": _first_degree,
    "sign": _degree_zero,
}
_SPLIT: dict[type[Expr], Callable[[Scaling, Expr], Scaled]] = {
    Ref: _ref, Add: _add, Mul: _mul, Pow: _pow, Call: _call, Reduce: _reduce, Bracket: _degree_zero,
    Delta: _plain,
}  # fmt: skip
