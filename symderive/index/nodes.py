"""Scalar expressions in index notation: numbers, tensor elements, sums over an index, Kronecker deltas.

Every node is immutable and interned: two equal expressions are one object, so `is` decides equality, and results may be
memoised by node. `key` is a digest of the structure; it orders what has no order of its own, the same in every process.
The constructors at the end (`add`, `mul`, `power`, ...) fold numbers and flatten; nodes are never made in another way.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from hashlib import blake2b
from typing import Any, ClassVar

from .dims import Dim, Index
from .domains import REAL, Domain

_INTERNED: dict[bytes, Expr] = {}
Number = int | Fraction


class Tensor:
    """A named array of the program: its dims in order, and its domain."""

    __slots__ = ("_hash", "_id", "dims", "domain", "label", "name")

    def __init__(self, name: str, dims: tuple[Dim, ...] = (), domain: Domain = REAL) -> None:
        self.name, self.dims, self.domain = name, dims, domain
        self._id = (name, dims, domain)
        self._hash, self.label = hash(self._id), repr(self._id)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Tensor) and self._id == other._id)

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"Tensor({self.name}[{' '.join(map(str, self.dims))}])"

    def __getitem__(self, indices: Any) -> Ref:
        """The element at these indices: `x[i, j]`; `x[()]` for a scalar."""
        indices = indices if isinstance(indices, tuple) else (indices,)
        return ref(self, *indices)


class Expr:
    """A scalar expression. `args` are its child expressions, `free` the index variables that it depends on."""

    __slots__ = ("args", "free", "key", "tensors")
    rank: ClassVar[int] = 0
    args: tuple[Expr, ...]
    free: frozenset[Index]
    key: bytes
    tensors: frozenset[Tensor]

    def __repr__(self) -> str:
        from .text import text  # printing is the one thing that a node does not do itself

        return text(self)

    def __lt__(self, other: Expr) -> bool:
        return (self.rank, self.key) < (other.rank, other.key)

    def __add__(self, other: Expr | Number) -> Expr:
        return add(self, as_expr(other))

    def __sub__(self, other: Expr | Number) -> Expr:
        return add(self, mul(num(-1), as_expr(other)))

    def __mul__(self, other: Expr | Number) -> Expr:
        return mul(self, as_expr(other))

    def __truediv__(self, other: Expr | Number) -> Expr:
        return mul(self, power(as_expr(other), num(-1)))

    def __pow__(self, other: Expr | Number) -> Expr:
        return power(self, as_expr(other))

    def __neg__(self) -> Expr:
        return mul(num(-1), self)

    def __radd__(self, other: Number) -> Expr:
        return as_expr(other) + self

    def __rsub__(self, other: Number) -> Expr:
        return as_expr(other) - self

    def __rmul__(self, other: Number) -> Expr:
        return as_expr(other) * self

    def __rtruediv__(self, other: Number) -> Expr:
        return as_expr(other) / self


class Num(Expr):
    """An exact rational number; decimals of the source stay exact (0.044715 is 44715/1000000)."""

    __slots__ = ("value",)
    value: Fraction


class Const(Expr):
    """A named constant: `pi`, `inf`."""

    __slots__ = ("name",)
    rank = 1
    name: str


class Size(Expr):
    """The length of a dim, as a number."""

    __slots__ = ("dim",)
    rank = 2
    dim: Dim


class Idx(Expr):
    """An index variable used as a number, or as the index of a tensor."""

    __slots__ = ("index",)
    rank = 3
    index: Index


class Ref(Expr):
    """`tensor[args]`: an element of a named tensor. The args are index expressions: an Idx, a number, i + 1, a label."""

    __slots__ = ("tensor",)
    rank = 4
    tensor: Tensor


class Pow(Expr):
    """`args[0] ** args[1]`."""

    __slots__ = ()
    rank = 5


class Call(Expr):
    """`function(*args)`, one of the functions in `functions.py`."""

    __slots__ = ("function",)
    rank = 6
    function: str


class Delta(Expr):
    """Kronecker's δ: 1 where two index expressions are equal, else 0."""

    __slots__ = ()
    rank = 7


class Bracket(Expr):
    """Iverson's bracket `[a > b]`: 1 where the relation ("gt", "ge" or "eq") holds, else 0.

    A product with a bracket is *selected* by it, not multiplied: where the bracket is 0 so is the product, even where the
    other factors are infinite.
    """

    __slots__ = ("relation",)
    rank = 8
    relation: str


class Reduce(Expr):
    """`op` ("sum", "max", "min", "prod") of `args[0]` over the bound indices, each over the whole of its dim."""

    __slots__ = ("bound", "op")
    rank = 9
    op: str
    bound: tuple[Index, ...]


class Mul(Expr):
    """A product of two or more factors, sorted by key."""

    __slots__ = ()
    rank = 10


class Add(Expr):
    """A sum of two or more terms, sorted by key."""

    __slots__ = ()
    rank = 11


def _intern(cls: type[Expr], label: str, args: tuple[Expr, ...], **data: Any) -> Any:
    digest = blake2b(f"{cls.__name__}|{label}|".encode(), digest_size=12)
    for arg in args:
        digest.update(arg.key)
    key = digest.digest()
    node = _INTERNED.get(key)
    if node is None:
        node = object.__new__(cls)
        node.key, node.args = key, args
        for name, value in data.items():
            setattr(node, name, value)
        node.free = _free(node)
        node.tensors = frozenset().union(*(a.tensors for a in args)) if args else frozenset()
        if isinstance(node, Ref):
            node.tensors |= {node.tensor}
        _INTERNED[key] = node
    return node


def _free(node: Expr) -> frozenset[Index]:
    if isinstance(node, Idx):
        return frozenset((node.index,))
    inside = frozenset().union(*(a.free for a in node.args)) if node.args else frozenset()
    return inside - frozenset(node.bound) if isinstance(node, Reduce) else inside


_NUMBERS: dict[Number, Num] = {}


def num(value: Number) -> Num:
    """The number node of an exact value."""
    node = _NUMBERS.get(value)
    if node is None:
        exact = Fraction(value)
        node = _NUMBERS[exact] = _intern(Num, f"{exact.numerator}/{exact.denominator}", (), value=exact)
    return node


ZERO, ONE, MINUS_ONE, HALF = num(0), num(1), num(-1), num(Fraction(1, 2))


def as_expr(value: Expr | Number | Index) -> Expr:
    """Numbers and index variables become nodes; nodes stay what they are."""
    if isinstance(value, Expr):
        return value
    return idx(value) if isinstance(value, Index) else num(value)


def const(name: str) -> Const:
    """A named constant."""
    return _intern(Const, name, (), name=name)  # type: ignore[no-any-return]


def size(dim: Dim) -> Expr:
    """The length of a dim: a number where it is known, else a symbol or a linear form in symbols."""
    if dim.length is not None:
        return num(dim.length)
    if dim.extent:
        return add(*(mul(num(c), size(Dim(n)) if n else ONE) for n, c in dim.extent))
    return _intern(Size, repr(dim), (), dim=dim)  # type: ignore[no-any-return]


def idx(index: Index) -> Idx:
    """An index variable as an expression."""
    return _intern(Idx, index.label, (), index=index)  # type: ignore[no-any-return]


def ref(tensor: Tensor, *indices: Expr | Number | Index) -> Ref:
    """`tensor[indices]`; as many indices as the tensor has dims."""
    if len(indices) == 1 and indices[0] == () and not tensor.dims:
        indices = ()
    if len(indices) != len(tensor.dims):
        raise ValueError(f"{tensor!r} takes {len(tensor.dims)} indices, not {len(indices)}")
    return _intern(Ref, tensor.label, tuple(as_expr(i) for i in indices), tensor=tensor)  # type: ignore[no-any-return]


def call(function: str, *args: Expr | Number) -> Expr:
    """`function(*args)`."""
    return _intern(Call, function, tuple(as_expr(a) for a in args), function=function)  # type: ignore[no-any-return]


def delta(left: Expr | Number | Index, right: Expr | Number | Index) -> Expr:
    """δ(left, right); decided at once where both sides are the same or both are numbers."""
    a, b = sorted((as_expr(left), as_expr(right)))
    if a is b:
        return ONE
    if isinstance(a, Num) and isinstance(b, Num):
        return ZERO
    return _intern(Delta, "", (a, b))  # type: ignore[no-any-return]


_DECIDE = {"gt": lambda a, b: a > b, "ge": lambda a, b: a >= b, "eq": lambda a, b: a == b}


def bracket(relation: str, left: Expr | Number | Index, right: Expr | Number | Index) -> Expr:
    """`[left relation right]`, where relation is "gt", "ge", "eq", or "lt", "le" with the sides exchanged."""
    a, b = as_expr(left), as_expr(right)
    if relation in ("lt", "le"):
        relation, a, b = {"lt": "gt", "le": "ge"}[relation], b, a
    if a is b:
        return ZERO if relation == "gt" else ONE
    if isinstance(a, Num) and isinstance(b, Num):
        return num(int(_DECIDE[relation](a.value, b.value)))
    if relation == "eq":
        a, b = sorted((a, b))
    return _intern(Bracket, relation, (a, b), relation=relation)  # type: ignore[no-any-return]


def reduce_(op: str, bound: Iterable[Index], body: Expr) -> Expr:
    """`op` of body over the bound indices."""
    over = tuple(sorted(set(bound)))
    if not over:
        return body
    if op == "sum" and body is ZERO:
        return ZERO
    return _intern(Reduce, f"{op}|{[b.label for b in over]}", (body,), op=op, bound=over)  # type: ignore[no-any-return]


def sum_(bound: Iterable[Index], body: Expr) -> Expr:
    """Σ of body over the bound indices."""
    return reduce_("sum", bound, body)


def coefficient(term: Expr) -> tuple[Fraction, Expr]:
    """A term as number times rest: `3 x y` gives (3, x y)."""
    if isinstance(term, Num):
        return term.value, ONE
    if isinstance(term, Mul) and isinstance(term.args[0], Num):
        rest = term.args[1:]
        return term.args[0].value, rest[0] if len(rest) == 1 else _intern(Mul, "", rest)
    return Fraction(1), term


def base_exp(factor: Expr) -> tuple[Expr, Expr]:
    """A factor as base and exponent: `x**2` gives (x, 2), `x` gives (x, 1)."""
    return (factor.args[0], factor.args[1]) if isinstance(factor, Pow) else (factor, ONE)


def add(*terms: Expr) -> Expr:
    """Sum of terms: flattened, like terms collected, nothing expanded."""
    total: dict[Expr, Fraction] = {}
    stack = list(terms)
    for term in stack:
        if isinstance(term, Add):
            stack.extend(term.args)
            continue
        count, rest = coefficient(term)
        total[rest] = total.get(rest, Fraction(0)) + count
    lone = [rest for rest, count in total.items() if count == 1 and isinstance(rest, Add)]
    if lone:  # 2 (a + b) - (a + b)
        return add(*lone, from_terms({r: c for r, c in total.items() if r not in lone}))
    return from_terms(total)


def from_terms(total: dict[Expr, Fraction]) -> Expr:
    """The sum of {rest: coefficient}; no rest may be a sum or hold a number."""
    kept = sorted(_scaled(c, rest) for rest, c in total.items() if c)
    if len(kept) < 2:
        return kept[0] if kept else ZERO
    return _intern(Add, "", tuple(kept))  # type: ignore[no-any-return]


def _scaled(count: Fraction, rest: Expr) -> Expr:
    if rest is ONE or count == 1:
        return rest if count == 1 else num(count)
    factors = rest.args if isinstance(rest, Mul) else (rest,)
    return _intern(Mul, "", (num(count), *factors))  # type: ignore[no-any-return]


def mul(*factors: Expr) -> Expr:
    """Product of factors: flattened, powers of one base merged, nothing expanded."""
    number = Fraction(1)
    powers: dict[Expr, Expr] = {}
    stack = list(factors)
    for factor in stack:
        if isinstance(factor, Mul):
            stack.extend(factor.args)
        elif isinstance(factor, Num):
            number *= factor.value
        else:
            base, exp = base_exp(factor)
            powers[base] = add(powers[base], exp) if base in powers else exp
    if number == 0:
        return ZERO
    kept = sorted(p for p in (power(b, e) for b, e in powers.items()) if p is not ONE)
    if any(isinstance(p, (Mul, Num)) for p in kept):
        return mul(num(number), *kept)
    rest = ONE if not kept else kept[0] if len(kept) == 1 else _intern(Mul, "", tuple(kept))
    if isinstance(rest, Add) and number != 1:
        return _intern(Mul, "", (num(number), rest))  # type: ignore[no-any-return]
    return _scaled(number, rest)


def power(base: Expr, exp: Expr) -> Expr:
    """`base ** exp`: integer powers of numbers and of powers are carried out, and δ and brackets are idempotent."""
    if exp is ZERO:
        return ONE
    if exp is ONE or base is ONE:
        return base
    if isinstance(exp, Num) and exp.value.denominator == 1:
        whole = exp.value.numerator
        if isinstance(base, Num) and (base.value or whole > 0) and abs(whole) <= 64:
            return num(base.value**whole)
        if isinstance(base, Pow):
            return power(base.args[0], mul(base.args[1], exp))
        if isinstance(base, (Delta, Bracket)) and whole > 0:
            return base
        if isinstance(base, Mul):
            return mul(*(power(f, exp) for f in base.args))
    return _intern(Pow, "", (base, exp))  # type: ignore[no-any-return]


def sqrt(value: Expr) -> Expr:
    """The square root, a power of one half."""
    return power(value, HALF)
