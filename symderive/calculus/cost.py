"""What an array program costs: elementwise operations, reductions, transcendental calls, residuals
to save.

Sizes are symbolic, so a typical length stands for each dim; a bigger axis weighs more. A shared
subexpression is paid once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import prod

from ..index import nodes
from ..index.dims import Dim, Index
from ..index.functions import FUNCTIONS
from ..index.memo import Table, table
from ..index.nodes import Expr, Num, Tensor, base_exp
from ..program import Program

TYPICAL, TYPICAL_LAST = 64, 32  # features (last axes) are fewer than samples
CALL, ROOT, DIVISION, COMPARE = 8, 3, 1, 1
READING = 1  # a name less to read is worth one operation on the largest input
SAVED, GIVEN = 9, 1  # one more array kept alive, against an input, the output or the cotangent

Price = tuple[int, int, int]


@dataclass(frozen=True)
class Weights:
    """The typical length of each dim, what it costs to have each tensor at hand, what each name
    costs a reader, and whether a change of sign costs an operation.
    """

    lengths: Mapping[Dim, int] = field(default_factory=dict)
    held: Mapping[Tensor, int] = field(default_factory=dict)
    reading: int = 0
    signs: bool = True
    operations: dict[Expr, int] = field(default_factory=dict, compare=False)

    def elements(self, tensor: Tensor) -> int:
        """How many elements a tensor has."""
        return _elements(tensor, self.lengths)

    def holding(self, tensors: Iterable[Tensor]) -> Weights:
        """The same weights once these tensors are at hand anyway."""
        return replace(self, held={**self.held, **dict.fromkeys(tensors, 0)})

    @property
    def bare(self) -> Weights:
        """The arithmetic alone: every tensor at hand, and a sign part of an addition."""
        return Weights(self.lengths, signs=False)

    def points(self, free: Iterable[Index]) -> int:
        """How many elements an array over these indices has."""
        total = 1
        for index in free:
            total *= self.lengths.get(index.dim, index.dim.length or TYPICAL)
        return total


def weights_of(program: Program, named: Iterable[Tensor] = ()) -> Weights:
    """Weights for the backward of a program; `named` are tensors of the backward itself, which
    cost nothing to hold.
    """
    last = {a.tensor.dims[-1] for a in program.arguments if len(a.tensor.dims) > 1}
    earlier = {d for a in program.arguments for d in a.tensor.dims[:-1]}
    lengths = {
        d: TYPICAL_LAST if d in last - earlier else TYPICAL
        for d in program.dims
        if d.length is None
    }
    given = {a.tensor for a in program.arguments} | {o.tensor for o in program.outputs}
    held: dict[Tensor, int] = dict.fromkeys(given, GIVEN)
    held.update(dict.fromkeys([*named, *(p.tensor for p in program.parameters)], 0))
    largest = max((_elements(a.tensor, lengths) for a in program.arguments), default=1)
    unread = Weights(lengths, held)
    for assignment in program.assignments:
        if assignment.tensor not in held:
            again = cost(assignment.value, unread)[0]
            each = -(-again // unread.points(assignment.indices))
            held[assignment.tensor] = min(SAVED, each)  # saved, or computed again from what is held
    return replace(unread, reading=largest * READING // 2)


def cost(expr: Expr, weights: Weights) -> Price:
    """(operations, residuals and reading; names read; differences that may cancel): the later ones
    settle ties.
    """
    total = 0
    seen: set[Expr] = set()
    stack = [expr]
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        own = weights.operations.get(node)
        if own is None:
            own = weights.operations[node] = _own(node, weights)
        total += own
        stack.extend(a for a in node.args if not isinstance(a, (nodes.Idx, Num)))
    total += sum(weights.held.get(t, 0) * _elements(t, weights.lengths) for t in expr.tensors)
    names = names_read(expr)
    return total + names * weights.reading, names, differences(expr)


def _elements(tensor: Tensor, lengths: Mapping[Dim, int]) -> int:
    return prod(lengths.get(d, d.length or TYPICAL) for d in tensor.dims)


_NAMES: Table[Expr, int] = table()
_DIFFERENCES: Table[Expr, int] = table()


def _looked_up(expr: Expr) -> int:
    """Twice the names that a reader looks up at a node: an element is one, and so is a constant
    with many digits; a size is half of one.
    """
    if isinstance(expr, nodes.Ref) or (isinstance(expr, Num) and expr.value.denominator > 64):
        return 2
    return int(isinstance(expr, nodes.Size))


def differences(expr: Expr) -> int:
    """How many differences an expression holds that may cancel; 1 - s for s in [0, 1] does not
    count, since it rounds once.
    """
    found = _DIFFERENCES.known.get(expr)
    if found is None:
        found = sum(map(differences, expr.args)) + (isinstance(expr, nodes.Add) and _cancels(expr))
        _DIFFERENCES.known[expr] = found
    return found


def _cancels(expr: nodes.Add) -> bool:
    taken = [rest for count, rest in map(nodes.coefficient, expr.args) if count < 0]
    safe = expr.args[0] is nodes.ONE and all(
        isinstance(r, nodes.Ref) and r.tensor.domain.is_unit for r in taken
    )
    return 0 < len(taken) < len(expr.args) and not (safe and len(expr.args) == 2)


def names_read(expr: Expr) -> int:
    """Twice the number of names that a reader meets in an expression, repetitions counted."""
    found = _NAMES.known.get(expr)
    if found is None:
        found = _looked_up(expr) or sum(map(names_read, expr.args))
        if isinstance(expr, nodes.Pow) and isinstance(expr.args[1], Num):
            found *= max(1, expr.args[1].value.numerator)  # y² reads y twice
        _NAMES.known[expr] = found
    return found


def _own(node: Expr, weights: Weights) -> int:
    """The operations of one node, given its children."""
    if isinstance(node, (nodes.Mul, nodes.Add)):
        return _chain(node, weights)
    points = weights.points(node.free)
    if isinstance(node, nodes.Call):
        return points * (COMPARE if FUNCTIONS[node.function].exact else CALL)
    if isinstance(node, nodes.Pow):
        return points * _power_cost(node.args[1])
    if isinstance(node, nodes.Reduce):
        return points * weights.points(node.bound)
    if isinstance(node, (nodes.Delta, nodes.Bracket)):
        return points * COMPARE
    return 0


def _power_cost(exp: Expr) -> int:
    if isinstance(exp, Num):
        if exp.value.denominator == 1:
            return max(abs(exp.value.numerator) - 1, 0) + (DIVISION if exp.value < 0 else 0)
        if exp.value.denominator == 2:
            return ROOT + abs(exp.value.numerator) // 2 + (DIVISION if exp.value < 0 else 0)
    return 2 * CALL


def _chain(node: Expr, weights: Weights) -> int:
    """A product or sum of several: the small arrays first, so that few operations run over many
    elements.
    """
    total, over = 0, frozenset[Index]()
    signed = isinstance(node, nodes.Mul) and not weights.signs
    counted = [a for a in node.args if not (signed and a is nodes.MINUS_ONE)]
    for n, arg in enumerate(sorted(counted, key=lambda a: len(a.free))):
        over |= arg.free
        if n and not (isinstance(arg, Num) and abs(arg.value) == 1):
            total += weights.points(over)
        if isinstance(node, nodes.Mul) and _reciprocal(arg):
            total -= weights.points(arg.free)  # a / b is one operation, not two
    return total


def _reciprocal(factor: Expr) -> bool:
    _, exp = base_exp(factor)
    return isinstance(exp, Num) and exp.value < 0
