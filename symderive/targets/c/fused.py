"""Some statements as one C function, wherever they stand in a procedure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...errors import NotSupportedError
from ...index import nodes
from ...index.dims import Dim
from ...index.nodes import Expr, Tensor
from ...index.places import not_negative
from ...index.walk import walk
from ...loops.contractions import is_contracted
from ...loops.frame import frames
from ...loops.lower import choose
from ...loops.reductions import split
from ...loops.twins import Renamed, without_pairs
from ...program import Argument, Parameter
from ...schedule import Statement
from ...schedule.shapes import is_plain
from .blocks import indented
from .kernel import Function, Kernel, Signature, wrapped_rows
from .loops import body


@dataclass(frozen=True)
class Fused:
    """One C function: its text, behind that of what it calls, its signature, and what its names are
    outside.

    sources: for each tensor of the signature, the tensor outside.  bases: for each twin, its dim.
    """

    functions: tuple[Function, ...]
    signature: Signature
    streams: bool
    sources: dict[Tensor, Tensor]
    bases: dict[Dim, Dim]


def fused(
    name: str,
    statements: tuple[Statement, ...],
    results: tuple[Tensor, ...],
    parameters: tuple[Parameter, ...],
    helpers: set[str],
    requires: tuple[Expr, ...] = (),
) -> Fused:
    """The statements as a function that stores the results; else NotSupportedError."""
    taken = {t.name for s in statements for t in (s.tensor, *s.value.tensors)}
    alone = split(statements, taken)
    if any(is_contracted(s.value) for s in alone):
        raise NotSupportedError("a contraction is for a BLAS")
    renamed = without_pairs(alone)
    inside = tuple(renamed.results[t] for t in results)
    arguments = _arguments(renamed, {p.tensor for p in parameters})
    plain = [t.dims for t in _read_plainly(renamed.statements) & set(renamed.sources)]
    nests = frames(renamed.statements, sorted(plain), wide=True)
    low = choose(nests, renamed.statements, inside)
    known = (*_as_long(renamed.bases), *not_negative(requires))
    kernel = Kernel(name, low, arguments, parameters, helpers, known)
    if not kernel.reads:
        raise NotSupportedError("nothing is read, so that no array tells the dtype")
    rows = wrapped_rows(indented(body(kernel)))
    outside = {**renamed.sources, **{renamed.results[t]: t for t in results}}
    made = [t.name for t in results]
    purpose = f"{', '.join(made[:-1])} and {made[-1]}." if made[:-1] else f"{made[-1]}."
    signature = kernel.signature()  # known once the body is written, as the head is
    own = {"purpose": purpose, "head": kernel.head(), "body": rows}
    functions = (*kernel.shares, own)
    return Fused(functions, signature, kernel.streams, outside, renamed.bases)


def _as_long(bases: Mapping[Dim, Dim]) -> tuple[Expr, ...]:
    """Each twin is as long as the dim that it doubles."""
    return tuple(nodes.bracket("eq", nodes.size(t), nodes.size(d)) for t, d in bases.items())


def fits(
    statements: Iterable[Statement], results: tuple[Tensor, ...], parameters: tuple[Parameter, ...]
) -> bool:
    """True where one function can hold the statements."""
    try:
        fused("f", tuple(statements), results, parameters, set())
    except NotSupportedError:
        return False
    return True


def _arguments(renamed: Renamed, numbers: set[Tensor]) -> tuple[Argument, ...]:
    read = [t for t in renamed.sources if renamed.sources[t] not in numbers]
    return tuple(Argument(t, tuple((d,) for d in t.dims)) for t in read)


def _read_plainly(statements: tuple[Statement, ...]) -> set[Tensor]:
    """The arrays that are not only read at places that are computed."""
    found = {n for s in statements for n in walk(s.value) if isinstance(n, nodes.Ref)}
    return {n.tensor for n in found if is_plain(n)}
