"""Two indices of one dim, as in `S_ij` over "n n": within a kernel the second runs over a twin.

An array that a kernel only reads, and reads in two ways, `x_i - x_j`, is handed to it twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..errors import NotSupportedError
from ..index import nodes
from ..index.dims import Dim, Index
from ..index.naming import unused
from ..index.nodes import Expr, Tensor
from ..index.walk import transform, walk
from ..schedule import Statement
from ..schedule.shapes import is_plain, plain_indices


@dataclass(frozen=True)
class Renamed:
    """Statements in which no dim has two indices.

    sources: for each tensor that is only read, the tensor that it is outside.
    bases: for each twin, the dim that it doubles.  results: how each result is called inside.
    """

    statements: tuple[Statement, ...]
    sources: dict[Tensor, Tensor]
    bases: dict[Dim, Dim]
    results: dict[Tensor, Tensor]


def without_pairs(statements: Iterable[Statement]) -> Renamed:
    """The statements with twins; raises NotSupportedError where an array would need two forms."""
    return _Renamer(list(statements)).run()


class _Renamer:
    def __init__(self, statements: list[Statement]) -> None:
        self.statements = statements
        self.own = {s.tensor for s in statements}
        self.names = {t.name for s in statements for t in (s.tensor, *s.value.tensors)}
        dims = {d for s in statements for d in _dims(s)}
        self.dims = {d.name for d in dims} | {name for d in dims for name, _ in d.extent}
        self.inside: dict[Tensor, Tensor] = {}
        self.sources: dict[Tensor, Tensor] = {}
        self.forms: dict[tuple[Tensor, tuple[Dim, ...]], Tensor] = {}
        self.twins: dict[tuple[Dim, int], Dim] = {}

    def run(self) -> Renamed:
        done = tuple(map(self._statement, self.statements))
        bases = {twin: dim for (dim, _), twin in self.twins.items()}
        return Renamed(done, self.sources, bases, self.inside)

    def _statement(self, s: Statement) -> Statement:
        roles = self._roles(s)
        indices = tuple(roles[i] for i in s.indices)
        tensor = s.tensor
        if any(i.dim != d for i, d in zip(indices, tensor.dims, strict=True)):
            tensor = _over(tensor, tensor.name, tuple(i.dim for i in indices))
        self.inside[s.tensor] = tensor
        return replace(s, tensor=tensor, indices=indices, value=self._value(s.value, roles))

    def _roles(self, s: Statement) -> dict[Index, Index]:
        """For each index of a statement, one whose dim no other index here has."""
        roles: dict[Index, Index] = {}
        plain = [n for n in walk(s.value) if isinstance(n, nodes.Ref) and is_plain(n)]
        for ref in plain:
            if ref.tensor in self.inside:
                for index, dim in zip(
                    plain_indices(ref), self.inside[ref.tensor].dims, strict=True
                ):
                    self._assign(roles, index, dim)
        lists = [s.indices, *(plain_indices(r) for r in plain)]
        rest = [n.index for n in walk(s.value) if isinstance(n, nodes.Idx)]
        rest += [b for n in walk(s.value) if isinstance(n, nodes.Reduce) for b in n.bound]
        for indices in (*sorted(lists, key=len, reverse=True), rest):
            used = dict.fromkeys((i.dim for i in indices), 0)
            for index in indices:
                first = used[index.dim]
                used[index.dim] += 1
                if index not in roles:
                    self._assign(roles, index, self._free(index.dim, first, roles))
        return roles

    def _assign(self, roles: dict[Index, Index], index: Index, dim: Dim) -> None:
        serial = index.serial if dim == index.dim else 0
        if (
            roles.setdefault(index, Index(dim, serial)).dim != dim
            or sum(i.dim == dim for i in roles.values()) > 1
        ):
            raise NotSupportedError(f"an array is read with its axes '{index.dim}' in two ways")

    def _free(self, dim: Dim, first: int, roles: dict[Index, Index]) -> Dim:
        taken = {i.dim for i in roles.values()}
        places = (first, *range(len(roles) + 1))
        return next(t for t in (self._twin(dim, n) for n in places) if t not in taken)

    def _twin(self, dim: Dim, place: int) -> Dim:
        if place == 0:
            return dim
        if dim.is_batch:
            raise NotSupportedError("batch dims are paired with each other")
        if (dim, place) not in self.twins:
            name = unused(f"{dim.name}{place + 1}", self.dims, "_")
            self.dims.add(name)
            self.twins[dim, place] = replace(dim, name=name)
        return self.twins[dim, place]

    def _value(self, expr: Expr, roles: dict[Index, Index]) -> Expr:
        """The expression over the twins."""

        def leaf(node: Expr) -> Expr | None:
            if isinstance(node, nodes.Reduce):
                bound = [roles[b] for b in node.bound]
                return nodes.reduce_(node.op, bound, transform(node.args[0], leaf))
            if isinstance(node, nodes.Idx):
                return nodes.idx(roles[node.index])
            if isinstance(node, nodes.Ref):
                args = tuple(transform(a, leaf) for a in node.args)
                return nodes.ref(self._tensor(node, args), *args)
            return None

        return transform(expr, leaf)

    def _tensor(self, node: nodes.Ref, args: tuple[Expr, ...]) -> Tensor:
        if node.tensor in self.inside:
            return self.inside[node.tensor]
        if node.tensor in self.own:
            raise NotSupportedError(f"{node.tensor.name} is read before it is computed")
        dims = node.tensor.dims
        if is_plain(node):
            dims = tuple(a.index.dim for a in args if isinstance(a, nodes.Idx))
        key = node.tensor, dims
        if key not in self.forms:
            first = node.tensor not in self.sources.values()
            name = node.tensor.name if first else self._new(node.tensor.name)
            self.forms[key] = _over(node.tensor, name, dims)
            self.sources[self.forms[key]] = node.tensor
        return self.forms[key]

    def _new(self, name: str) -> str:
        found = unused(name, {name, *self.names}, "_")
        self.names.add(found)
        return found


def _over(tensor: Tensor, name: str, dims: tuple[Dim, ...]) -> Tensor:
    return Tensor(name, dims, tensor.domain)


def _dims(s: Statement) -> set[Dim]:
    found = {i.dim for i in s.indices} | {d for t in s.value.tensors for d in t.dims}
    return found | {n.dim for n in walk(s.value) if isinstance(n, nodes.Size)}
