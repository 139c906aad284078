"""Sums of products in which no factor has every index: `@`, and `np.einsum` for the rest."""

from __future__ import annotations

from string import ascii_lowercase

from ...index import nodes
from ...index.dims import Index
from ...index.nodes import Expr
from ...index.places import chooses_values
from ...index.text import factor_order, factors_of
from .pieces import ATOM, MUL, NEGATIVE, Axes, Piece, stripped
from .printer import Printer


def contraction(printer: Printer, expr: nodes.Reduce, frame: Axes) -> Piece | None:
    """`a @ b`, `np.einsum(...)`, or None where only a broadcast product will do."""
    groups = _groups(expr)
    output = tuple(a for a in frame if a is not None and a in expr.free)
    if len(groups) == 2:
        found = _matmul(printer, groups, expr.bound, output)
        if found is not None:
            return found
    return _einsum(printer, groups, expr.bound, output)


def vector_matrix(printer: Printer, expr: nodes.Reduce) -> Piece | None:
    """`Σ_j v_j m_ji` as `v @ m`."""
    factors = sorted(factors_of(expr.args[0]), key=lambda f: len(f.free))
    if expr.op != "sum" or len(expr.bound) != 1 or len(factors) != 2:
        return None
    if expr.bound[0].dim.is_batch or printer.scope.axis != "-1":
        return None
    vector, matrix = (printer.pattern(f) for f in factors)
    plain = all(isinstance(f, nodes.Ref) for f in factors)
    if not plain or vector != expr.bound or len(matrix) != 2 or matrix[:1] != expr.bound:
        return None
    left, right = (printer.write(f, p) for f, p in zip(factors, (vector, matrix), strict=True))
    if left.kind != "float" or right.kind != "float" or None in matrix:
        return None
    return Piece(f"{left.at(MUL)} @ {right.at(NEGATIVE)}", MUL, matrix[1:])


def _groups(expr: nodes.Reduce) -> list[Expr]:
    """The factors gathered by their indices: each group's indices lie in no other group."""
    factors = sorted(factors_of(expr.args[0]), key=factor_order)
    largest: list[frozenset[Index]] = []
    for factor in sorted(factors, key=lambda f: -len(f.free)):
        if not any(factor.free <= other for other in largest):
            largest.append(factor.free)
    groups: list[list[Expr]] = [[] for _ in largest]
    for factor in factors:
        homes = [n for n, free in enumerate(largest) if factor.free <= free]
        for home in homes if chooses_values(factor) else homes[:1]:
            groups[home].append(factor)
    return sorted((nodes.mul(*g) for g in groups), key=factor_order)


def _matmul(
    printer: Printer, groups: list[Expr], bound: tuple[Index, ...], output: Axes
) -> Piece | None:
    first, second = groups
    shared = (first.free & second.free) - set(bound)
    over = [b for b in bound if b in first.free and b in second.free]
    rows, columns = first.free - shared - set(bound), second.free - shared - set(bound)
    if len(over) != len(bound) or not (rows or columns):
        return None
    if not rows or (
        columns and output.index(_first(rows, output)) > output.index(_first(columns, output))
    ):
        first, second, rows, columns = second, first, columns, rows
    if len(columns) > 1 or any(a.dim.is_batch for a in columns):
        return None
    leading = tuple(a for a in output if a in shared)
    before = tuple(a for a in output if a in rows)
    if output != (*leading, *before, *columns) or (leading and len(before) > 1):
        return None
    if len(over) > 1 or over[0].dim.is_batch:
        return None if leading else _flat_matmul(printer, (first, second), over, rows, columns)
    if leading and not columns:
        return None
    inner = (over[0],)
    left = _operand(printer, first, (*leading, *before, *inner))
    right = _operand(printer, second, (*leading, *inner, *columns))
    if left is None or right is None:
        return None
    return Piece(f"{left.at(MUL)} @ {right.at(NEGATIVE)}", MUL, output)


def _first(indices: frozenset[Index], output: Axes) -> Index:
    return next(a for a in output if a is not None and a in indices)


def _operand(printer: Printer, expr: Expr, axes: Axes) -> Piece | None:
    """The operand with exactly these axes; a transpose where its own order is the other one."""
    piece = printer.write(expr, printer.pattern(expr))
    if piece.axes != axes:
        piece = (
            printer.write(expr, axes)
            if not _is_swapped(piece.axes, axes)
            else _swapped(piece, axes)
        )
    return piece if piece.axes == axes and piece.kind == "float" else None


def _is_swapped(have: Axes, want: Axes) -> bool:
    return len(have) == len(want) > 1 and have[:-2] == want[:-2] and have[-2:] == want[-2:][::-1]


def _swapped(piece: Piece, axes: Axes) -> Piece:
    if len(axes) == 2:
        return Piece(f"{piece.atom()}.T", ATOM, axes)
    return Piece(f"np.swapaxes({piece.code}, -1, -2)", ATOM, axes)


def _flat_matmul(
    printer: Printer,
    sides: tuple[Expr, Expr],
    over: list[Index],
    rows: frozenset[Index],
    columns: frozenset[Index],
) -> Piece | None:
    """Several summed axes that lead both operands: `_rows(a).T @ _rows(b)`."""
    if len(rows) != 1 or len(columns) != 1:
        return None
    flat = []
    lead: Axes | None = None
    for expr, last in zip(sides, (*rows, *columns), strict=True):
        piece = printer.write(expr, printer.pattern(expr))
        summed = piece.axes[:-1]
        if piece.axes[-1:] != (last,) or set(summed) != set(over) or lead not in (None, summed):
            return None
        lead = summed
        flat.append(f"_rows({piece.code})")
    return Piece(f"{flat[0]}.T @ {flat[1]}", MUL, (*rows, *columns))


def _einsum(
    printer: Printer, groups: list[Expr], bound: tuple[Index, ...], output: Axes
) -> Piece | None:
    if any(b.dim.is_batch for b in bound):
        return None
    pieces = [printer.write(g, stripped(printer.pattern(g))) for g in groups]
    if any(p.kind != "float" or None in p.axes for p in pieces):
        return None
    names = _letters([a for p in pieces for a in p.axes if a is not None])
    written = ["".join(names[a] for a in p.axes if a is not None) for p in pieces]
    result = "".join(names[a] for a in output if a is not None)
    subscripts = f'"{",".join(written)}->{result}"'
    return Piece(f"np.einsum({', '.join([subscripts, *(p.code for p in pieces)])})", ATOM, output)


def _letters(indices: list[Index]) -> dict[Index, str]:
    """One letter for each index: the first of its dim's name that is free."""
    names: dict[Index, str] = {}
    for index in dict.fromkeys(indices):
        if index.dim.is_batch:
            names[index] = "..."
            continue
        wanted = [c for c in index.dim.name.lower() if c in ascii_lowercase] + list(ascii_lowercase)
        names[index] = next(c for c in wanted if c not in names.values())
    return names
