"""The generator's moves: each writes one more line of NumPy, or returns None where it cannot."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from .functions import EVEN, FALLING, NEEDS_POSITIVE, RISING
from .values import UNIT, Chooser, Value, broadcast, length

Move = Callable[[Chooser, Sequence[Value]], Value | None]


def _any(c: Chooser, pool: Sequence[Value], at_least: int = 0) -> Value | None:
    fits = [v for v in pool if v.rank >= at_least and v.domain != "labels"]
    return c.pick(fits[-2:] if c.chance(50) else fits) if fits else None


def unary(c: Chooser, pool: Sequence[Value]) -> Value | None:
    """A function of each element."""
    u = _any(c, pool)
    if u is None:
        return None
    options: list[tuple[str, float, float, bool]] = []
    for text, least, most, f, sure in RISING:
        if least <= u.low and u.high <= most and (u.positive or text not in NEEDS_POSITIVE):
            options.append(
                (
                    text,
                    f(u.low),
                    f(u.high),
                    sure or (u.positive and text in ("2 * {0} + 1", "{0} ** 3")),
                )
            )
    for text, most, f, sure in EVEN:
        if u.size <= most:
            least = 0.0 if u.low <= 0 <= u.high else min(abs(u.low), abs(u.high))
            low, high = sorted((f(least), f(u.size)))
            options.append((text, low, high, sure or u.positive))
    for text, least, most, f, sure in FALLING:
        if least <= u.low and u.high <= most and (u.positive or least < 0):
            options.append((text, f(u.high), f(u.low), sure))
    options += [("np.sin({0})", -1, 1, False), ("np.cos({0})", -1, 1, False)]
    text, low, high, sure = c.pick(options)
    return Value(u.dims, low, high, sure, text, (u,))


def binary(c: Chooser, pool: Sequence[Value]) -> Value | None:
    """Two operands that broadcast, with an axis inserted where they would not."""
    u, v = _any(c, pool), _any(c, pool)
    if u is None or v is None:
        return None
    left, right, dims = _aligned(u, v)
    if dims is None or len(dims) > 4:
        return None
    a, b = left.format("{0}"), right.format("{1}")
    products = [p * q for p in (u.low, u.high) for q in (v.low, v.high)]
    both = u.positive and v.positive
    options = [
        (f"{a} + {b}", u.low + v.low, u.high + v.high, both),
        (f"{a} - {b}", u.low - v.high, u.high - v.low, False),
        (f"{a} * {b}", min(products), max(products), both),
        (f"np.where({a} > 0.4, {a}, {b})", min(u.low, v.low), max(u.high, v.high), both),
        (
            f"np.where({a} <= 0.7, {a} * {b}, {b})",
            min(*products, v.low),
            max(*products, v.high),
            both,
        ),
    ]
    if u is not v:
        options.append(
            (
                f"np.maximum({a}, {b})",
                max(u.low, v.low),
                max(u.high, v.high),
                u.positive or v.positive,
            )
        )
        options.append((f"np.minimum({a}, {b})", min(u.low, v.low), min(u.high, v.high), both))
        options.append(
            (f"np.logaddexp({a}, {b})", min(u.low, v.low), max(u.high, v.high) + 0.7, False)
        )
    if v.positive and v.low > 0.1:
        ends = [p / q for p in (u.low, u.high) for q in (v.low, v.high)]
        options.append((f"{a} / {b}", min(ends), max(ends), both))
    if u.positive and u.low > 0.05 and u.high < 9 and v.size <= 2:
        powers = [p**q for p in (u.low, u.high) for q in (v.low, v.high)]
        options.append((f"{a} ** {b}", min(powers), max(powers), True))
    text, low, high, sure = c.pick(options)
    return Value(dims, low, high, sure, text, (u, v))


def _aligned(u: Value, v: Value) -> tuple[str, str, tuple[str, ...] | None]:
    dims = broadcast(u.dims, v.dims)
    if dims is not None:
        return "{0}", "{0}", dims
    if u.rank == 2 and v.rank == 1 and u.dims[0] == v.dims[0]:
        return "{0}", "{0}[:, None]", u.dims
    if u.rank == 2 and u.dims[::-1] == v.dims:
        return "{0}", "{0}.T", u.dims
    if u.rank == 1 and v.rank == 1:
        return "{0}[:, None]", "{0}[None, :]", u.dims + v.dims
    if u.rank == 1 and v.rank <= 2 and v.rank:
        return "{0}", "{0}[..., None]", broadcast(u.dims, (*v.dims, UNIT))
    return "", "", None


def reduction(c: Chooser, pool: Sequence[Value]) -> Value | None:
    """A reduction over one axis, several or all, as a function or as a method."""
    u = _any(c, pool, 1)
    if u is None:
        return None
    axes = c.pick(
        [(a,) for a in range(u.rank)]
        + [tuple(range(u.rank))]
        + ([(0, u.rank - 1)] if u.rank > 2 else [])
    )
    whole = len(axes) == u.rank and c.chance(50)
    keep = c.chance(50)
    count = math.prod(length(u.dims[a]) for a in axes)
    spelled = axes[0] - (u.rank if c.chance(50) else 0) if len(axes) == 1 else axes
    inside = ", ".join(([] if whole else [f"axis={spelled}"]) + (["keepdims=True"] if keep else []))
    dims = tuple(UNIT if a in axes else d for a, d in enumerate(u.dims) if keep or a not in axes)
    spread = (u.high - u.low) ** 2
    options = [
        ("sum", count * u.low, count * u.high, u.positive),
        ("mean", u.low, u.high, u.positive),
        ("max", u.low, u.high, u.positive),
        ("min", u.low, u.high, u.positive),
        ("var", 0.0, spread, False),
    ]
    if u.positive and u.low > 0.1 and u.size <= 2.5 and count <= 4:
        options.append(("prod", min(u.low**count, u.low), max(u.high**count, u.high), True))
    name, low, high, sure = c.pick(options)
    comma = ", " if inside else ""
    text = f"{{0}}.{name}({inside})" if c.chance(30) else f"np.{name}({{0}}{comma}{inside})"
    return Value(dims, low, high, sure, text, (u,))


def scan(c: Chooser, pool: Sequence[Value]) -> Value | None:
    """A running total."""
    u = _any(c, pool, 1)
    if u is None:
        return None
    axis = c.pick(range(u.rank))
    if "*" in u.dims[axis] and not c.chance(20):
        return None  # rare in what people write
    n = length(u.dims[axis])
    low, high = min(u.low, n * u.low), max(u.high, n * u.high)
    return Value(u.dims, low, high, u.positive, f"np.cumsum({{0}}, axis={axis})", (u,))


def product(c: Chooser, pool: Sequence[Value]) -> Value | None:
    """A matrix product in one of its spellings."""
    u, v = _any(c, pool, 1), _any(c, pool, 1)
    if u is None or v is None or u.rank > 2 or v.rank > 2:
        return None
    options: list[tuple[str, tuple[str, ...], str]] = []
    last, first = u.dims[-1], v.dims[0]
    if last == first:
        for text in (
            "{0} @ {1}",
            "np.dot({0}, {1})",
            "np.matmul({0}, {1})",
            "np.tensordot({0}, {1}, axes=1)",
        ):
            options.append((text, u.dims[:-1] + v.dims[1:], last))
    if u.rank == v.rank == 2 and u.dims[1] == v.dims[1]:
        options.append(("{0} @ {1}.T", (u.dims[0], v.dims[0]), last))
        options.append(("np.einsum('ik,jk->ij', {0}, {1})", (u.dims[0], v.dims[0]), last))
        options.append(("np.einsum('ik,jk->ji', {0}, {1})", (v.dims[0], u.dims[0]), last))
    if u.rank == v.rank == 2 and u.dims[0] == v.dims[0]:
        options.append(("{0}.T @ {1}", (u.dims[1], v.dims[1]), u.dims[0]))
    if u.rank == v.rank == 2 and u.dims == v.dims:
        options.append(("np.einsum('ij,ij->i', {0}, {1})", u.dims[:1], u.dims[1]))
    if u.rank == v.rank == 1:
        options.append(("np.outer({0}, {1})", u.dims + v.dims, ""))
    options = [o for o in options if UNIT not in (*u.dims, *v.dims)]
    if not options:
        return None
    text, dims, over = c.pick(options)
    ends = [p * q * (length(over) if over else 1) for p in (u.low, u.high) for q in (v.low, v.high)]
    return Value(dims, min(ends), max(ends), u.positive and v.positive, text, (u, v))


def view(c: Chooser, pool: Sequence[Value]) -> Value | None:
    """The same numbers in another shape: transposed, sliced, with more axes or merged ones."""
    u = _any(c, pool, 1)
    if u is None:
        return None
    first, rest = u.dims[0], u.dims[1:]
    options = [
        ("{0}[None]", (UNIT, *u.dims)),
        ("{0}[..., None]", (*u.dims, UNIT)),
        ("np.expand_dims({0}, 0)", (UNIT, *u.dims)),
    ]
    if length(first) >= 3:
        options += [("{0}[1:]", (f"{first}-1", *rest)), ("{0}[:-1]", (f"{first}-1", *rest))]
    if length(first) >= 2:
        options += [
            ("{0}[0]", rest),
            ("{0}[-1]", rest),
            ("{0}[:2]", ("2", *rest)),
            ("{0}[::-1]", u.dims),
        ]
        options += [("{0}[..., 1]", u.dims[:-1])] if length(u.dims[-1]) >= 2 else []
    if u.rank > 1:
        options += [
            ("{0}.T", u.dims[::-1]),
            ("np.swapaxes({0}, 0, -1)", (u.dims[-1], *u.dims[1:-1], first)),
        ]
        options += [
            ("np.moveaxis({0}, 0, -1)", (*rest, first)),
            ("np.transpose({0})", u.dims[::-1]),
        ]
        if UNIT not in u.dims:
            options += [
                ("{0}.reshape(-1)", ("*".join(u.dims),)),
                ("{0}.ravel()", ("*".join(u.dims),)),
            ]
    if u.rank == 2 and first == u.dims[1]:
        options += [("np.diagonal({0})", (first,))]
    text, dims = c.pick([o for o in options if len(o[1]) <= 4])
    return Value(dims, u.low, u.high, u.positive, text, (u,), owned=False)


def joined(c: Chooser, pool: Sequence[Value]) -> Value | None:
    """Two arrays end to end, or one above the other."""
    u, v = _any(c, pool, 1), _any(c, pool, 1)
    if u is None or v is None or u.dims[1:] != v.dims[1:]:
        return None
    low, high, sure = min(u.low, v.low), max(u.high, v.high), u.positive and v.positive
    if u.dims == v.dims and c.chance(40):
        return Value(("2", *u.dims), low, high, sure, "np.stack([{0}, {1}])", (u, v))
    if UNIT in (u.dims[0], v.dims[0]):
        return None
    dims = (f"{u.dims[0]}+{v.dims[0]}", *u.dims[1:])
    return Value(dims, low, high, sure, "np.concatenate([{0}, {1}], axis=0)", (u, v))


def normalised(c: Chooser, pool: Sequence[Value]) -> Value | None:
    """The compositions that people write most: softmax, centring, norms."""
    u = _any(c, pool, 1)
    if u is None:
        return None
    axis = c.pick(range(u.rank))
    n = length(u.dims[axis])
    over = f"axis={axis - u.rank if c.chance(50) else axis}, keepdims=True"
    spread = u.high - u.low
    options = [(f"{{0}} - np.mean({{0}}, {over})", -spread, spread, False)]
    root = math.sqrt(n)
    options.append((f"{{0}} / np.sqrt(np.sum({{0}} ** 2, {over}) + 0.1)", -1, 1, False))
    options.append((f"{{0}} / np.sqrt(np.mean({{0}} ** 2, {over}) + 0.1)", -root, root, False))
    options.append(
        (f"({{0}} - {{0}}.mean({over})) / np.sqrt({{0}}.var({over}) + 0.1)", -root, root, False)
    )
    if u.size <= 20:
        options.append(
            (f"np.exp({{0}}) / np.sum(np.exp({{0}}), {over})", math.exp(-2 * u.size) / n, 1, True)
        )
        options.append(
            (f"{{0}} - np.log(np.sum(np.exp({{0}}), {over}))", -spread - math.log(n), 0, False)
        )
        options.append((f"soft({{0}}, {axis - u.rank})", math.exp(-2 * u.size) / n, 1, True))
    if u.positive and u.low > 0.05:
        options.append((f"{{0}} / np.sum({{0}}, {over})", u.low / (n * u.high), 1, True))
    text, low, high, sure = c.pick(options)
    return Value(u.dims, low, high, sure, text, (u,))


def in_place(c: Chooser, pool: Sequence[Value]) -> Value | None:
    """`u += v` and its friends, on an array that nothing else sees."""
    mine = [v for v in pool if v.owned and v.text and v.domain != "labels"]
    if not mine:
        return None
    u, v = c.pick(mine), _any(c, pool)
    if v is None or v is u or broadcast(u.dims, v.dims) != u.dims:
        return Value(
            u.dims, 2 * min(u.low, 0), 2 * max(u.high, 0), u.positive, "{0} *= 2", (u,), writes=True
        )
    ends = [p * q for p in (u.low, u.high) for q in (v.low, v.high)]
    both = u.positive and v.positive
    options = [
        ("{0} += {1}", u.low + v.low, u.high + v.high, both),
        ("{0} -= {1}", u.low - v.high, u.high - v.low, False),
        ("{0} *= {1}", min(ends), max(ends), both),
    ]
    if v.positive and v.low > 0.1:
        ends = [p / q for p in (u.low, u.high) for q in (v.low, v.high)]
        options.append(("{0} /= {1}", min(ends), max(ends), both))
    text, low, high, sure = c.pick(options)
    return Value(u.dims, low, high, sure, text, (u, v), writes=True)


def sized(c: Chooser, pool: Sequence[Value]) -> Value | None:
    """A length used as a number."""
    u = _any(c, pool, 1)
    if u is None:
        return None
    text = c.pick(
        [
            "{0} / {0}.shape[-1]",
            "{0} / len({0})",
            "{0} * {0}.shape[0]",
            "{0} / {0}.size",
            "{0} / np.sqrt({0}.shape[0])",
        ]
    )
    most = 5.0 if "*" in text else 1.0
    low = u.low / 100 if u.low > 0 else u.low * most
    return Value(u.dims, low, u.high * most if u.high > 0 else u.high / 100, u.positive, text, (u,))


def labelled(c: Chooser, pool: Sequence[Value]) -> Value | None:
    """An element of each row, by label."""
    labels = [v for v in pool if v.domain == "labels"]
    rows = [v for v in pool if v.dims == ("b", "n")]
    tables = [v for v in pool if v.dims[:1] == ("n",)]
    if not labels or not (rows or tables):
        return None
    t = labels[0]
    if rows and (not tables or c.chance(60)):
        u = c.pick(rows)
        text, dims = c.pick([
            ("{0}[np.arange(len({1})), {1}]", ("b",)),
            ("np.take_along_axis({0}, {1}[:, None], axis=1)", ("b", UNIT)),
        ])  # fmt: skip
    else:
        u = c.pick(tables)
        text, dims = "{0}[{1}]", ("b", *u.dims[1:])
    return Value(dims, u.low, u.high, u.positive, text, (u, t))


# The commoner ones stand here more than once.
MOVES: tuple[Move, ...] = (
    *(unary, binary, reduction, normalised) * 2,
    *(binary, product, view, in_place, scan, joined, sized, labelled),
)
