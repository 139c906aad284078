"""Statements → phases and passes: which loop computes what.

A phase is one parallel loop over the rows; a sum over rows ends it. A pass is one loop over the
places of a row; a reduction along the row ends it. Whatever is not stored is computed where it is
used.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from ..errors import NotSupportedError
from ..index import nodes
from ..index.naming import unused
from ..index.nodes import Expr, Tensor
from ..index.walk import transform
from ..schedule import Statement
from ..schedule.shapes import TRANSCENDENTAL, is_plain, reading_order, work
from .frame import Axis, Frame, dims_of
from .reductions import inlined

ROW, ACROSS, TOP, VALUE = "row", "across", "top", "value"


def kind_of(statement: Statement, frame: Frame) -> str:
    """What a statement is to the rows.

    row: a reduction along a row.  across: a reduction over rows.  value: elementwise, for each row.
    top: nothing to do with the rows.
    """
    rows, own = frame.row_dims(), dims_of(statement.indices)
    if not isinstance(statement.value, nodes.Reduce):
        return VALUE if rows and own >= rows else TOP
    bound = dims_of(statement.value.bound)
    if bound & rows:
        if not own | bound >= rows:
            raise NotSupportedError(f"{statement.name} sums over a part of the rows")
        return ACROSS
    if not rows or not own >= rows:
        return TOP
    if own != rows:
        raise NotSupportedError(f"{statement.name} sums over a part of each row")
    return ROW


@dataclass
class Lowering:
    """The statements of one procedure in one frame, and in which phase each is carried out.

    results: the tensors that the kernel stores.
    """

    frame: Frame
    statements: tuple[Statement, ...]
    results: tuple[Tensor, ...]
    kinds: dict[Tensor, str] = field(init=False)
    by_tensor: dict[Tensor, Statement] = field(init=False)
    phase: dict[Tensor, int] = field(init=False)

    def __post_init__(self) -> None:
        self.kinds = {s.tensor: kind_of(s, self.frame) for s in self.statements}
        self.by_tensor = {s.tensor: s for s in self.statements}
        self._inline_gathers()
        self.phase = {}
        for statement in self.statements:
            self.phase[statement.tensor] = self._phase(statement)

    def _inline_gathers(self) -> None:
        """`log_p[b, t_b]` is computed at that one place."""
        done: list[Statement] = []
        read: dict[Expr, Expr] = {}
        for statement in self.statements:
            value = self._without_gathers(statement.value, done, read)
            changed = Statement(statement.tensor, statement.indices, value, statement.equation)
            self.by_tensor[statement.tensor] = changed
            done.append(changed)
        self.statements = tuple(done)

    def _without_gathers(self, expr: Expr, done: list[Statement], read: dict[Expr, Expr]) -> Expr:
        def leaf(node: Expr) -> Expr | None:
            if not isinstance(node, nodes.Ref) or is_plain(node) or node.tensor not in self.kinds:
                return None
            if self.kinds[node.tensor] in (ACROSS, TOP):
                return None
            if self.kinds[node.tensor] == ROW:
                raise NotSupportedError(f"{node.tensor.name} is read at another row")
            if node not in read:
                args = tuple(transform(a, leaf) for a in node.args)
                value = transform(inlined(self.by_tensor[node.tensor], args), leaf)
                whole = node is expr  # the statement's own name will do
                read[node] = value if whole else self._as_statement(node, value, done)
            return read[node]

        return transform(expr, leaf)

    def _as_statement(self, node: nodes.Ref, value: Expr, done: list[Statement]) -> Expr:
        """The value under a name, if there is one for each row: in the order in which the
        statements compute it, which a longer sum would not keep.
        """
        indices, rows = reading_order(value), self.frame.row_dims()
        if isinstance(value, nodes.Ref) or len(indices) != len(rows) or dims_of(indices) != rows:
            return value
        labels = [
            t.name
            for a in node.args
            for t in sorted(a.tensors, key=lambda t: t.name)
            if t.domain.is_label
        ]
        taken = {t.name for s in self.statements for t in (s.tensor, *s.value.tensors)}
        taken |= {s.name for s in done}
        name = unused("_".join([node.tensor.name, *(labels or ["at"])]), taken, "_")
        tensor = Tensor(name, tuple(i.dim for i in indices))
        self.kinds[tensor] = VALUE
        done.append(Statement(tensor, indices, value))
        self.by_tensor[tensor] = done[-1]
        return nodes.ref(tensor, *indices)

    def _phase(self, statement: Statement) -> int:
        """For `top`: the phase after which it is carried out; else the one in which it is."""
        here_is_top = self.kinds[statement.tensor] == TOP
        first = 0 if here_is_top else 1
        for tensor in statement.value.tensors & set(self.phase):
            over = self.kinds[tensor] in (ACROSS, TOP) and not here_is_top
            first = max(first, self.phase[tensor] + over)
        return first

    @property
    def phases(self) -> int:
        """How many parallel loops there are."""
        carried = [
            t
            for t, k in self.kinds.items()
            if k in (ROW, ACROSS) or (k == VALUE and t in self.arrays)
        ]
        return max((self.phase[t] for t in carried), default=0)

    @cached_property
    def arrays(self) -> dict[Tensor, str]:
        """What is stored in memory between loops, and why."""
        found = {t: k for t, k in self.kinds.items() if k in (ACROSS, TOP)}
        crossing = self._crossing()
        found |= {t: ROW for t in self.kinds if t in crossing}
        found |= {t: "result" for t in self.results if t in self.kinds}
        return found

    def _crossing(self) -> set[Tensor]:
        """Values of rows that a later phase, or what comes after the rows, reads from memory."""
        crossing: set[Tensor] = set()
        done = set(self.results)
        for user in self.statements:
            here, top = self.phase[user.tensor], self.kinds[user.tensor] == TOP
            for tensor in self._reached(user.value, done):
                if self.kinds[tensor] == ROW and (top or self.phase[tensor] < here):
                    crossing.add(tensor)
                if self.kinds[tensor] == VALUE and top:
                    crossing.add(tensor)
        return crossing

    def _reached(self, value: Expr, stop: set[Tensor]) -> set[Tensor]:
        """The tensors of rows that a value needs, through what is computed on the way."""
        found: set[Tensor] = set()
        stack = list(value.tensors)
        while stack:
            tensor = stack.pop()
            if tensor in found or tensor not in self.kinds or tensor in stop:
                continue
            if self.kinds[tensor] in (ACROSS, TOP):
                continue
            found.add(tensor)
            if self.kinds[tensor] == VALUE:
                stack.extend(self.by_tensor[tensor].value.tensors)
        return found

    def work_inside(self, body: Expr) -> float:
        """The operations for one element of what is reduced, values on the way to it included."""
        known = {t for t, kind in self.kinds.items() if kind != VALUE}
        inside = self._reached(body, known) - known
        return work(body) + sum(work(self.by_tensor[t].value) for t in inside)

    def passes(self, phase: int) -> Passes:
        """The passes over a row within a phase."""
        return Passes(self, phase)

    def inner_axes(self, statement: Statement) -> tuple[Axis, ...]:
        """The axes of a row that a statement runs over."""
        dims = dims_of(statement.indices)
        if isinstance(statement.value, nodes.Reduce):
            dims |= dims_of(statement.value.bound)
        return tuple(a for a in self.frame.inner if dims & set(a))


class Passes:
    """In which pass of a row each thing of one phase happens; passes count from 1."""

    def __init__(self, lowering: Lowering, phase: int) -> None:
        self.lowering, self.phase = lowering, phase
        self._ready: dict[Tensor, int] = {}
        self.actions = [s for s in lowering.statements if self._is_action(s)]
        self.number = {s.tensor: self.when(s.value) for s in self.actions}
        self.count = max(self.number.values(), default=0)
        self.scratch = self._scratch()

    def _is_action(self, statement: Statement) -> bool:
        low, tensor = self.lowering, statement.tensor
        if low.kinds[tensor] == TOP or low.phase[tensor] != self.phase:
            return False
        return low.kinds[tensor] in (ROW, ACROSS) or tensor in low.arrays

    def when(self, value: Expr) -> int:
        """The first pass in which a value can be computed."""
        return max((self.ready(t) for t in value.tensors), default=1)

    def ready(self, tensor: Tensor) -> int:
        """The first pass in which a tensor can be read or computed."""
        low = self.lowering
        if tensor not in low.kinds or low.kinds[tensor] in (ACROSS, TOP):
            return 1
        if low.phase[tensor] < self.phase and tensor in low.arrays:
            return 1
        if tensor not in self._ready:
            first = self.when(low.by_tensor[tensor].value)
            self._ready[tensor] = first + (low.kinds[tensor] == ROW)
        return self._ready[tensor]

    def is_loaded(self, tensor: Tensor, number: int) -> bool:
        """True where this pass reads the tensor from memory instead of computing it again."""
        low = self.lowering
        if tensor not in low.kinds or low.kinds[tensor] in (ACROSS, TOP):
            return True
        if tensor in low.arrays and low.phase[tensor] < self.phase:
            return True
        if low.kinds[tensor] == ROW:
            return False
        earlier = low.phase[tensor] == self.phase and self.ready(tensor) < number
        costly = work(low.by_tensor[tensor].value) >= TRANSCENDENTAL
        return earlier and costly and (tensor in self.number or tensor in self.scratch)

    def needed(self, values: Iterable[Expr], number: int) -> list[Statement]:
        """The values, in order, that a pass computes on its way to these."""
        low = self.lowering
        found: set[Tensor] = set()
        stack = [t for v in values for t in v.tensors]
        while stack:
            tensor = stack.pop()
            if tensor in found or self.is_loaded(tensor, number) or low.kinds[tensor] == ROW:
                continue
            found.add(tensor)
            stack.extend(low.by_tensor[tensor].value.tensors)
        return [s for s in low.statements if s.tensor in found]

    def known(self, number: int) -> list[Statement]:
        """The values of a row, not of its places, that are computed as this pass begins."""
        low, found = self.lowering, set[Tensor]()
        for later in range(number, self.count + 1):
            values = [s.value for s in self.actions if self.number[s.tensor] == later]
            found |= {s.tensor for s in self.needed(values, later)}
        return [
            s
            for s in low.statements
            if s.tensor in found and not low.inner_axes(s) and self.ready(s.tensor) == number
        ]

    def is_held_from(self, tensor: Tensor, number: int) -> bool:
        """True for a value of whole rows that this pass computes, and later ones read again."""
        return tensor in self.scratch and self.ready(tensor) == number

    def _scratch(self) -> set[Tensor]:
        """Costly values of whole rows that a later pass reads again."""
        low = self.lowering
        self.scratch = set[Tensor]()
        if not low.frame.inner:
            return self.scratch
        uses: dict[Tensor, set[int]] = {}
        for action in self.actions:
            for statement in self.needed([action.value], self.number[action.tensor]):
                uses.setdefault(statement.tensor, set()).add(self.number[action.tensor])
        return {
            t
            for t, passes in uses.items()
            if len(passes) > 1
            and t not in self.number
            and low.phase[t] == self.phase
            and low.inner_axes(low.by_tensor[t]) == low.frame.inner
            and work(low.by_tensor[t].value) >= TRANSCENDENTAL
            and self.ready(t) in passes
        }


def choose(
    frames: list[Frame], statements: tuple[Statement, ...], results: tuple[Tensor, ...]
) -> Lowering:
    """The frame with the fewest parallel loops in which every statement can be carried out."""
    problem: NotSupportedError | None = None
    found: list[Lowering] = []
    for frame in frames:
        try:
            found.append(Lowering(frame, statements, results))
        except NotSupportedError as error:
            problem = error
    if not found:
        assert problem is not None
        raise problem
    return min(found, key=lambda low: low.phases)
