"""a + b, a * b, a ** b for nodes."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, Protocol, cast

if TYPE_CHECKING:
    from ..dims import Index
    from .kinds import Expr, Ref, Tensor

Number = int | Fraction


class Makers(Protocol):
    """What makes nodes: the functions of the package that operators need."""

    def add(self, *terms: Expr) -> Expr: ...
    def mul(self, *factors: Expr) -> Expr: ...
    def power(self, base: Expr, exp: Expr) -> Expr: ...
    def num(self, value: Number) -> Expr: ...
    def as_expr(self, value: Expr | Number | Index) -> Expr: ...
    def ref(self, tensor: Tensor, *indices: Expr | Number | Index) -> Ref: ...


class Operators:
    """Arithmetic on nodes; `make` is what makes sums and products, and stands on the nodes."""

    __slots__ = ()
    make: ClassVar[Makers]

    @property
    def itself(self) -> Expr:
        """The node, as its own type."""
        return cast("Expr", self)

    def __add__(self, other: Expr | Number) -> Expr:
        return self.make.add(self.itself, self.make.as_expr(other))

    def __sub__(self, other: Expr | Number) -> Expr:
        return self + self.make.mul(self.make.num(-1), self.make.as_expr(other))

    def __mul__(self, other: Expr | Number) -> Expr:
        return self.make.mul(self.itself, self.make.as_expr(other))

    def __truediv__(self, other: Expr | Number) -> Expr:
        return self * self.make.power(self.make.as_expr(other), self.make.num(-1))

    def __pow__(self, other: Expr | Number) -> Expr:
        return self.make.power(self.itself, self.make.as_expr(other))

    def __neg__(self) -> Expr:
        return self.make.mul(self.make.num(-1), self.itself)

    def __radd__(self, other: Number) -> Expr:
        return self.make.as_expr(other) + self.itself

    def __rsub__(self, other: Number) -> Expr:
        return self.make.as_expr(other) - self.itself

    def __rmul__(self, other: Number) -> Expr:
        return self.make.as_expr(other) * self.itself

    def __rtruediv__(self, other: Number) -> Expr:
        return self.make.as_expr(other) / self.itself
