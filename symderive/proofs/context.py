"""What every section of a proof has at hand: the parts, the names, the language, and the
numbering's keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..calculus.result import Jacobian
from ..index import nodes
from ..index.dims import Index
from ..index.nodes import Expr, Tensor
from ..index.walk import walk
from ..program import Assignment, Program
from .code_equations import code_equations
from .languages import Language
from .layout import Fraction, Layout, Symbol, row
from .mathematics import typeset
from .names import Names, names_of
from .parts import ProofParts
from .tree import Equation, Inline, Line, Math

PARTIAL = Symbol("∂")
LOSS = Symbol("L")


@dataclass(frozen=True)
class Context:
    """The parts of one proof, in one language, with one set of names."""

    parts: ProofParts
    language: Language
    names: Names

    @property
    def forward(self) -> Program:
        """The program that was differentiated."""
        return self.parts.derived.forward

    @property
    def backward(self) -> Program:
        """The derived program."""
        return self.parts.derived.backward

    def math(self, expr: Expr) -> Math:
        """An expression in running text."""
        return Math(typeset(expr, self.names))

    def layout(self, expr: Expr) -> Layout:
        """An expression in a display."""
        return typeset(expr, self.names)

    def name(self, tensor: Tensor) -> Layout:
        """A tensor's name without indices."""
        return self.names.tensor(tensor.name)

    def element(self, tensor: Tensor, indices: Iterable[Index] | None = None) -> Layout:
        """A tensor's element at its own free indices."""
        return self.layout(nodes.ref(tensor, *(indices if indices is not None else tensor.indices)))

    def partial(self, below: Layout, above: Layout = LOSS) -> Layout:
        """∂above/∂below."""
        return Fraction(row(PARTIAL, above), row(PARTIAL, below))

    def partial_inline(self, below: Layout, above: Layout = LOSS) -> Layout:
        """∂above/∂below on one line, for running text."""
        return row(PARTIAL, above, Symbol("/"), PARTIAL, below)

    def listed(self, parts: Iterable[Inline]) -> Inline:
        """Texts with commas between them."""
        listed: Inline = ()
        for part in parts:
            listed += (self.language.word("document.comma"), *part) if listed else part
        return listed

    def only_in_code(self, part: str) -> list[Equation]:
        """The equations that only the code of the forward or backward has."""
        own = [e for e in code_equations(self.parts) if e.part == part and not e.stated]
        return [self.equation(self.layout(e.left), self.layout(e.value), e.key) for e in own]

    def in_order_of_code(self, equations: list[Equation]) -> list[Equation]:
        """Equations by the numbers that the code gives them; those without one keep their place at
        the end."""
        numbers = given_numbers(self.parts)
        return sorted(equations, key=lambda e: numbers.get(e.key, len(numbers) + 1))

    def equation(self, left: Layout, right: Layout, key: str = "", full: bool = False) -> Equation:
        """`left = right` on a line of its own."""
        return Equation((Line(left, right),), key, full)

    def assigned(self, assignment: Assignment, key: str = "", full: bool = False) -> Equation:
        """An assignment of a program as an equation."""
        return self.equation(self.layout(assignment.left), self.layout(assignment.value), key, full)


def context(parts: ProofParts, language: Language) -> Context:
    """The context of a proof: names that tell cotangents apart, and whether leading axes must be
    shown."""
    derived = parts.derived
    forward = [a.tensor for a in derived.forward.arguments]
    forward += [p.tensor for p in derived.forward.parameters]
    forward += [a.tensor for p in (derived.written, derived.forward) for a in p.assignments]
    backward = [a.tensor for a in derived.backward.arguments] + [
        a.tensor for a in derived.backward.assignments
    ]
    plain = list(dict.fromkeys(t.name for t in forward))
    cotangents = {f"d{name}": name for name in plain if f"d{name}" not in plain}
    for index_name in ("i", "j", "k", "l"):
        cotangents.pop(index_name, None)
    others = [t.name for t in backward if t.name not in cotangents]
    names = names_of(dict.fromkeys([*plain, *others]), cotangents, _mixes_rows(parts))
    return Context(parts, language, names)


def expressions(parts: ProofParts) -> Iterable[Expr]:
    """Every expression that a proof shows."""
    derived = parts.derived
    for program in (derived.written, derived.forward, derived.backward):
        yield from (a.value for a in program.assignments)
    for steps in (*derived.steps.values(), parts.stability):
        yield from (e for s in steps for e in (s.before, s.after))
    yield from (j.value for j in parts.jacobians)


def _mixes_rows(parts: ProofParts) -> bool:
    """True where an equation reduces over the leading axes or compares two rows, so that they need
    an index."""
    return any(_names_rows(node) for expr in expressions(parts) for node in walk(expr))


def _names_rows(node: Expr) -> bool:
    if isinstance(node, nodes.Reduce):
        return any(b.dim.is_batch for b in node.bound)
    return isinstance(node, nodes.Delta) and any(i.dim.is_batch for i in node.free)


def slope(context: Context, jacobian: Jacobian) -> Layout:
    """∂y_i/∂x_k."""
    moved = context.element(jacobian.input, jacobian.columns)
    return context.partial(moved, context.element(jacobian.output, jacobian.rows))


def context_with(c: Context, like: Mapping[str, str]) -> Context:
    """The context with further names, each printed upright as the code calls it."""
    printed = {
        **c.names.printed,
        **{name: Symbol(shown, "upright") for name, shown in like.items()},
    }
    return replace(c, names=replace(c.names, printed=printed))


def given_numbers(parts: ProofParts) -> dict[str, int]:
    """The numbers that the code gives to equations, by their keys."""
    return {e.key: e.number for e in reversed(code_equations(parts)) if e.number}
