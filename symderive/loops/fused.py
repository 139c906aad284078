"""Statements as kernels: those of a whole procedure, or some of them, wherever they stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..errors import NotSupportedError
from ..index import nodes as index
from ..index.dims import Dim
from ..index.memo import remembered
from ..index.nodes import Expr, Tensor
from ..index.places import not_negative
from ..index.walk import walk
from ..program import Argument, Parameter, read_for
from ..schedule import Procedure, Schedule, Statement
from ..schedule.shapes import is_plain
from .contractions import is_contracted
from .frame import frames
from .kernel import Kernel, Signature
from .lower import Lowering, choose
from .names import Language
from .nodes import Nest
from .reductions import split
from .rows import lowered
from .twins import Renamed, without_pairs
from .values import refuse


@dataclass(frozen=True)
class Fused:
    """One kernel, its signature, and what its names are outside.

    sources: for each tensor of the signature, the tensor outside.  bases: for each twin, its dim.
    """

    nest: Nest
    signature: Signature
    sources: Mapping[Tensor, Tensor]
    bases: Mapping[Dim, Dim]


@dataclass(frozen=True)
class Group:
    """Statements that one kernel may hold, and the tensors that it then stores.

    requires: forms in sizes that may not be negative.
    """

    statements: tuple[Statement, ...]
    results: tuple[Tensor, ...]
    parameters: tuple[Parameter, ...]
    requires: tuple[Expr, ...]


@dataclass(frozen=True)
class _Ready:
    """What is known of a group that fits one kernel: which loop computes what, on which arrays."""

    renamed: Renamed
    low: Lowering
    arguments: tuple[Argument, ...]


def fits(group: Group, language: Language) -> bool:
    """True where one kernel can hold the statements."""
    return isinstance(_tried(group, language), _Ready)


@remembered
def fused(name: str, group: Group, language: Language) -> Fused:
    """The statements as a kernel of this name; else NotSupportedError."""
    ready = _tried(group, language)
    if not isinstance(ready, _Ready):
        raise ready
    renamed = ready.renamed
    known = (*_as_long(renamed.bases), *not_negative(group.requires))
    kernel = Kernel(ready.low, ready.arguments, group.parameters, language, known)
    nest = lowered(kernel)
    outside = {**renamed.sources, **{renamed.results[t]: t for t in group.results}}
    return Fused(nest, replace(kernel.signature(), name=name), outside, renamed.bases)


@remembered
def _tried(group: Group, language: Language) -> _Ready | NotSupportedError:
    """How one kernel holds a group, or why none does; remembered, as steps ask for it often."""
    try:
        return _ready(group, language)
    except NotSupportedError as problem:
        return problem.with_traceback(None)


def _ready(group: Group, language: Language) -> _Ready:
    statements, results = group.statements, group.results
    taken = {t.name for s in statements for t in (s.tensor, *s.value.tensors)}
    alone = split(statements, taken)
    if any(is_contracted(s.value) for s in alone):
        raise NotSupportedError("a contraction is for a BLAS")
    renamed = without_pairs(alone)
    inside = tuple(renamed.results[t] for t in results)
    arguments = _arguments(renamed, {p.tensor for p in group.parameters})
    plain = [t.dims for t in _read_plainly(renamed.statements) & set(renamed.sources)]
    nests = frames(renamed.statements, sorted(plain), wide=True)
    low = choose(nests, renamed.statements, inside)
    if not any(a.tensor in s.value.tensors for a in arguments for s in low.statements):
        raise NotSupportedError("nothing is read, so that no array tells the dtype")
    refuse((s.value for s in low.statements), language.has_function)
    return _Ready(renamed, low, arguments)


def _as_long(bases: Mapping[Dim, Dim]) -> tuple[Expr, ...]:
    """Each twin is as long as the dim that it doubles."""
    return tuple(index.bracket("eq", index.size(t), index.size(d)) for t, d in bases.items())


def _arguments(renamed: Renamed, numbers: set[Tensor]) -> tuple[Argument, ...]:
    read = [t for t in renamed.sources if renamed.sources[t] not in numbers]
    return tuple(Argument(t, tuple((d,) for d in t.dims)) for t in read)


def _read_plainly(statements: Iterable[Statement]) -> set[Tensor]:
    """The arrays that are not only read at places that are computed."""
    found = {n for s in statements for n in walk(s.value) if isinstance(n, index.Ref)}
    return {n.tensor for n in found if is_plain(n)}


def whole(
    name: str, plan: Schedule, procedure: Procedure, results: tuple[Tensor, ...], language: Language
) -> tuple[Nest, Signature]:
    """A procedure of an operator as one kernel that stores these results; else
    NotSupportedError.
    """
    live = read_for(procedure.statements, results)[0]
    if not set(results) <= {s.tensor for s in live}:
        raise NotSupportedError(f"{plan.name} hands an argument on as it is")
    taken = {t.name for s in live for t in (s.tensor, *s.value.tensors)}
    statements = split(live, taken)
    used = {t for s in statements for t in s.value.tensors}
    arguments = tuple(a for a in procedure.arguments if a.tensor in used)
    low = choose(frames(statements, [a.tensor.dims for a in arguments]), statements, results)
    kernel = Kernel(low, arguments, plan.parameters, language, not_negative(plan.requires))
    nest = lowered(kernel)
    return nest, replace(kernel.signature(), name=name)
