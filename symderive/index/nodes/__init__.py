"""Scalar expressions in index notation: numbers, tensor elements, sums over an index, deltas.

Every node is immutable and interned: two equal expressions are one object, so `is` decides
equality, and results may be memoised by node. `key` is a digest of the structure; it orders what
has no order of its own, the same in every process. Nodes are made by the functions here alone.
"""

from __future__ import annotations

from .arithmetic import add, base_exp, coefficient, from_terms, mul, power, size, sqrt
from .cyclic import mod
from .kinds import (
    Add,
    Bracket,
    Call,
    Const,
    Delta,
    Expr,
    Idx,
    Mod,
    Mul,
    Num,
    Number,
    Pow,
    Reduce,
    Ref,
    Size,
    Tensor,
)
from .leaves import (
    HALF,
    KNOWN,
    MINUS_ONE,
    ONE,
    ZERO,
    as_expr,
    bracket,
    call,
    const,
    delta,
    idx,
    num,
    reduce_,
    ref,
    sum_,
)

__all__ = [
    "HALF",
    "KNOWN",
    "MINUS_ONE",
    "ONE",
    "ZERO",
    "Add",
    "Bracket",
    "Call",
    "Const",
    "Delta",
    "Expr",
    "Idx",
    "Mod",
    "Mul",
    "Num",
    "Number",
    "Pow",
    "Reduce",
    "Ref",
    "Size",
    "Tensor",
    "add",
    "as_expr",
    "base_exp",
    "bracket",
    "call",
    "coefficient",
    "const",
    "delta",
    "from_terms",
    "idx",
    "mod",
    "mul",
    "num",
    "power",
    "reduce_",
    "ref",
    "size",
    "sqrt",
    "sum_",
]
