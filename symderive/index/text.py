"""Expressions as a line of text that reads like mathematics: `o_i (g_i - Σ_j o_j g_j)`.

`Notation` holds what a plain line and LaTeX write differently; the order of factors and terms, and
where brackets stand, are decided once, here.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from . import nodes
from .dims import Index, letter, size_name
from .nodes import Expr, Num, Tensor
from .walk import transform

ADD, MUL, POW, ATOM = 1, 2, 3, 4  # how tightly a written piece holds together


def text(expr: Expr, around: tuple[Index, ...] = ()) -> str:
    """The expression in one line of Unicode; bound indices take other letters than those of
    `around`.
    """
    return _write(expr, {i: i.letter for i in (*around, *expr.free)})[0]


def mathematics(expr: Expr, around: tuple[Index, ...] = ()) -> str:
    """The expression for a reader, who need not see the batch dims."""

    def leaf(node: Expr) -> Expr | None:
        if not isinstance(node, nodes.Ref) or not any(d.is_batch for d in node.tensor.dims):
            return None
        kept = [(d, a) for d, a in zip(node.tensor.dims, node.args, strict=True) if not d.is_batch]
        tensor = Tensor(node.tensor.name, tuple(d for d, _ in kept), node.tensor.domain)
        return nodes.ref(tensor, *(transform(a, leaf) for _, a in kept))

    return text(transform(expr, leaf), around)


def factor_order(factor: Expr) -> tuple[Any, ...]:
    """Numbers and sizes, then scalars, then elements of tensors, the cotangents last of them
    (`y_i dy_i`), then functions, brackets and sums.
    """
    base, _ = nodes.base_exp(factor)
    kind = {
        nodes.Num: 0,
        nodes.Const: 1,
        nodes.Size: 2,
        nodes.Ref: 3,
        nodes.Call: 4,
        nodes.Delta: 5,
        nodes.Bracket: 5,
        nodes.Add: 6,
        nodes.Reduce: 7,
    }.get(type(base), 6)
    late = isinstance(base, nodes.Ref) and _is_cotangent(base.tensor.name)
    return kind, late, len(expr_indices(base)), _first_name(base), factor.key


def _is_cotangent(name: str) -> bool:
    return len(name) > 1 and name.startswith("d")


def term_order(term: Expr) -> tuple[Any, ...]:
    """Positive terms first, plain numbers first among them, then the simpler term first."""
    count, rest = nodes.coefficient(term)
    sums = sum(isinstance(f, nodes.Reduce) for f in factors_of(rest))
    return (
        count < 0,
        not isinstance(term, Num),
        sums,
        _first_name(rest),
        len(factors_of(rest)),
        term.key,
    )


def expr_indices(expr: Expr) -> frozenset[Index]:
    """The free indices of an expression."""
    return expr.free


def factors_of(term: Expr) -> tuple[Expr, ...]:
    """The factors of a product, or the one factor that it is."""
    return term.args if isinstance(term, nodes.Mul) else (term,)


def _first_name(expr: Expr) -> str:
    names = sorted(t.name for t in expr.tensors)
    return names[0] if names else ""


def decimal(value: Fraction) -> str:
    """A number as people write it: 3, 1/2, 0.044715, 1e-05."""
    if value.denominator == 1:
        return str(value.numerator)
    if value.denominator <= 64:
        return f"{value.numerator}/{value.denominator}"
    return repr(float(value))


def shortest(value: Fraction) -> str:
    """A number as short as a program reads it back: 2, 0.5, 0.044715, 1e-05."""
    if value.denominator == 1 and abs(value.numerator) < 10**6:
        return str(value.numerator)
    return repr(float(value))


def _wrap(expr: Expr, names: dict[Index, str], tight: int) -> str:
    written, binding = _write(expr, names)
    return written if binding >= tight else f"({written})"


def _write(expr: Expr, names: dict[Index, str]) -> tuple[str, int]:
    return _WRITE[type(expr)](expr, names)


def _num(expr: Num, names: dict[Index, str]) -> tuple[str, int]:
    written = decimal(expr.value)
    return written, MUL if expr.value < 0 or "/" in written else ATOM


def _ref(expr: nodes.Ref, names: dict[Index, str]) -> tuple[str, int]:
    if not expr.args:
        return expr.tensor.name, ATOM
    return f"{expr.tensor.name}_{_subscript(expr.args, names)}", ATOM


def _subscript(args: tuple[Expr, ...], names: dict[Index, str]) -> str:
    written = [_write(a, names)[0] for a in args]
    joined = ("" if all(len(w.rstrip("'")) == 1 for w in written) else ",").join(written)
    return (
        joined
        if (len(written) == 1 and len(joined) == 1) or all(len(w.rstrip("'")) == 1 for w in written)
        else f"{{{joined}}}"
    )


def _pow(expr: nodes.Pow, names: dict[Index, str]) -> tuple[str, int]:
    base, exp = expr.args
    if exp is nodes.HALF:
        return f"√{_wrap(base, names, ATOM)}" if isinstance(
            base, (nodes.Ref, nodes.Size)
        ) else f"√({_write(base, names)[0]})", ATOM
    if isinstance(exp, Num) and exp.value < 0:
        return f"1/{_wrap(nodes.power(base, nodes.num(-exp.value)), names, POW)}", MUL
    raised = f"^{_wrap(exp, names, ATOM)}"
    if isinstance(exp, Num) and exp.value.denominator == 1 and 0 < exp.value < 10:
        raised = "⁰¹²³⁴⁵⁶⁷⁸⁹"[exp.value.numerator]
    return f"{_wrap(base, names, ATOM)}{raised}", POW


def _call(expr: nodes.Call, names: dict[Index, str]) -> tuple[str, int]:
    if expr.function == "abs":
        return f"|{_write(expr.args[0], names)[0]}|", ATOM
    return f"{expr.function}({', '.join(_write(a, names)[0] for a in expr.args)})", ATOM


def _mod(expr: nodes.Mod, names: dict[Index, str]) -> tuple[str, int]:
    place, length = (_wrap(a, names, ATOM) for a in expr.args)
    return f"{place} mod {length}", ADD


_RELATION = {"gt": ">", "ge": "≥", "eq": "=", "ne": "≠"}


def _bracket(expr: nodes.Bracket, names: dict[Index, str]) -> tuple[str, int]:
    left, right = (_write(a, names)[0] for a in expr.args)
    return f"[{left} {_RELATION[expr.relation]} {right}]", ATOM


def _delta(expr: nodes.Delta, names: dict[Index, str]) -> tuple[str, int]:
    inner = sorted((_write(a, names)[0] for a in expr.args), key=lambda w: (len(w), w))
    return (
        f"δ_{''.join(inner)}" if all(len(w) == 1 for w in inner) else f"δ({', '.join(inner)})"
    ), ATOM


def readable_names(
    bound: tuple[Index, ...], body: Expr, names: dict[Index, str]
) -> dict[Index, str]:
    """Letters for bound indices: the first of each dim that nothing inside or around it already
    uses.
    """
    taken = {names.get(i, i.letter) for i in body.free if i not in bound} | set(names.values())
    chosen = dict(names)
    for index in bound:
        serial = 0
        while letter(index.dim, serial) in taken:
            serial += 1
        chosen[index] = letter(index.dim, serial)
        taken.add(chosen[index])
    return chosen


_SYMBOL = {"sum": "Σ", "prod": "Π", "max": "max", "min": "min"}


def _reduce(expr: nodes.Reduce, names: dict[Index, str]) -> tuple[str, int]:
    inner = readable_names(expr.bound, expr.args[0], names)
    over = [inner[b] for b in expr.bound]
    short = all(len(o.rstrip("'")) == 1 for o in over)
    subscript = "".join(over) if short else "{" + ",".join(over) + "}"
    return f"{_SYMBOL[expr.op]}_{subscript} {_wrap(expr.args[0], inner, MUL)}", MUL


def _mul(expr: nodes.Mul, names: dict[Index, str]) -> tuple[str, int]:
    count, rest = nodes.coefficient(expr)
    above: list[Expr] = []
    below: list[Expr] = []
    for factor in sorted(factors_of(rest), key=factor_order):
        base, exp = nodes.base_exp(factor)
        if isinstance(exp, Num) and exp.value < 0:
            below.append(nodes.power(base, nodes.num(-exp.value)))
        else:
            above.append(factor)
    sign = "-" if count < 0 else ""
    count = abs(count)
    if count.denominator <= 64:
        above = above if count.numerator == 1 and above else [nodes.num(count.numerator), *above]
        below = below if count.denominator == 1 else [nodes.num(count.denominator), *below]
    else:
        above = [nodes.num(count), *above]
    top = _product(above, names) or "1"
    if not below:
        return sign + top, MUL
    bottom = _product(below, names)
    return f"{sign}{top} / {bottom if len(below) == 1 else f'({bottom})'}", MUL


def _product(factors: list[Expr], names: dict[Index, str]) -> str:
    last = len(factors) - 1
    return " ".join(
        _wrap(f, names, MUL if isinstance(f, nodes.Reduce) and n == last else POW)
        for n, f in enumerate(factors)
    )


def _add(expr: nodes.Add, names: dict[Index, str]) -> tuple[str, int]:
    written = ""
    for term in sorted(expr.args, key=term_order):
        piece = _wrap(term, names, MUL)
        if not written:
            written = piece
        else:
            written += f" - {piece[1:]}" if piece.startswith("-") else f" + {piece}"
    return written, ADD


_WRITE: dict[type[Expr], Callable[[Any, dict[Index, str]], tuple[str, int]]] = {
    nodes.Num: _num,
    nodes.Const: lambda e, names: ({"pi": "π", "inf": "∞"}[e.name], ATOM),
    nodes.Size: lambda e, names: (size_name(e.dim), ATOM),
    nodes.Idx: lambda e, names: (names.get(e.index, e.index.letter), ATOM),
    nodes.Mod: _mod,
    nodes.Ref: _ref,
    nodes.Pow: _pow,
    nodes.Call: _call,
    nodes.Delta: _delta,
    nodes.Bracket: _bracket,
    nodes.Reduce: _reduce,
    nodes.Mul: _mul,
    nodes.Add: _add,
}
