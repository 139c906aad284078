"""Elementwise functions: NumPy's (and SciPy's) name -> the expression of one element."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from ..index import nodes
from ..index.functions import FUNCTIONS, SIDED, Function, is_positive
from ..index.nodes import HALF, ONE, Expr, call, const, num, power
from ..index.places import is_whole
from .array import BOOL, FLOAT, INT, KINDS, Array, apply, common_kind, made, view_of
from .booleans import choose
from .broadcasting import align, as_array
from .context import current
from .indeterminate import minus, over, plus, raised, reciprocal, times
from .registry import METHODS, RULES, rules
from .truths import with_truths

Element = Callable[..., Expr]
TWO = num(2)
KIND_OF = {"f": FLOAT, "i": INT, "u": INT, "b": BOOL}


def elementwise(
    function: Element, keeps_whole: bool = False, hint: str = ""
) -> Callable[..., Array]:
    """The rule that applies `function` to broadcast elements. Whole numbers stay whole where the
    function keeps them so."""

    def rule(*given: Any, **options: Any) -> Array:
        refuse(options)
        arrays = [as_array(g) for g in given]
        whole = keeps_whole and all(a.kind != FLOAT for a in arrays)
        values, axes = align(*arrays)
        return made(function(*values), axes, INT if whole else FLOAT, hint)

    return rule


def refuse(options: dict[str, Any]) -> None:
    """Accept what changes only storage; refuse what changes the value."""
    for name, value in options.items():
        if name in ("dtype", "casting", "order", "subok", "copy") or (
            name == "where" and value is True
        ):
            continue
        if value is not None:
            raise current().unsupported(f"the argument {name}= is not supported here")


def _sinc(a: Expr) -> Expr:
    """sin(π a) / (π a), and 1 where a is 0."""
    turns = const("pi") * a
    there = nodes.bracket("ne", a, 0) * call("sin", turns) / turns
    return nodes.bracket("eq", a, 0) + there


def _of_counts(rule: Callable[..., Array]) -> Callable[..., Array]:
    """The rule of a division with whole results, which NumPy takes as 0 where it is by a 0."""

    def divided_by(a: Any, b: Any, **options: Any) -> Array:
        result = rule(a, b, **options)
        divisor = as_array(b).value
        if result.kind == FLOAT or not divisor.tensors or is_positive(divisor):
            return result
        return where(apply("not_equal", b, 0), result, 0)

    return divided_by


def _floor_divide(a: Expr, b: Expr) -> Expr:
    """⌊a / b⌋, exact where every term of a holds the divisor."""
    quotient = over(a, b)
    whole = divided(a, b)
    if whole is not None:
        return whole
    plain = is_whole(a) and is_whole(b)
    return call("floor", quotient) if plain else call("floor_divide", a, b)


def divided(a: Expr, b: Expr) -> Expr | None:
    """a / b of lengths, where it is certainly a whole number."""
    terms = a.args if isinstance(a, nodes.Add) else (a,)
    parts = [t / b for t in terms]
    return nodes.add(*parts) if all(_whole(p) for p in parts) else None


def _whole(part: Expr) -> bool:
    factors = part.args if isinstance(part, nodes.Mul) else (part,)
    return all(
        isinstance(f, (nodes.Size, nodes.Idx))
        or (isinstance(f, nodes.Num) and f.value.denominator == 1)
        or (
            isinstance(f, nodes.Pow)
            and isinstance(f.args[1], nodes.Num)
            and f.args[1].value > 0
            and _whole(f.args[0])
        )
        for f in factors
    )


def _remainder(a: Expr, b: Expr) -> Expr:
    whole = isinstance(b, nodes.Size) or (isinstance(b, nodes.Num) and 0 < b.value == b.value // 1)
    if whole and a.free and not a.tensors and is_whole(a):
        return nodes.mod(a, b)  # places: np.arange(n) % 2
    if is_whole(a) and is_whole(b):
        return a - b * _floor_divide(a, b)
    return over(a, b) if b is nodes.ZERO else call("remainder", a, b)


def absolute(value: Expr) -> Expr:
    """|value|."""
    return num(abs(value.value)) if isinstance(value, nodes.Num) else call("abs", value)


def simple(name: str) -> Element:
    """The function of this name in the table of scalar functions."""
    function = FUNCTIONS[name]

    def apply(*args: Expr) -> Expr:
        if len(args) != function.arity:
            raise current().wrong(f"{name} takes {function.arity} arguments here, not {len(args)}")
        written = function.definition if function.abbreviates else None
        return written(*args) if written else call(name, *args)

    return apply


def _extreme(name: str) -> Element:
    def pick(a: Expr, b: Expr) -> Expr:
        if isinstance(a, nodes.Num) and isinstance(b, nodes.Num):
            return max(a, b, key=_value) if name == "maximum" else min(a, b, key=_value)
        return a if a is b else call(name, a, b)

    return pick


def _value(expr: Expr) -> Fraction:
    assert isinstance(expr, nodes.Num)
    return expr.value


def clip(
    a: Any, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None, **options: Any
) -> Array:
    """min(max(a, low), high)."""
    refuse(options)
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    result = copy(a)
    if low is not None:
        result = apply("maximum", result, low)
    return result if high is None else apply("minimum", result, high)


def where(condition: Any, x: Any = None, y: Any = None) -> Array:
    """x where the condition holds, else y."""
    if x is None or y is None:
        raise current().unsupported(
            "np.where(condition) alone gives positions; write np.where(condition, x, y)"
        )
    condition, x, y = METHODS["as_truth"](as_array(condition)), as_array(x), as_array(y)
    (c, a, b), axes = align(condition, x, y)
    return made(choose(c, a, b), axes, common_kind([x, y]), "where")


def astype(array: Array, dtype: Any, **options: Any) -> Array:
    """The same numbers; a float type makes whole numbers and truth values real."""
    import numpy as np

    kind = np.dtype(dtype).kind
    if options.get("copy", True) is not True and KIND_OF.get(kind) == array.kind:
        return itself(array)
    if kind == "f":
        return made(array.value, array.axes, FLOAT)
    if kind == "b" and array.kind != BOOL:
        return apply("not_equal", array, 0)
    if array.kind == FLOAT or kind not in "iub":
        raise current().unsupported(f"astype({np.dtype(dtype)}) of real values is not supported")
    return Array(array.value, array.axes, BOOL if kind == "b" else INT)


def itself(array: Array) -> Array:
    """The array itself, where NumPy need not convert it."""
    return view_of(array, lambda a: a, lambda a, new: new, sure=False)


def copy(a: Any, **options: Any) -> Array:
    """The same values in new storage."""
    a = as_array(a)
    return Array(a.value, a.axes, a.kind)


_UNCLEAR = (
    "this changed in place under another name: a number stays, and an array without axes changes; "
    "give the result a name of its own, as in t = s + 1"
)


def update(array: Array, new: Array) -> Array:
    """`array op= other`: the array itself changes, for everybody who holds it. A number does not:
    the name stands for another one from then on."""
    number = False if array.axes else METHODS["is_number"](array)
    if number is None:
        array.unclear(current().unsupported(_UNCLEAR))
    if number is not False:
        return new
    if new.layout != array.layout:
        raise current().wrong(
            f"an array of dims {array.described()} cannot be updated in place "
            f"with {new.described()}"
        )
    if KINDS.index(new.kind) > KINDS.index(array.kind):
        raise current().wrong(
            "whole numbers cannot hold a real result in place, nor truth values a number"
        )
    array.store(new)
    return array


rules(
    with_truths(
        {
            # arithmetic
            "add": elementwise(plus, True),
            "subtract": elementwise(minus, True),
            "multiply": elementwise(times, True),
            "divide": elementwise(over),
            "true_divide": elementwise(over),
            "floor_divide": _of_counts(elementwise(_floor_divide, True)),
            "remainder": _of_counts(elementwise(_remainder, True)),
            "mod": _of_counts(elementwise(_remainder, True)),
            "fmod": _of_counts(elementwise(simple("fmod"), True)),
            "power": elementwise(raised, True, "power"),
            "float_power": elementwise(raised, False, "power"),
            "pow": elementwise(raised, True, "power"),
            "negative": elementwise(lambda a: -a, True),
            "positive": elementwise(lambda a: a, True),
            "square": elementwise(lambda a: power(a, TWO), True),
            "reciprocal": elementwise(reciprocal),
            "sqrt": elementwise(nodes.sqrt, hint="sqrt"),
            "cbrt": elementwise(
                lambda a: call("sign", a) * power(absolute(a), num(Fraction(1, 3))), hint="cbrt"
            ),
            "deg2rad": elementwise(lambda a: a * const("pi") / 180),
            "radians": elementwise(lambda a: a * const("pi") / 180),
            "rad2deg": elementwise(lambda a: a * 180 / const("pi")),
            "degrees": elementwise(lambda a: a * 180 / const("pi")),
            # exponentials and logarithms
            "exp2": elementwise(lambda a: call("exp", a * call("log", TWO)), hint="exp"),
            "log2": elementwise(lambda a: call("log", a) / call("log", TWO), hint="log"),
            "log10": elementwise(lambda a: call("log", a) / call("log", 10), hint="log"),
            "expit": elementwise(simple("sigmoid"), hint="sigmoid"),
            "log_expit": elementwise(
                lambda a: -call("logaddexp", nodes.ZERO, -a), hint="logaddexp"
            ),
            "logit": elementwise(lambda a: call("log", a / (1 - a)), hint="log"),
            "sinc": elementwise(_sinc, hint="sin"),
            "ndtr": elementwise(lambda a: HALF * call("erfc", -a / nodes.sqrt(TWO)), hint="erf"),
            # without a derivative in the usual sense
            "absolute": elementwise(absolute, True, "abs"),
            "abs": elementwise(absolute, True, "abs"),
            "fabs": elementwise(absolute, False, "abs"),
            "maximum": elementwise(_extreme("maximum"), True, "maximum"),
            "minimum": elementwise(_extreme("minimum"), True, "minimum"),
            "rint": elementwise(simple("round"), hint="round"),
            "round": lambda a, decimals=0, **o: _round(a, decimals),
            "clip": clip,
            "where": where,
            "copysign": elementwise(lambda a, b: absolute(a) * call("copysign", ONE, b)),
            "fix": elementwise(simple("trunc")),
            "heaviside": elementwise(simple("heaviside"), hint="where"),
            "copy": copy,
            "astype": astype,
        }
    )
)


def callable_by_name(function: Function) -> None:
    """A forward may call a function by its name, and by that of other libraries."""
    rule = elementwise(simple(function.name), hint=function.name)
    for name in filter(None, dict.fromkeys((function.name, function.library))):
        if name not in RULES:
            rules(with_truths({name: rule}))


for _function in FUNCTIONS.values():
    if _function.name != SIDED:
        callable_by_name(_function)


def _round(a: Any, decimals: int) -> Array:
    if decimals:
        raise current().unsupported("rounding to decimals is not supported")
    return apply("rint", a)


METHODS.update({"update": update, "astype": astype, "copy": copy})
