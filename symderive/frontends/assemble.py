"""From provisional values to a program: which values are assigned, under which names, and what
stays inline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..index import nodes
from ..index.dims import Dim, Index, unused_index
from ..index.domains import NONNEGATIVE, POSITIVE, REAL, Domain
from ..index.functions import FUNCTIONS, is_nonnegative, is_positive
from ..index.nodes import Expr, Reduce, Ref, Tensor, idx, ref
from ..index.walk import rebuild, refs, substitute, transform, walk
from ..program import Argument, Assignment, Output, Parameter, Program
from .array import Array
from .context import Cell, Context, spread
from .names import Names

ALWAYS = frozenset(  # what these operations give is assigned even where it is used once
    (
        *("sqrt", "cbrt", "power", "sum", "prod", "max", "min", "mean", "var", "std", "cumsum"),
        *("cumprod", "matmul", "trace", "maximum", "minimum", "where"),
    )
)


@dataclass
class Assembly:
    """The program in the making."""

    context: Context
    names: Names
    final: dict[Tensor, Tensor] = field(default_factory=dict)
    inline: dict[Tensor, tuple[tuple[Index, ...], Expr]] = field(default_factory=dict)
    assignments: list[Assignment] = field(default_factory=list)

    def add(self, cell: Cell, keep: bool, whole: bool = False) -> None:
        """Assign the value of a cell under a name, or let it stand where it is used."""
        value = tidy(self.settled(cell.value), cell.indices)
        if not keep:
            self.inline[cell.tensor] = cell.indices, value
            return
        tensor = Tensor(self.names.of(cell), cell.tensor.dims, _domain(value))
        self.final[cell.tensor] = tensor
        self.assignments.append(
            Assignment(tensor, cell.indices, value, cell.place, bool(cell.name), whole=whole)
        )

    def settled(self, value: Expr) -> Expr:
        """The expression over final tensors."""
        return transform(value, self._leaf)

    def _leaf(self, node: Expr) -> Expr | None:
        if not isinstance(node, Ref):
            return None
        args = [self.settled(a) for a in node.args]
        if node.tensor in self.final:
            return ref(self.final[node.tensor], *args)
        if node.tensor in self.inline:
            indices, value = self.inline[node.tensor]
            return substitute(value, dict(zip(indices, args, strict=True)))
        return None


def _domain(value: Expr) -> Domain:
    return POSITIVE if is_positive(value) else NONNEGATIVE if is_nonnegative(value) else REAL


def program_of(
    context: Context,
    name: str,
    arguments: Sequence[Argument],
    parameters: Sequence[Parameter],
    outputs: Mapping[str, Array],
) -> Program:
    """The program that computes these arrays, under the names given where they are not empty."""
    cells = [_output_cell(context, array, wanted) for wanted, array in outputs.items()]
    roots = {cell.tensor for cell in cells}
    shares = _shares(context)
    used = _uses(context, roots, shares)
    fixed = [a.tensor for a in arguments] + [p.tensor for p in parameters]
    dims = {d.name for t in (*fixed, *context.cells) for d in t.dims}
    assembly = Assembly(context, Names(context, [t.name for t in fixed], dims))
    for tensor, cell in context.cells.items():
        if used.get(tensor):
            share = tensor in shares
            assembly.add(cell, tensor in roots or share or _kept(cell, used[tensor]), share)
    results = tuple(
        Output(assembly.final[c.tensor], a.layout)
        for c, a in zip(cells, outputs.values(), strict=True)
    )
    axis = context.reductions > 0 and context.last_axis_only
    return Program(
        name,
        tuple(arguments),
        tuple(parameters),
        tuple(assembly.assignments),
        results,
        requires=tuple(sorted(context.requires)),
        axis=axis,
        notes=tuple(sorted(context.notes)),
    )


def _output_cell(context: Context, array: Array, wanted: str) -> Cell:
    """The cell that holds an output over all the dims of its axes."""
    indices, value = array.indices, array.value
    if (
        isinstance(value, Ref)
        and value.tensor in context.cells
        and value.args == tuple(idx(i) for i in indices)
        and value.tensor.dims == tuple(i.dim for i in indices)  # a slice runs over less of it
    ):
        cell = context.cells[value.tensor]
    else:
        tensor = Tensor(f"%out{len(context.cells)}", tuple(i.dim for i in indices))
        cell = context.cells[tensor] = Cell(tensor, indices, value, "output", context.returned)
    if not cell.name:
        cell.name, cell.hint = wanted, "output"
    return cell


def _shares(context: Context) -> set[Tensor]:
    """Quotients that are multiplied with each other, or with a weight. As one quotient of products
    they would overflow where neither does: e e / (s t) for (e / s) (e / t), and w u / r for
    w (u / r), whose gradients read u / r as well.
    """
    found: set[Tensor] = set()
    for cell in context.cells.values():
        factors = cell.value.args if isinstance(cell.value, nodes.Mul) else ()
        read = [f.tensor for f in factors if isinstance(f, Ref)]
        quotients = [t for t in read if t in context.cells and _is_share(context.cells[t].value)]
        weights = [
            t for t in read if t not in context.cells and len(t.dims) < len(cell.tensor.dims)
        ]
        found |= set(quotients) if len(quotients) > 1 or weights else set()
    return found


def _is_share(value: Expr) -> bool:
    """True for a quotient of tensors."""
    pairs = [nodes.base_exp(f) for f in value.args] if isinstance(value, nodes.Mul) else []
    below = [isinstance(e, nodes.Num) and e.value < 0 for b, e in pairs if b.tensors]
    return any(below) and not all(below)


def _uses(context: Context, roots: set[Tensor], kept: set[Tensor]) -> dict[Tensor, int]:
    """How often each live value is used by what is assigned."""
    used = dict.fromkeys(roots, 1)
    for tensor, cell in reversed(context.cells.items()):
        if not used.get(tensor):
            continue
        weight = 1 if tensor in roots | kept or _kept(cell, used[tensor]) else used[tensor]
        for one in refs(cell.value):
            if one.tensor in context.cells:
                used[one.tensor] = used.get(one.tensor, 0) + weight
    return used


def _kept(cell: Cell, uses: int) -> bool:
    if cell.name or (_is_work(cell.hint) and not _whole_power(cell)):
        return True
    return uses > 1 and not _trivial(cell.value)


def _is_work(hint: str) -> bool:
    """True for what takes longer than a name costs, functions that round among it."""
    return hint in ALWAYS or (hint in FUNCTIONS and not FUNCTIONS[hint].exact)


def _whole_power(cell: Cell) -> bool:
    exponent = cell.value.args[1] if isinstance(cell.value, nodes.Pow) else None
    return isinstance(exponent, nodes.Num) and exponent.value.denominator == 1


def _trivial(value: Expr) -> bool:
    """A tensor's element, its negative, its reciprocal, a multiple of it: as short as a name."""
    _, rest = nodes.coefficient(value)
    base, exponent = nodes.base_exp(rest)
    return isinstance(base, (Ref, nodes.Size)) and isinstance(exponent, nodes.Num)


def tidy(value: Expr, indices: tuple[Index, ...]) -> Expr:
    """The expression with its bound indices numbered from the lowest free serial, innermost
    first."""
    memo: dict[Expr, Expr] = {}

    def visit(node: Expr) -> Expr:
        if node not in memo:
            args = tuple(visit(a) for a in node.args)
            if isinstance(node, (Ref, nodes.Delta, nodes.Bracket)):
                args = tuple(spread(a) for a in args)
            new = rebuild(node, args)
            memo[node] = _renumbered(new, indices) if isinstance(new, Reduce) else new
        return memo[node]

    return visit(value)


def _renumbered(node: Reduce, indices: tuple[Index, ...]) -> Expr:
    body = node.args[0]
    taken = set(indices) | set(body.free - set(node.bound)) | _bound_inside(body)
    mapping: dict[Index, Index] = {}
    for index in node.bound:
        chosen = unused_index(index.dim, taken)
        taken.add(chosen)
        mapping[index] = chosen
    return nodes.reduce_(node.op, mapping.values(), substitute(body, dict(mapping)))


def _bound_inside(expr: Expr) -> set[Index]:
    return {b for n in walk(expr) if isinstance(n, Reduce) for b in n.bound}


__all__ = ["Assembly", "Dim", "program_of", "tidy"]
