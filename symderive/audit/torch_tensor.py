"""A symbolic array in the clothes of a torch tensor: dim for axis, keepdim for keepdims, mm, t, ...

Only names are translated here; what an operation means is the front end's rule of that name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..frontends.array import FLOAT, Array, apply
from ..frontends.context import current
from ..frontends.registry import METHODS, RULES
from ..index import functions as scalar

_OPTIONS = {"dim": "axis", "keepdim": "keepdims", "input": "a", "other": "b"}
_SAME = (
    *("add", "subtract", "multiply", "divide", "reciprocal", "square", "sqrt", "fmax", "fmin"),
    *("exp2", "log2", "log10", "logit", "sinc", "where", "sum", "mean", "prod", "amax", "amin"),
    *("cumsum", "cumprod", "matmul", "dot", "outer", "tensordot", "einsum", "trace", "diag"),
    *("stack", "flip", "tril", "triu", "arange", "eye", "ones", "zeros", "full", "ones_like"),
    *("zeros_like", "full_like", "empty_like"),
)
_SCALAR = {  # by NumPy's name, and by that of other libraries
    name: f.name
    for f in scalar.FUNCTIONS.values()
    for name in (f.name, f.library)
    if name and f.name in RULES
}
Method = Callable[..., Any]


class TorchTensor:
    """Wraps a symbolic array; every result is wrapped again."""

    def __init__(self, array: Array) -> None:
        self.array = array

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name.endswith("_") and name[:-1] in FUNCTIONS:
            return lambda *a, **k: self._update(FUNCTIONS[name[:-1]](self, *a, **k))
        if name in FUNCTIONS:
            return lambda *a, **k: FUNCTIONS[name](self, *a, **k)
        raise current().unsupported(f"the torch method .{name} is not supported in an audit")

    def _update(self, new: TorchTensor) -> TorchTensor:
        METHODS["setitem"](self.array, Ellipsis, new.array)
        return self

    def __getitem__(self, key: Any) -> TorchTensor:
        return TorchTensor(self.array[_bare(key)])

    def __setitem__(self, key: Any, value: Any) -> None:
        self.array[_bare(key)] = _bare(value)

    def __iter__(self) -> Iterator[TorchTensor]:
        return (TorchTensor(row) for row in self.array)

    def __len__(self) -> int:
        return len(self.array)

    def __bool__(self) -> bool:
        return bool(self.array)

    def __float__(self) -> float:
        return float(self.array)

    @property
    def shape(self) -> tuple[Any, ...]:
        """The lengths of the axes."""
        return self.array.shape

    @property
    def dtype(self) -> Any:
        """What torch code compares; every real array is float64."""
        return self.array.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.array.ndim

    @property
    def T(self) -> TorchTensor:
        """The axes in reverse."""
        return TorchTensor(self.array.T)

    @property
    def mT(self) -> TorchTensor:
        """The last two axes exchanged."""
        return TorchTensor(self.array.mT)

    @property
    def device(self) -> str:
        """There is none."""
        return "cpu"

    requires_grad = True


def _operator(name: str) -> Method:
    def method(self: TorchTensor, *others: Any) -> Any:
        return wrapped(getattr(self.array, name)(*map(_bare, others)))

    return method


def _in_place(name: str) -> Method:
    def method(self: TorchTensor, other: Any) -> TorchTensor:
        getattr(self.array, name)(_bare(other))
        return self

    return method


_BINARY = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor"]
for _name in _BINARY:
    setattr(TorchTensor, f"__{_name}__", _operator(f"__{_name}__"))
    setattr(TorchTensor, f"__r{_name}__", _operator(f"__r{_name}__"))
    setattr(TorchTensor, f"__i{_name}__", _in_place(f"__i{_name}__"))
for _name in ["neg", "pos", "abs", "invert", "gt", "ge", "lt", "le", "eq", "ne"]:
    setattr(TorchTensor, f"__{_name}__", _operator(f"__{_name}__"))


def wrapped(value: Any) -> Any:
    """Arrays become tensors, also within tuples."""
    if isinstance(value, Array):
        return TorchTensor(value)
    if isinstance(value, (tuple, list)):
        return type(value)(wrapped(v) for v in value)
    return value


def bare(value: Any) -> Any:
    """Tensors become arrays again, also within tuples, slices and mappings."""
    if isinstance(value, TorchTensor):
        return value.array
    if isinstance(value, (tuple, list)):
        return type(value)(bare(v) for v in value)
    if isinstance(value, dict):
        return {k: bare(v) for k, v in value.items()}
    return value


_bare = bare


def _rule(name: str) -> Method:
    def call(*args: Any, **options: Any) -> Any:
        renamed = {_OPTIONS.get(k, k): bare(v) for k, v in options.items()}
        renamed.pop("dtype", None)
        renamed.pop("device", None)
        positional = [renamed.pop(k) for k in ("a", "b") if k in renamed]
        return wrapped(RULES[name](*positional, *map(bare, args), **renamed))

    return call


def _clamp(x: Any, min: Any = None, max: Any = None) -> Any:
    return wrapped(apply("clip", bare(x), bare(min), bare(max)))


def _transpose(x: Any, first: Any, second: Any) -> Any:
    return wrapped(apply("swapaxes", bare(x), first, second))


def _reduced(name: str, ranked: str) -> Method:
    """torch.max(x) is a value, torch.max(x, dim) a pair of values and places."""

    def call(x: Any, *args: Any, **options: Any) -> Any:
        if args and isinstance(args[0], TorchTensor):
            return _rule(ranked)(x, *args)
        if args or "dim" in options:
            return _Values(_rule(name)(x, *args, **options))
        return _rule(name)(x)

    return call


class _Values(tuple[Any, ...]):
    """(values, indices), of which only the values are known."""

    def __new__(cls, values: Any) -> _Values:
        return super().__new__(cls, (values, None))

    @property
    def values(self) -> Any:
        """The extreme values."""
        return self[0]


def _variance(name: str) -> Method:
    def call(x: Any, dim: Any = None, unbiased: bool = True, keepdim: bool = False,
             correction: int | None = None) -> Any:  # fmt: skip
        freedom = int(unbiased) if correction is None else correction
        found = apply(name, bare(x), axis=dim, ddof=freedom, keepdims=keepdim)
        return wrapped(found)

    return call


def _size(x: Any, dim: Any = None) -> Any:
    return x.shape if dim is None else x.shape[dim]


def _shaped(name: str) -> Method:
    def call(x: Any, *shape: Any) -> Any:
        flat = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        return wrapped(apply(name, bare(x), tuple(map(bare, flat))))

    return call


def _expand(x: Any, *shape: Any) -> Any:
    given = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
    own = (*[1] * (len(given) - len(x.shape)), *x.shape)
    whole = tuple(
        o if isinstance(g, int) and g == -1 else bare(g) for g, o in zip(given, own, strict=True)
    )
    return wrapped(apply("broadcast_to", bare(x), whole))


def _joined(name: str) -> Method:
    return lambda tensors, dim=0: wrapped(apply(name, bare(tensors), axis=dim))


def _masked(x: Any, mask: Any, value: Any) -> Any:
    return wrapped(apply("where", bare(mask), bare(value), bare(x)))


def _gelu(x: Any, approximate: str = "none") -> Any:
    if approximate != "none":
        raise current().unsupported("gelu with approximate= is not supported in an audit")
    return x * 0.5 * (1 + FUNCTIONS["erf"](x / 2**0.5))


def _relu(x: Any, inplace: bool = False) -> Any:
    return wrapped(apply("maximum", bare(x), 0))


def _copy(x: Any, *args: Any, **options: Any) -> Any:
    return wrapped(METHODS["copy"](bare(x)))


def _itself(x: Any, *args: Any, **options: Any) -> Any:
    return x


def _real(x: Any) -> Any:
    """Truth values as numbers; a real tensor is itself."""
    return x if x.array.kind == FLOAT else wrapped(x.array.astype("float64"))


FUNCTIONS: dict[str, Method] = {
    **{name: _rule(rule) for name, rule in ({n: n for n in _SAME} | _SCALAR).items()},
    "mul": _rule("multiply"), "sub": _rule("subtract"), "div": _rule("divide"),
    "mm": _rule("matmul"), "bmm": _rule("matmul"), "mv": _rule("matmul"),
    "neg": _rule("negative"), "pow": _rule("power"),
    "rsqrt": lambda x: 1 / _rule("sqrt")(x),
    "clamp": _clamp, "clip": _clamp, "relu": _relu, "gelu": _gelu,
    "silu": lambda x, inplace=False: x * _rule("sigmoid")(x),
    "softplus": lambda x: _rule("logaddexp")(x, 0),
    "softmax": lambda x, dim=None: _rule("softmax")(x, axis=dim),
    "log_softmax": lambda x, dim=None: _rule("log_softmax")(x, axis=dim),
    "logsumexp": lambda x, dim, keepdim=False: _rule("logsumexp")(x, axis=dim, keepdims=keepdim),
    "max": _reduced("max", "maximum"), "min": _reduced("min", "minimum"),
    "var": _variance("var"), "std": _variance("std"), "norm": _rule("linalg.norm"),
    "transpose": _transpose, "t": lambda x: x.T, "permute": _shaped("transpose"),
    "reshape": _shaped("reshape"), "view": _shaped("reshape"),
    "flatten": lambda x: wrapped(apply("ravel", bare(x))),
    "unsqueeze": lambda x, dim: wrapped(apply("expand_dims", bare(x), dim)),
    "squeeze": lambda x, dim=None: wrapped(apply("squeeze", bare(x), axis=dim)),
    "expand": _expand, "expand_as": lambda x, other: _expand(x, other.shape),
    "cat": _joined("concatenate"), "concat": _joined("concatenate"), "stack": _joined("stack"),
    "gather": lambda x, dim, index: wrapped(
        apply("take_along_axis", bare(x), bare(index), axis=dim)),
    "masked_fill": _masked, "size": _size, "dim": lambda x: x.ndim,
    "numel": lambda x: x.array.size, "clone": _copy, "detach": _itself, "contiguous": _itself,
    "to": _itself, "cpu": _itself, "double": _itself, "float": _real, "type_as": _itself,
}  # fmt: skip
