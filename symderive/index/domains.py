"""What is known of an input beforehand: its domain. It steers simplification, sampling and what
a proof assumes.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Domain:
    """The values an array may hold.

    kind: "real", "positive", "nonnegative", "integers" (labels, not differentiated), "boolean"
    (truth values, labels below 2) or "simplex".
    dims: the named dims as the user wrote them ("b n"), only on the way in.
    below: for labels, the dim or number that bounds them.  axis: for a simplex, the axis that sums
    to one.  fixed: a number that the forward is given beside its arrays, and not differentiated by.
    """

    kind: str = "real"
    dims: str = ""
    below: str | int | None = None
    axis: int = -1
    fixed: bool = field(default=False, repr=False)

    @property
    def is_label(self) -> bool:
        """Labels are integers: they select, and have no gradient. Truth values are labels, too."""
        return self.kind in ("integers", "boolean")

    @property
    def is_mask(self) -> bool:
        """Truth values."""
        return self.kind == "boolean"

    @property
    def is_unit(self) -> bool:
        """Nowhere below zero or above one."""
        return self.kind in ("simplex", "unit")

    @property
    def is_positive(self) -> bool:
        """Strictly positive everywhere."""
        return self.kind in ("positive", "simplex", "unit")

    @property
    def is_nonnegative(self) -> bool:
        """Nowhere negative."""
        return self.kind in ("positive", "simplex", "unit", "nonnegative")


REAL = Domain()
POSITIVE = Domain("positive")
NONNEGATIVE = Domain("nonnegative")
UNIT = Domain("unit")  # between 0 and 1: what a sigmoid gives


def real(dims: str) -> Domain:
    """Real numbers over named dims: what a bare string means."""
    return Domain("real", dims)


def positive(dims: str) -> Domain:
    """Numbers above zero over named dims."""
    return Domain("positive", dims)


def integers(dims: str, below: str | int) -> Domain:
    """Labels 0, 1, ..., below - 1 over named dims, where `below` names a dim or is a number. Not
    differentiated.
    """
    return Domain("integers", dims, below=below)


def boolean(dims: str) -> Domain:
    """Truth values over named dims: they choose, and have no gradient."""
    return Domain("boolean", dims, below=2)


def simplex(dims: str, axis: int = -1) -> Domain:
    """Positive numbers that sum to one along `axis`, such as probabilities."""
    return Domain("simplex", dims, axis=axis)
