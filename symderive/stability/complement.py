"""1 - p for one of several probabilities that sum to one is the sum of the others: where p is
almost 1, that sum is small and right, while 1 - p is what rounding has left.

Which probabilities sum to one is read off the program's own equations. The forward keeps the name
q = 1 - p, from which the calculus finds its closed form; so the sum is put in once that is found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..index import nodes
from ..index.nodes import HALF, ONE, Add, Call, Expr, Ref, Tensor, call, num
from ..index.walk import substitute, transform, walk
from ..program import Assignment, Program
from ..trace import Step
from .chain import checked, free_name, in_order, opened
from .matching import match
from .rules import RULES
from .shares import Shares

RULE = "sum-of-others"
LOG_RULE = "log-near-one"


def name_complements(program: Program) -> tuple[Program, tuple[Step, ...]] | None:
    """q = 1 - p gets a name, so that the gradient is found in terms of q; None where all have."""
    shares = Shares(program)
    for place, assignment in enumerate(program.assignments):
        for share in _unnamed(assignment):
            if shares.complement(share) is not None:
                return _with_name(program, place, share), ()
    return None


def _with_name(program: Program, place: int, share: Expr) -> Program:
    """The program whose assignment at this place has a name for 1 - p."""
    lines, user = list(program.assignments), program.assignments[place]
    name = _known(lines[:place], share)
    if name is None:
        line, name = _named(program, user, share)
        lines.insert(place, line)
    value = transform(user.value, lambda node: _by_name(node, share, name))
    lines[lines.index(user)] = replace(user, value=value)
    return replace(program, assignments=tuple(lines))


def _unnamed(assignment: Assignment) -> Iterator[Expr]:
    """The p of each 1 - p inside an assignment that is not just that."""
    if assignment.constant or assignment.opaque:
        return
    done = _guarded(assignment.value)
    for node in walk(assignment.value):
        found = _complement(node)
        if found and node not in done:
            yield found[1]


def _guarded(value: Expr) -> set[Expr]:
    """The 1 - p that stand beside [½ ≥ p], where nothing cancels."""
    return {
        factor
        for node in walk(value)
        if isinstance(node, nodes.Mul)
        for factor in node.args
        if (found := _complement(factor)) and nodes.bracket("ge", HALF, found[1]) in node.args
    }


def _known(lines: list[Assignment], share: Expr) -> Expr | None:
    for line in lines:
        binding = match(line.value, ONE - share) if line.opaque else None
        if binding is not None and all(i in binding for i in line.indices):
            return substitute(line.left, binding)
    return None


def _complement(node: Expr) -> tuple[Expr, Expr, Expr] | None:
    """A sum c - c p + rest as c, p and the rest; -expm1(u) is 1 - e^u, log1p(-p) is log(1 - p),
    and log1mexp(u) is log(1 - e^u)."""
    if isinstance(node, nodes.Mul):
        count, rest = nodes.coefficient(node)
        if count < 0 and isinstance(rest, Call) and rest.function == "expm1":
            return num(-count), nodes.call("exp", rest.args[0]), nodes.ZERO
    if isinstance(node, Call) and node.function == "log1p":
        node = ONE + node.args[0]
    elif isinstance(node, Call) and node.function == "log1mexp":
        node = ONE - call("exp", node.args[0])
    if not isinstance(node, Add):
        return None
    numbers = [t for t in node.args if isinstance(t, nodes.Num)]
    for number in numbers:
        for term in node.args:
            count, share = nodes.coefficient(term)
            if count == -number.value and share.tensors:
                rest = nodes.add(*(t for t in node.args if t not in (number, term)))
                return number, share, rest
    return None


def _by_name(node: Expr, share: Expr, name: Expr) -> Expr | None:
    found = _complement(node)
    if not found or found[1] is not share:
        return None
    value = found[0] * name + found[2]
    return call("log", value) if isinstance(node, Call) else value


def _named(program: Program, user: Assignment, share: Expr) -> tuple[Assignment, Expr]:
    """q = 1 - p over the indices that p has, and its element in the place of 1 - p."""
    own = [i for i in user.indices if i in share.free]
    free = (*own, *sorted(share.free - set(own)))
    tensor = Tensor(free_name(program, "q"), tuple(i.dim for i in free))
    indices = tensor.indices
    value = substitute(ONE - share, dict(zip(free, indices, strict=True)))
    line = Assignment(tensor, indices, value, user.place, opaque=True)
    return line, tensor[free] if free else tensor[()]


def complements(program: Program) -> tuple[Program, tuple[Step, ...]] | None:
    """1 - p of a forward as the sum of the others; None where there is none."""
    shares, steps = Shares(program), list[Step]()
    named = {a.tensor: a for a in program.assignments if a.opaque}
    lines = []
    for assignment in program.assignments:
        key, value = RULE, assignment.value if assignment.constant else _summed(assignment, shares)
        if value is assignment.value:
            key, value = LOG_RULE, _with_logs(assignment, named, shares)
        if value is not assignment.value:
            because = RULES[key].because["en"]
            steps.append(Step(key, str(assignment.left), assignment.value, value, because))
        lines.append(replace(assignment, value=value))
    if not steps:
        return None
    after = in_order(replace(program, assignments=tuple(lines)))
    return checked(program, after, RULE), tuple(steps)


def _summed(assignment: Assignment, shares: Shares) -> Expr:
    """The value with every 1 - p as the sum of the others."""
    value = assignment.value
    if assignment.opaque:  # the calculus may have named expm1(u)
        value = transform(value, lambda node: _expm1(node, shares))
    done = _guarded(value)
    return transform(value, lambda node: _as_sum(node, shares, done))


def _with_logs(assignment: Assignment, named: Mapping[Tensor, Assignment], shares: Shares) -> Expr:
    """The value with log p and log q by whichever of p and q is small."""
    value = assignment.value
    for line in named.values():
        alike = line.indices == assignment.indices and line.tensor != assignment.tensor
        if alike and shares.is_log(value, ONE - line.value):
            small = call("minimum", line.left, HALF)  # no log of 0 where it is not taken
            near = nodes.bracket("gt", HALF, line.left) * call("log1p", -small)
            return near + nodes.bracket("ge", line.left, HALF) * value
    return transform(value, lambda node: _log_of(node, named))


def _expm1(node: Expr, shares: Shares) -> Expr | None:
    """The expm1(u) that the calculus gave a name."""
    value = opened(node, shares.known)
    return value if isinstance(value, Call) and value.function == "expm1" else None


def _log_of(node: Expr, named: Mapping[Tensor, Assignment]) -> Expr | None:
    """log q, which is log1p(-p) where q is not small: 1 - p would round a small p away."""
    if not (isinstance(node, Call) and node.function == "log" and isinstance(node.args[0], Ref)):
        return None
    q = node.args[0]
    if q.tensor not in named:
        return None
    line = named[q.tensor]
    value = substitute(line.value, dict(zip(line.indices, q.args, strict=True)))
    found = _complement(value)
    if found is None:  # a program that went through this before
        return None
    small = call("log1p", -call("minimum", found[1], HALF))
    return nodes.bracket("gt", HALF, q) * node + nodes.bracket("ge", q, HALF) * small


def _as_sum(node: Expr, shares: Shares, done: set[Expr]) -> Expr | None:
    found = None if isinstance(node, Call) or node in done else _complement(node)
    if found is None:
        return None
    count, share, rest = found
    others = shares.complement(share)
    return None if others is None else count * others + rest
