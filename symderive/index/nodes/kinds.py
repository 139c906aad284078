"""The kinds of node, and how a node is made: once for each structure, with what is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from hashlib import blake2b
from typing import Any, ClassVar, Protocol, TypeVar
from weakref import WeakValueDictionary

from ...locks import forkable_lock
from .. import limits
from ..dims import Dim, Index, indices_of
from ..domains import REAL, Domain

Number = int | Fraction

# weak: an expression lives as long as something else refers to it
_INTERNED: WeakValueDictionary[bytes, Expr] = WeakValueDictionary()
_LOCK = forkable_lock()


class Tensor:
    """A named array of the program: its dims in order, and its domain."""

    __slots__ = ("_hash", "_id", "dims", "domain", "label", "name")

    def __init__(self, name: str, dims: tuple[Dim, ...] = (), domain: Domain = REAL) -> None:
        self.name, self.dims, self.domain = name, dims, domain
        self._id = (name, dims, domain)
        self._hash = hash(self._id)
        self.label = f"{self._id!r}{' fixed' if domain.fixed else ''}"

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Tensor) and self._id == other._id)

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[Any, ...]:
        """Its hash is of this process alone."""
        return Tensor, self._id

    def __repr__(self) -> str:
        return f"Tensor({self.name}[{' '.join(map(str, self.dims))}])"

    @property
    def indices(self) -> tuple[Index, ...]:
        """The index variables that its own element is written with."""
        return indices_of(self.dims)

    @property
    def element(self) -> Ref:
        """The element at its own indices: `x[i, j]`."""
        return self[self.indices]

    def __getitem__(self, indices: Any) -> Ref:
        """The element at these indices: `x[i, j]`; `x[()]` for a scalar."""
        indices = indices if isinstance(indices, tuple) else (indices,)
        return Expr.make.ref(self, *indices)


class Makers(Protocol):
    """What makes the nodes that operators give."""

    def add(self, *terms: Expr) -> Expr: ...
    def mul(self, *factors: Expr) -> Expr: ...
    def power(self, base: Expr, exp: Expr) -> Expr: ...
    def num(self, value: Number) -> Expr: ...
    def as_expr(self, value: Expr | Number | Index) -> Expr: ...
    def ref(self, tensor: Tensor, *indices: Expr | Number | Index) -> Ref: ...


class Writer(Protocol):
    """What writes a node as a line."""

    def text(self, expr: Expr) -> str: ...


class Expr:
    """A scalar expression. `args` are its child expressions, `free` the index variables that it
    depends on.

    make, write: how nodes are made and written takes all kinds to be known, so `index` itself
    says it.
    """

    __slots__ = ("__weakref__", "args", "free", "key", "order", "tensors")
    make: ClassVar[Makers]
    write: ClassVar[Writer]
    rank: ClassVar[int] = 0
    data: ClassVar[tuple[str, ...]] = ()  # what a kind has beside its args
    args: tuple[Expr, ...]
    free: frozenset[Index]
    key: bytes
    order: bytes  # what sums and products are sorted by
    tensors: frozenset[Tensor]

    def __repr__(self) -> str:
        return self.write.text(self)

    def __lt__(self, other: Expr) -> bool:
        return self.order < other.order

    def __reduce__(self) -> tuple[Any, ...]:
        """By its key, which is the same in every process; there and here it stays one object."""
        own = {name: getattr(self, name) for name in self.data}
        return _held, (type(self), self.key, self.args, own)

    def __add__(self, other: Expr | Number) -> Expr:
        return self.make.add(self, self.make.as_expr(other))

    def __sub__(self, other: Expr | Number) -> Expr:
        return self + self.make.mul(self.make.num(-1), self.make.as_expr(other))

    def __mul__(self, other: Expr | Number) -> Expr:
        return self.make.mul(self, self.make.as_expr(other))

    def __truediv__(self, other: Expr | Number) -> Expr:
        return self * self.make.power(self.make.as_expr(other), self.make.num(-1))

    def __pow__(self, other: Expr | Number) -> Expr:
        return self.make.power(self, self.make.as_expr(other))

    def __neg__(self) -> Expr:
        return self.make.mul(self.make.num(-1), self)

    def __radd__(self, other: Number) -> Expr:
        return self.make.as_expr(other) + self

    def __rsub__(self, other: Number) -> Expr:
        return self.make.as_expr(other) - self

    def __rmul__(self, other: Number) -> Expr:
        return self.make.as_expr(other) * self

    def __rtruediv__(self, other: Number) -> Expr:
        return self.make.as_expr(other) / self


class Num(Expr):
    """An exact rational number; decimals of the source stay exact (0.044715 is 44715/1000000)."""

    __slots__ = ("value",)
    data = __slots__
    value: Fraction


class Const(Expr):
    """A named constant: `pi`, `inf`."""

    __slots__ = ("name",)
    data = __slots__
    rank = 1
    name: str


class Size(Expr):
    """The length of a dim, as a number."""

    __slots__ = ("dim",)
    data = __slots__
    rank = 2
    dim: Dim


class Idx(Expr):
    """An index variable used as a number, or as the index of a tensor."""

    __slots__ = ("index",)
    data = __slots__
    rank = 3
    index: Index


class Mod(Expr):
    """`args[0]` modulo `args[1]`: a place on an axis of that length, whose end joins its start."""

    __slots__ = ()
    rank = 3


class Ref(Expr):
    """`tensor[args]`: an element of a named tensor. The args are index expressions: an Idx, a
    number, i + 1, a label.
    """

    __slots__ = ("tensor",)
    data = __slots__
    rank = 4
    tensor: Tensor


class Pow(Expr):
    """`args[0] ** args[1]`."""

    __slots__ = ()
    rank = 5


class Call(Expr):
    """`function(*args)`, one of the functions in `functions.py`."""

    __slots__ = ("function",)
    data = __slots__
    rank = 6
    function: str


class Delta(Expr):
    """Kronecker's δ: 1 where two index expressions are equal, else 0."""

    __slots__ = ()
    rank = 7


class Bracket(Expr):
    """Iverson's bracket `[a > b]`: 1 where the relation ("gt", "ge", "eq" or "ne") holds, else 0.

    A product with a bracket is *selected* by it, not multiplied: where the bracket is 0 so is the
    product, even where the other factors are infinite.
    """

    __slots__ = ("relation",)
    data = __slots__
    rank = 8
    relation: str


class Reduce(Expr):
    """`op` ("sum", "max", "min", "prod") of `args[0]` over the bound indices, each over the
    whole of its dim.
    """

    __slots__ = ("bound", "op")
    data = __slots__
    rank = 9
    op: str
    bound: tuple[Index, ...]


class Mul(Expr):
    """A product of two or more factors, sorted by key. `rest` is what its number multiplies, once
    somebody has asked.
    """

    __slots__ = ("rest",)
    rank = 10
    rest: Expr | None


class Add(Expr):
    """A sum of two or more terms, sorted by key."""

    __slots__ = ()
    rank = 11


Kind = TypeVar("Kind", bound=Expr)


def intern(cls: type[Kind], label: str, args: tuple[Expr, ...], **data: Any) -> Kind:
    """The node of this structure; `label` tells what it holds beside its args."""
    limits.count(len(_INTERNED))
    said = f"{cls.__name__}|{label}|".encode()
    key = blake2b(b"".join((said, *[arg.key for arg in args])), digest_size=12).digest()
    return _held(cls, key, args, data)


def _held(cls: type[Kind], key: bytes, args: tuple[Expr, ...], data: Mapping[str, Any]) -> Kind:
    """The node of this key, which is made where there is none yet."""
    node: Any = _INTERNED.get(key)
    if node is None:
        node = object.__new__(cls)
        node.key, node.order, node.args = key, bytes((cls.rank,)) + key, args
        for name, value in data.items():
            setattr(node, name, value)
        node.free = _free(node)
        node.tensors = frozenset().union(*(a.tensors for a in args)) if args else frozenset()
        if isinstance(node, Ref):
            node.tensors |= {node.tensor}
        elif isinstance(node, Mul):
            node.rest = None
        with _LOCK:  # another thread may have been faster
            node = _INTERNED.setdefault(key, node)
    made: Kind = node
    return made


def _free(node: Expr) -> frozenset[Index]:
    if isinstance(node, Idx):
        return frozenset((node.index,))
    inside = frozenset().union(*(a.free for a in node.args)) if node.args else frozenset()
    return inside - frozenset(node.bound) if isinstance(node, Reduce) else inside
