"""What is read at labels alone is computed at the labels alone: `log_p[b, t_b]`, with
log_p = z - log(s), is z[b, t_b] - log(s_b), and no array of all of log_p is made.
"""

from __future__ import annotations

from ..index import nodes
from ..index.nodes import Expr
from ..index.walk import refs, substitute
from .shapes import canonical, is_plain, weight
from .statements import Statement
from .subexpressions import Lines


def read_at_labels(lines: Lines, keep: frozenset[str]) -> None:
    """Put smaller statements in the place of each that is read at labels alone."""
    for statement in lines.statements[::-1]:
        reads = [r for s in lines.statements for r in refs(s.value, statement.tensor)]
        if statement.name in keep or not _is_elementwise(statement.value):
            continue
        if reads and all(_gathers(read, statement) for read in reads):
            for read in dict.fromkeys(canonical(r)[0] for r in reads):
                lines.introduce(read)
            others = [s for s in lines.statements if s is not statement]
            lines.statements = [_written(s, statement) for s in others]


def _is_elementwise(value: Expr) -> bool:
    if isinstance(value, nodes.Ref):
        return is_plain(value)
    inner = isinstance(value, (nodes.Add, nodes.Mul, nodes.Pow, nodes.Call))
    return isinstance(value, nodes.Num) or (inner and all(map(_is_elementwise, value.args)))


def _gathers(read: nodes.Ref, statement: Statement) -> bool:
    """True for a read at labels or whole axes that takes fewer elements than there are."""
    places = [_is_label(a) for a in read.args if not isinstance(a, nodes.Idx)]
    fewer = weight(tuple(i.dim for i in read.free)) < weight(statement.tensor.dims)
    return bool(places) and all(places) and fewer


def _is_label(place: Expr) -> bool:
    return isinstance(place, nodes.Ref) and place.tensor.domain.is_label and is_plain(place)


def _written(user: Statement, source: Statement) -> Statement:
    """A name for what is read of the source, as the source's value at that place."""
    read = user.value
    if not isinstance(read, nodes.Ref) or read.tensor != source.tensor:
        return user
    value = substitute(source.value, dict(zip(source.indices, read.args, strict=True)))
    return Statement(user.tensor, user.indices, value, user.equation)
