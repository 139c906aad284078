"""log of a mixture of probabilities: where all of them underflow, their logarithms do not.

The forward keeps p and q under their names, from which the calculus finds its closed form; so the
logarithm is made safe once that is found.
"""

from __future__ import annotations

from dataclasses import replace

from ..index import nodes
from ..index.nodes import Add, Call, Expr, Num, call
from ..index.walk import transform
from ..program import Program
from ..trace import Step
from .chain import Definitions, checked, definitions, opened
from .logarithm import log_of
from .rules import RULES

RULE = "log-of-mixture"


def mixtures(program: Program) -> tuple[Program, tuple[Step, ...]] | None:
    """log(a p + b q) -> logaddexp(log p + log a, log q + log b), p and q quotients of exponentials;
    None where there is no such logarithm."""
    known, steps = definitions(program), list[Step]()
    lines = []
    for assignment in program.assignments:
        value = transform(assignment.value, lambda node: _log_of_mixture(node, known))
        if value is not assignment.value:
            because = RULES[RULE].because["en"]
            steps.append(Step(RULE, str(assignment.left), assignment.value, value, because))
        lines.append(replace(assignment, value=value))
    if not steps:
        return None
    return checked(program, replace(program, assignments=tuple(lines)), RULE), tuple(steps)


def _log_of_mixture(node: Expr, known: Definitions) -> Expr | None:
    if not (isinstance(node, Call) and node.function == "log"):
        return None
    scale, terms = _terms(node.args[0], known)
    logs = [_log(term, known) for term in terms]
    if len(logs) < 2 or any(log is None for log in logs):
        return None
    total, *others = [log for log in logs if log is not None]
    for other in others:
        total = call("logaddexp", total, other)
    return total if scale.value == 1 else total + call("log", scale)


def _terms(expr: Expr, known: Definitions) -> tuple[Num, tuple[Expr, ...]]:
    """c and the terms of a sum c (u + v), seen through names."""
    count, rest = nodes.coefficient(opened(expr, known) or expr)
    inner = rest if isinstance(rest, Add) else opened(rest, known)
    if not isinstance(inner, Add) or count <= 0:
        return nodes.num(1), ()
    shares = {nodes.coefficient(t)[0] for t in inner.args}
    share = shares.pop() if len(shares) == 1 else nodes.num(1).value
    return nodes.num(count * share), tuple(t / nodes.num(share) for t in inner.args)


def _log(term: Expr, known: Definitions) -> Expr | None:
    """log of c e^u / s."""
    count, rest = nodes.coefficient(term)
    log = log_of(rest, known) if count > 0 else None
    return log if log is None or count == 1 else log + call("log", nodes.num(count))
