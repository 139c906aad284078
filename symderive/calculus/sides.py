"""The kinks of a program, and its lines with one side taken of some of them.

At a = b a maximum has two slopes. To take a side is to write it as the choice that it is, [a > b] a
+ [b ≥ a] b: what is differentiated then knows which of the two holds at the tie, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..index import nodes
from ..index.evaluate import Evaluator
from ..index.functions import FUNCTIONS, SIDED, is_positive
from ..index.nodes import HALF, ONE, ZERO, Expr, Num, Tensor
from ..index.walk import rebuild, substitute, transform
from ..program import Assignment, Program
from .linearise import unsided

JUMP = 1e-6  # what a value that goes on without a jump differs by at most


@dataclass(frozen=True)
class Site:
    """A node with a kink, or a jump, where left = right."""

    node: Expr
    left: Expr
    right: Expr

    @property
    def switch(self) -> Expr:
        """What changes its sign there."""
        return self.left - self.right


@dataclass(frozen=True)
class Side:
    """Brackets that say on which side of a kink something is: left > right, or not; one of them
    holds at a tie.
    """

    above: Expr
    below: Expr
    tied: Expr = ZERO

    @classmethod
    def of(cls, site: Site, tie: int) -> Side:
        """A tie counts as above (tie=1), as below (-1), or as half of each (0)."""
        greater = nodes.bracket("gt", site.left, site.right)
        less = nodes.bracket("gt", site.right, site.left)
        if tie == 0:
            tied = nodes.bracket("eq", site.left, site.right)
            return cls(greater + HALF * tied, less + HALF * tied, tied)
        if tie > 0:
            return cls(nodes.bracket("ge", site.left, site.right), less)
        return cls(greater, nodes.bracket("ge", site.right, site.left))

    @classmethod
    def of_product(cls, sides: Sequence[Side]) -> Side:
        """Where the product of the switches of these is; a product of none is above."""
        above: Expr = ONE
        below: Expr = ZERO
        for one in sides:
            above, below = (
                one.above * above + one.below * below,
                one.above * below + one.below * above,
            )
        untied = nodes.mul(*(ONE - side.tied for side in sides))
        return cls(above, below, ONE - untied)

    @property
    def turned(self) -> Side:
        """The same, seen from the other side."""
        return Side(self.below, self.above, self.tied)


def sites_of(program: Program) -> list[Site]:
    """Every kink of the program that may take a side, in order."""
    found: dict[Expr, Site] = {}
    for line in program.assignments:
        for node in _outside_brackets(line.value) if not line.constant else ():
            site = _site(node)
            if site is not None:
                found[node] = site
    return list(found.values())


def _outside_brackets(expr: Expr) -> Iterator[Expr]:
    """Every node but what brackets compare: nothing is differentiated in there."""
    yield expr
    if not isinstance(expr, (nodes.Bracket, nodes.Delta, nodes.Ref)):
        for arg in expr.args:
            yield from _outside_brackets(arg)


def _site(node: Expr) -> Site | None:
    if isinstance(node, nodes.Call):
        kink = FUNCTIONS[node.function].kink
        return None if kink is None else Site(node, *kink.between(*node.args))
    if isinstance(node, nodes.Bracket) and node.relation in ("gt", "ge", "eq"):
        read = node.tensors and not all(t.domain.is_label for t in node.tensors)
        return Site(node, *node.args) if read else None
    root = _root_of_square(node)
    return Site(node, root, ZERO) if root is not None else None


def _root_of_square(node: Expr) -> Expr | None:
    """u of √(u²), and √a u v² of √(a u² v⁴) for positive a."""
    if not isinstance(node, nodes.Pow) or not isinstance(node.args[1], Num):
        return None
    square, outer = node.args
    if not isinstance(square, (nodes.Pow, nodes.Mul)) or node.args[1].value.denominator != 2:
        return None
    roots = [_root(factor, outer) for factor in _factors(square)]
    whole = [r for r in roots if r is not None]
    return nodes.mul(*whole) if len(whole) == len(roots) else None


def _root(factor: Expr, outer: Expr) -> Expr | None:
    """The power of a factor, as one that changes its sign with what is squared in it."""
    base, inner = nodes.base_exp(factor)
    even = isinstance(inner, Num) and inner.value.denominator == 1 and inner.value % 2 == 0
    if even:
        return nodes.power(base, inner * outer)
    return nodes.power(factor, outer) if is_positive(factor) else None


def _factors(expr: Expr) -> tuple[Expr, ...]:
    return expr.args if isinstance(expr, nodes.Mul) else (expr,)


def sided(expr: Expr, chosen: Mapping[Expr, Side]) -> Expr:
    """The expression with these sides taken."""
    if expr in chosen:
        args = tuple(sided(a, chosen) for a in expr.args)
        form = _SIDED[type(expr)](expr, args, chosen[expr])
        value = rebuild(expr, tuple(map(unsided, args)))
        return form if _jumps(expr) else nodes.call(SIDED, value, form)
    if isinstance(expr, (nodes.Bracket, nodes.Delta, nodes.Ref)) or not expr.args:
        return expr
    return rebuild(expr, tuple(sided(a, chosen) for a in expr.args))


def _jumps(node: Expr) -> bool:
    """True for what has another value on either side, not just another slope."""
    if isinstance(node, nodes.Call):
        kink = FUNCTIONS[node.function].kink
        return kink is not None and kink.jumps
    return isinstance(node, nodes.Bracket)


def _of_call(node: nodes.Call, args: tuple[Expr, ...], side: Side) -> Expr:
    kink = FUNCTIONS[node.function].kink
    assert kink is not None  # or it would be no site
    return side.above * kink.above(*args) + side.below * kink.below(*args)


def _of_root(node: Expr, side: Side) -> Expr:
    root = _root_of_square(node)
    return node if root is None else side.above * root - side.below * root


_SIDED: dict[type[Expr], Callable[[Any, tuple[Expr, ...], Side], Expr]] = {
    nodes.Call: _of_call,
    nodes.Bracket: lambda node, args, side: side.tied if node.relation == "eq" else side.above,
    nodes.Pow: lambda node, args, side: _of_root(rebuild(node, args), side),
}


def with_sides_taken(program: Program, chosen: Mapping[Expr, Side], there: Evaluator) -> Program:
    """The program whose lines are differentiated with these sides.

    there: the program at a tie. A name that stands for a jump has another value there than the side
    that is taken, and so is written out where it is used.
    """
    jumps: dict[Tensor, Assignment] = {}

    def written_out(node: Expr) -> Expr | None:
        if isinstance(node, (nodes.Bracket, nodes.Delta)):
            return node
        if not isinstance(node, nodes.Ref) or node.tensor not in jumps:
            return None
        line = jumps[node.tensor]
        return substitute(line.differentiated, dict(zip(line.indices, node.args, strict=True)))

    lines = []
    for line in program.assignments:
        value = sided(line.value, chosen) if not line.constant else line.value
        value = transform(value, written_out) if jumps and not line.constant else value
        same = value is line.value
        taken = line if same else replace(line, sided=value, kink=False)
        if taken.sided is not None and _differs(there(value, line.indices), there, line.tensor):
            jumps[line.tensor] = taken
        lines.append(taken)
    return replace(program, assignments=tuple(lines))


def _differs(value: Any, there: Evaluator, tensor: Tensor) -> bool:
    known = np.asarray(there.arrays[tensor.name], float)
    return not np.allclose(value, known, rtol=JUMP, atol=JUMP, equal_nan=True)
