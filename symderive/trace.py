"""One step of a derivation: what a reader is shown, and what a machine needs to replay it."""

from __future__ import annotations

from dataclasses import dataclass

from .index.nodes import Expr


@dataclass(frozen=True)
class Step:
    """`before = after`, by a named rule.

    rule: the key of an entry in a table of rules; the table holds the name and the reason in each
    language.
    left: what is being derived, such as "∂o_i/∂x_k" or "dx_k".
    before, after: equal expressions.
    because: the reason in one English sentence.
    where: side conditions that were checked, and the equations of the program that were used ("e_i
    = o_i s").
    """

    rule: str
    left: str
    before: Expr
    after: Expr
    because: str
    where: tuple[str, ...] = ()

    def __str__(self) -> str:
        conditions = f"  where {'; '.join(self.where)}" if self.where else ""
        return f"{self.left} = {self.after}    [{self.rule}] {self.because}{conditions}"
