"""Contractions: every product of arrays is one einsum, and einsum is a sum of products over the
letters left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..index import nodes
from ..index.dims import Dim, Index
from ..index.nodes import Expr
from ..index.walk import substitute
from .array import (
    BOOL,
    FLOAT,
    INT,
    Array,
    apply,
    common_kind,
    made,
    number_axes,
    view_of,
)
from .broadcasting import as_array, fits, place_of
from .context import current
from .dims import layout_text
from .elementwise import refuse
from .reductions import reduced
from .registry import rules
from .shapes import permuted

Letters = Sequence[Any]


def contract(
    arrays: Sequence[Array], letters: Sequence[Letters], result: Letters, hint: str = "matmul"
) -> Array:
    """Σ over the letters that `result` lacks of the product of the arrays, whose axes are named by
    letters."""
    held: dict[Any, tuple[Dim, ...]] = {}
    for array, named in zip(arrays, letters, strict=True):
        if len(named) != len(array.axes):
            raise current().wrong(
                f"{len(named)} axes are named, but the array has dims {array.described()}"
            )
        for letter, dims in zip(named, array.layout, strict=True):
            known = held.setdefault(letter, dims)
            if known and dims and not fits(known, dims):
                shapes = " and ".join(a.described() for a in arrays)
                raise current().wrong(
                    f"dims '{layout_text((known,))}' and '{layout_text((dims,))}' do not match in "
                    f"a product of {shapes}"
                )
            held[letter] = known or dims
    summed = [x for x in held if x not in result]
    axes = dict(
        zip([*result, *summed], number_axes([held[x] for x in [*result, *summed]]), strict=True)
    )
    factors = []
    for array, named in zip(arrays, letters, strict=True):
        mapping: dict[Index, Expr | Index] = {}
        for letter, axis in zip(named, array.axes, strict=True):
            mapping.update(zip(axis, axes[letter], strict=True) if axis else ())
        factors.append(substitute(array.value, mapping))
    bound = [i for letter in summed for i in axes[letter]]
    if bound:
        current().reductions += 1
        current().last_axis_only = False
    if common_kind(arrays) == BOOL:
        return _among_truths(
            Array(nodes.mul(*factors), (*(axes[x] for x in [*result, *summed]),), BOOL), len(result)
        )
    value = reduced("sum", nodes.mul(*factors), bound)
    kind = FLOAT if any(a.kind == FLOAT for a in arrays) or value.tensors else INT
    return made(value, tuple(axes[x] for x in result), kind, hint if bound else "")


def _among_truths(product: Array, kept: int) -> Array:
    """Of truth values NumPy takes `or` over `and`."""
    return apply("any", product, axis=tuple(range(kept, len(product.axes))))


def matmul(a: Any, b: Any, **options: Any) -> Array:
    """Matrix products over the last two axes, broadcasting the rest."""
    refuse(options)
    left, right = as_array(a), as_array(b)
    if not left.axes or not right.axes:
        raise current().wrong("@ is for vectors and matrices; multiply scalars with *")
    batch = max(len(left.axes), len(right.axes), 2) - 2
    names = [f"batch{n}" for n in range(batch)]
    of_left = (
        [*names[batch - max(len(left.axes) - 2, 0) :], "row", "inner"]
        if len(left.axes) > 1
        else ["inner"]
    )
    of_right = (
        [*names[batch - max(len(right.axes) - 2, 0) :], "inner", "column"]
        if len(right.axes) > 1
        else ["inner"]
    )
    result = [
        *names,
        *(["row"] if len(left.axes) > 1 else []),
        *(["column"] if len(right.axes) > 1 else []),
    ]
    return contract([left, right], [of_left, of_right], result)


def einsum(pattern: Any, *operands: Any, **options: Any) -> Array:
    """NumPy's einsum in its text form, with `...`."""
    options.pop("optimize", None)
    refuse(options)
    if not isinstance(pattern, str):
        raise current().unsupported("np.einsum is supported in its text form, such as 'ij,jk->ik'")
    arrays = [as_array(o) for o in operands]
    before, arrow, after = pattern.replace(" ", "").partition("->")
    inputs = before.split(",")
    if len(inputs) != len(arrays):
        raise current().wrong(
            f"np.einsum('{pattern}') names {len(inputs)} arrays, but {len(arrays)} were given"
        )
    letters = [_spread(p, len(a.axes), pattern) for p, a in zip(inputs, arrays, strict=True)]
    dots = max((sum(isinstance(x, int) for x in named) for named in letters), default=0)
    ellipsis: list[Any] = list(range(dots, 0, -1))
    if arrow:
        head, dotted, tail = after.partition("...")
        result = [*head, *(ellipsis if dotted else []), *tail]
    else:
        once = [x for x in sorted(set(before) - {",", "."}) if before.count(x) == 1]
        result = [*ellipsis, *once]
    known = {x for named in letters for x in named}
    if unknown := [x for x in result if x not in known]:
        raise current().wrong(f"np.einsum('{pattern}'): '{unknown[0]}' stands in no input")
    if len(arrays) == 1 and known == set(result):
        return _rearranged(arrays[0], letters[0], result)
    return contract(arrays, letters, result)


def _rearranged(array: Array, letters: Letters, result: Letters) -> Array:
    """'ij->ji' and 'ii->i', which sum nothing, are views."""
    if len(result) == len(letters):
        return permuted(array, [letters.index(x) for x in result])
    return view_of(array, lambda a: contract([a], [letters], result))


def _spread(pattern: str, rank: int, whole: str) -> list[Any]:
    """The letters of one input; the axes of `...` are numbered from the right."""
    head, dotted, tail = pattern.partition("...")
    covered = rank - len(head) - len(tail)
    if covered < 0 or (covered and not dotted):
        raise current().wrong(
            f"np.einsum('{whole}'): '{pattern}' does not name the {rank} axes of its array"
        )
    return [*head, *range(covered, 0, -1), *tail]


def tensordot(a: Any, b: Any, axes: Any = 2) -> Array:
    """Σ over pairs of axes."""
    left, right = as_array(a), as_array(b)
    if isinstance(axes, int):
        firsts, seconds = list(range(-axes, 0)), list(range(axes))
    else:
        firsts, seconds = ([x] if isinstance(x, int) else list(x) for x in axes)
    of_left: list[Any] = [f"l{n}" for n in range(len(left.axes))]
    of_right: list[Any] = [f"r{n}" for n in range(len(right.axes))]
    for n, (p, q) in enumerate(zip(firsts, seconds, strict=True)):
        of_left[place_of(left, p)] = of_right[place_of(right, q)] = f"s{n}"
    kept = [x for x in (*of_left, *of_right) if not x.startswith("s")]
    return contract([left, right], [of_left, of_right], kept)


def dot(a: Any, b: Any, out: Any = None) -> Array:
    """np.dot: the last axis of a with the last but one of b."""
    left, right = as_array(a), as_array(b)
    if not left.axes or not right.axes:
        return apply("multiply", left, right)
    return tensordot(left, right, ([-1], [-2 if len(right.axes) > 1 else -1]))


def inner(a: Any, b: Any) -> Array:
    """The last axis of both."""
    left, right = as_array(a), as_array(b)
    if not left.axes or not right.axes:
        return dot(left, right)
    return tensordot(left, right, ([-1], [-1]))


def outer(a: Any, b: Any, out: Any = None) -> Array:
    """a_i b_j of the flattened arrays."""
    left, right = (_flat(as_array(x)) for x in (a, b))
    return contract([left, right], [["i"], ["j"]], ["i", "j"], "outer")


def _flat(array: Array) -> Array:
    return Array(array.value, (array.indices,), array.kind)


def vdot(a: Any, b: Any) -> Array:
    """Σ a b over everything."""
    left, right = as_array(a), as_array(b)
    names = [f"l{n}" for n in range(len(left.axes))]
    return contract([left, right], [names, names], [])


def vecdot(a: Any, b: Any, axis: int = -1, keepdims: bool = False, **options: Any) -> Array:
    """Σ a b over one axis, broadcasting the rest."""
    refuse(options)
    product = apply("multiply", a, b)
    return apply("any" if product.kind == BOOL else "sum", product, axis=axis, keepdims=keepdims)


rules(
    {
        "matmul": matmul,
        "dot": dot,
        "einsum": einsum,
        "tensordot": tensordot,
        "linalg.tensordot": tensordot,
        "inner": inner,
        "outer": outer,
        "linalg.outer": outer,
        "vdot": vdot,
        "vecdot": vecdot,
        "linalg.vecdot": vecdot,
        "linalg.matmul": matmul,
    }
)
