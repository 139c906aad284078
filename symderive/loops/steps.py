"""Statements → steps: kernels, as few as the contractions between them allow, and NumPy's part.

Steps alternate: kernels, then what NumPy does, then kernels. Whatever may wait waits, so that it
shares a kernel with what comes later; what follows from a kernel stays in that kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..index import nodes
from ..index.dims import Dim
from ..index.nodes import Tensor
from ..index.walk import walk
from ..schedule import Statement
from ..schedule.shapes import TRANSCENDENTAL, has_reduction, work

Able = Callable[[tuple[Statement, ...], tuple[Tensor, ...]], bool]
WIDE = 2  # no more arrays than this are read again to spare one that would be written


@dataclass(frozen=True)
class Step:
    """Statements that follow one another. kernel: one C function, else NumPy carries them out.

    writes: what later steps need of a kernel.
    """

    kernel: bool
    statements: tuple[Statement, ...]
    writes: tuple[Tensor, ...]


def steps(
    statements: tuple[Statement, ...], results: tuple[Tensor, ...], able: Able
) -> tuple[Step, ...]:
    """The statements in steps; `able`: whether one kernel can hold them and store these tensors."""
    return _Planner(statements, results, able).run()


class _Planner:
    def __init__(
        self, statements: tuple[Statement, ...], results: tuple[Tensor, ...], able: Able
    ) -> None:
        self.statements, self.results, self.able = statements, set(results), able
        self.by_tensor = {s.tensor: s for s in statements}
        self.plain = {s.tensor for s in statements if not able((s,), (s.tensor,))}
        self.carried = self._carried()
        self.own = [s for s in statements if s.tensor not in self.carried]
        self.needs = {s.tensor: self._reached(s) for s in self.own}
        self.stage = self._stages()

    def _carried(self) -> set[Tensor]:
        """Cheap values that each kernel computes for itself."""
        found = {s.tensor for s in self.statements if self._is_carried(s)}
        while found:
            self.carried = found
            wrong = next((s for s in self.statements if self._is_too_much(s)), None)
            if wrong is None:
                return found
            found = found - {s.tensor for s in self._with_carried([wrong])} - {wrong.tensor}
        return set()

    def _is_carried(self, s: Statement) -> bool:
        if s.tensor in self.plain | self.results or has_reduction(s.value):
            return False
        users = [u for u in self.statements if s.tensor in u.value.tensors]
        if work(s.value) >= TRANSCENDENTAL or any(u.tensor in self.plain for u in users):
            return False
        wide = [t for t in s.value.tensors if len(t.dims) >= max(len(s.tensor.dims), 1)]
        return len(wide) <= WIDE or len(users) < 2

    def _is_too_much(self, s: Statement) -> bool:
        if s.tensor in self.carried or s.tensor in self.plain:
            return False
        whole = self._with_carried([s])
        return len(whole) > 1 and not self.able(whole, (s.tensor,))

    def _with_carried(self, group: list[Statement]) -> tuple[Statement, ...]:
        """The statements, and the carried ones that they need, in order."""
        wanted = {s.tensor for s in group}
        for s in reversed(self.statements):
            if s.tensor in wanted:
                wanted |= s.value.tensors & self.carried
        return tuple(s for s in self.statements if s.tensor in wanted)

    def _reached(self, s: Statement) -> set[Tensor]:
        """What a statement needs of what is computed by itself, also through carried values."""
        whole = self._with_carried([s])
        found = {t for one in whole for t in one.value.tensors}
        return {t for t in found if t in self.by_tensor and t not in self.carried} - {s.tensor}

    def _stages(self) -> dict[Tensor, int]:
        """Kernels run in even stages, NumPy in odd ones."""
        first: dict[Tensor, int] = {}
        for s in self.own:
            odd = s.tensor in self.plain
            ready = [first[t] + (odd != (t in self.plain)) for t in self.needs[s.tensor]]
            first[s.tensor] = max(ready, default=int(odd))
        last = max(first.values(), default=0)
        latest: dict[Tensor, int] = {}
        for s in reversed(self.own):
            odd = s.tensor in self.plain
            users = [u for u in self.own if s.tensor in self.needs[u.tensor]]
            limits = [latest[u.tensor] - (odd != (u.tensor in self.plain)) for u in users]
            latest[s.tensor] = min(limits, default=last - (last % 2 != odd))
        for s in self.own:
            if s.tensor not in self.plain:
                latest[s.tensor] = self._beside_its_needs(s, latest)
        return latest

    def _beside_its_needs(self, s: Statement, stage: dict[Tensor, int]) -> int:
        kernels = [stage[t] for t in self.needs[s.tensor] if t not in self.plain]
        others = [stage[t] + 1 for t in self.needs[s.tensor] if t in self.plain]
        nearest = max(kernels, default=-1)
        return nearest if nearest >= max(others, default=0) else stage[s.tensor]

    def run(self) -> tuple[Step, ...]:
        """The steps in order."""
        done: list[Step] = []
        for stage in range(max(self.stage.values(), default=-1) + 1):
            here = [s for s in self.own if self.stage[s.tensor] == stage]
            if stage % 2 and here:
                done.append(Step(False, tuple(here), tuple(s.tensor for s in here)))
            elif here:
                done += [self._kernel(group) for group in self._groups(here)]
        return tuple(done)

    def _kernel(self, group: list[Statement]) -> Step:
        return Step(True, self._with_carried(group), self._writes(group))

    def _writes(self, group: list[Statement]) -> tuple[Tensor, ...]:
        inside = {s.tensor for s in group}
        needed = {t for s in self.own if s.tensor not in inside for t in self.needs[s.tensor]}
        return tuple(s.tensor for s in group if s.tensor in needed | self.results)

    def _groups(self, here: list[Statement]) -> list[list[Statement]]:
        """The statements of a stage by kernel, each in the first that can hold it."""
        groups: list[list[Statement]] = []
        for s in here:
            holders = [n for n, g in enumerate(groups) if self._meets(s, g)]
            first = max(holders, default=0)
            for group in groups[first:]:
                if self._belongs(s, group):
                    group.append(s)
                    break
            else:
                groups.append([s])
        return groups

    def _meets(self, s: Statement, group: list[Statement]) -> bool:
        return any(g.tensor in self.needs[s.tensor] for g in group)

    def _belongs(self, s: Statement, group: list[Statement]) -> bool:
        """True where one kernel is better than two: the same dims, or one uses the other."""
        alike = any(_dims(s) == _dims(g) for g in group)
        if not alike and not self._meets(s, group):
            return False
        both = [*group, s]
        return self.able(self._with_carried(both), self._writes(both))


def _dims(s: Statement) -> set[Dim]:
    """Every dim that a loop over a statement has."""
    bound = {b.dim for n in walk(s.value) if isinstance(n, nodes.Reduce) for b in n.bound}
    return bound | {i.dim for i in s.indices}
