"""Σ, max, min and Π as NumPy: `np.sum`, `np.vecdot`, `@`, `np.einsum`."""

from __future__ import annotations

from ...index import nodes
from ...index.dims import Index
from ...index.nodes import Expr
from ...index.text import factor_order, factors_of
from ...schedule.shapes import (
    Running,
    contracted_terms,
    inverse_lengths,
    is_contraction,
    mean_parts,
    running,
)
from .contractions import contraction, vector_matrix
from .pieces import ATOM, MUL, NEGATIVE, POWER, Axes, Piece, align, merge, union
from .printer import Printer


def reduction(printer: Printer, expr: nodes.Reduce, frame: Axes) -> Piece:
    """A reduction, in the form that reads best and runs fast."""
    absent = [b for b in expr.bound if b not in expr.args[0].free]
    if absent:
        return _broadcast(printer, expr, absent, frame, expr.op)
    if is_contraction(expr):
        found = contraction(printer, expr, frame)
        if found is not None:
            return found
    terms = contracted_terms(expr)
    if terms:  # each is summed by itself, so that none is written out over all of its indices
        return printer.write(nodes.add(*(nodes.sum_(expr.bound, t) for t in terms)), frame)
    product = vector_matrix(printer, expr)
    if product is not None:
        return product
    partial = running(expr)
    if partial is not None:
        return _running_sum(printer, partial, frame)
    return _over_axes(printer, expr, frame, expr.op)


def _running_sum(printer: Printer, partial: Running, frame: Axes) -> Piece:
    """`np.cumsum` along one axis, from the end where the sum runs backwards."""
    inner = tuple(partial.bound if a == partial.index else a for a in frame)
    if partial.bound not in inner:
        inner = merge([printer.pattern(partial.body)])
    body = printer.floats(printer.write(partial.body, inner))
    place = body.axes.index(partial.bound) - len(body.axes)
    axis = printer.scope.axis if place == -1 else str(place)
    code = f"_cumsum({body.code}, {axis})"
    if partial.backwards:
        code = f"np.flip(_cumsum(np.flip({body.code}, {axis}), {axis}), {axis})"
    return Piece(code, ATOM, tuple(partial.index if a == partial.bound else a for a in body.axes))


def mean(printer: Printer, expr: Expr, frame: Axes) -> Piece | None:
    """`Σ body / size` as a mean, after the rest of its product; None where there is no mean."""
    parts = mean_parts(expr)
    if parts is None or is_contraction(parts[0]):
        return None
    total, rest = parts
    if _dot_operands(total) is not None and printer.pattern(total.args[0])[-1:] == total.bound:
        return None  # a dot product divided by the length makes no temporary array
    piece = _over_axes(printer, total, frame, "mean")
    if rest is nodes.ONE:
        return piece
    count, others = nodes.coefficient(rest)
    if count == -1 and others is nodes.ONE:
        return Piece(f"-{piece.code}", NEGATIVE, piece.axes)
    left = printer.write(rest, frame)
    piece = align(piece, frame, printer.scope.axis)
    return Piece(f"{left.at(MUL)} * {piece.at(NEGATIVE)}", MUL, union([left, piece]))


def _over_axes(printer: Printer, expr: nodes.Reduce, frame: Axes, function: str) -> Piece:
    """The reduction over axes, which stay with length one where the frame has them so."""
    inner, keep = _inner_frame(printer, expr, frame)
    body = printer.write(expr.args[0], inner)
    absent = [b for b in expr.bound if b not in body.axes]
    if absent:
        return _broadcast(printer, expr, absent, frame, function)
    operands = _dot_operands(expr)
    if (
        operands
        and function == "sum"
        and body.axes[-1] == expr.bound[0]
        and "where" not in body.code
    ):
        found = _dot(printer, operands, expr.bound[0], inner, keep)
        if found is not None:
            return found
    arguments = []
    if any(a is not None for a in body.axes if a not in expr.bound) or (keep and any(frame)):
        arguments.append(f"axis={_axis(printer, body, expr.bound)}")
        if keep:
            arguments.append("keepdims=True")
    kind = "float"
    if function in ("max", "min"):
        kind = body.kind
        function = {"max": "any", "min": "all"}[function] if kind == "bool" else function
    elif body.kind in ("bool", "integer"):
        arguments.append(f"dtype={printer.scope.dtype}")
    left = tuple(None if a in expr.bound else a for a in body.axes)
    axes = (
        left
        if keep
        else tuple(a for a, b in zip(left, body.axes, strict=True) if b not in expr.bound)
    )
    if not any(a.startswith("axis") for a in arguments):
        axes = ()
    if body.code.isidentifier():
        return Piece(f"{body.code}.{function}({', '.join(arguments)})", ATOM, axes, kind)
    return Piece(f"np.{function}({', '.join([body.code, *arguments])})", ATOM, axes, kind)


def _inner_frame(printer: Printer, expr: nodes.Reduce, frame: Axes) -> tuple[Axes, bool]:
    """The frame of the body, and whether the reduced axes stay with length one."""
    body = expr.args[0]
    pattern = printer.pattern(body)
    wanted = [a for a in frame if a in body.free]
    missing = tuple(a for a in expr.bound if a not in pattern)
    inner = merge([pattern, tuple(wanted)]) if wanted else pattern
    inner = tuple(a for a in inner if a is None or a in wanted or a in expr.bound) + missing
    trailing = any(
        a in wanted for a in inner[: max((inner.index(b) for b in expr.bound), default=0)]
    )
    slots = tuple(None if a in expr.bound else a for a in inner)
    fits = len(slots) <= len(frame) and all(
        s == f or s is None for s, f in zip(reversed(slots), reversed(frame), strict=False)
    )
    return inner, fits and trailing


def _axis(printer: Printer, body: Piece, bound: tuple[Index, ...]) -> str:
    """The text of the axes to reduce."""
    places = [n - len(body.axes) for n, a in enumerate(body.axes) if a in bound]
    if any(b.dim.is_batch for b in bound):
        name, others = printer.scope.batch_rank()
        leading = f"{name}.ndim - {others}" if others else f"{name}.ndim"
        rest = [str(p) for p in places[1:]]
        return f"tuple(range({leading}))" if not rest else f"(*range({leading}), {', '.join(rest)})"
    if places == [-1]:
        return printer.scope.axis
    if -1 not in places and not any(a is not None and a.dim.is_batch for a in body.axes):
        places = [p + len(body.axes) for p in places]
    return str(places[0]) if len(places) == 1 else f"({', '.join(map(str, places))})"


def _broadcast(
    printer: Printer, expr: nodes.Reduce, absent: list[Index], frame: Axes, function: str
) -> Piece:
    """A reduction over an index that the body does not have: a factor, a power, or nothing."""
    rest = nodes.reduce_(expr.op, [b for b in expr.bound if b not in absent], expr.args[0])
    if function == "mean":
        return mean_or_write(printer, rest, frame)
    count = nodes.mul(*(nodes.size(b.dim) for b in absent))
    if expr.op in ("max", "min"):
        return printer.write(rest, frame)
    if expr.op == "prod":
        piece = printer.write(rest, frame)
        return Piece(
            f"{piece.atom()} ** {printer.write(count, ()).atom()}", POWER, piece.axes, piece.kind
        )
    return printer.write(nodes.mul(count, rest), frame)


def mean_or_write(printer: Printer, rest: Expr, frame: Axes) -> Piece:
    """What is left of a mean over axes some of which the body lacks."""
    if isinstance(rest, nodes.Reduce):
        return printer.write(nodes.mul(rest, *inverse_lengths(rest)), frame)
    return printer.write(rest, frame)


def _dot_operands(expr: nodes.Reduce) -> tuple[list[Expr], list[Expr]] | None:
    """The two sides of a dot product along one index: Σ_j a_j b_j or Σ_j a_j²."""
    if expr.op != "sum" or len(expr.bound) != 1:
        return None
    factors = sorted(factors_of(expr.args[0]), key=factor_order)
    if not all(expr.bound[0] in f.free for f in factors):
        return None
    if any(isinstance(n, (nodes.Bracket, nodes.Delta)) for f in factors for n in (f, *f.args)):
        return None
    base, exponent = nodes.base_exp(factors[0])
    if len(factors) == 1:
        square = isinstance(base, nodes.Ref) and exponent is nodes.num(2)
        return ([base], [base]) if square else None
    exponents = [nodes.base_exp(f)[1] for f in factors]
    if any(isinstance(e, nodes.Num) and e.value < 0 for e in exponents):
        return None
    return [factors[0]], factors[1:]


def _dot(printer: Printer, operands: tuple[list[Expr], list[Expr]], over: Index, inner: Axes,
         keep: bool) -> Piece | None:  # fmt: skip
    sides = [printer.write(nodes.mul(*side), inner) for side in operands]
    if any(side.axes[-1:] != (over,) or side.kind != "float" for side in sides):
        return None
    axes = merge([s.axes for s in sides])
    options = [] if printer.scope.axis == "-1" else [f"axis={printer.scope.axis}"]
    if keep:
        options.append("keepdims=True")
    if len(axes) == 1 and not keep and not options:
        left, right = (s.code for s in sides)
        return Piece(f"np.vecdot({left}, {right})", ATOM, ())
    code = f"np.vecdot({', '.join([*(s.code for s in sides), *options])})"
    return Piece(code, ATOM, (*axes[:-1], None) if keep else axes[:-1])
