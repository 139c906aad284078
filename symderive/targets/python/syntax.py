"""Python expressions as trees, and their text; parentheses stand where Python needs them.

The functions in small letters build trees; `Parens` is only made by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

COMPARE, BITS, ADD, MUL, NEGATIVE, POWER, ATOM = range(1, 8)  # how tightly an expression binds
_LEVELS = {
    **dict.fromkeys((">", ">=", "<", "<=", "==", "!="), COMPARE), "&": BITS, "+": ADD, "-": ADD,
    **dict.fromkeys(("*", "/", "@", "//", "%"), MUL), "**": POWER,
}  # fmt: skip


@dataclass(frozen=True)
class Name:
    """A name, with dots in it or not, or any other text that nothing breaks."""

    code: str


@dataclass(frozen=True)
class Literal:
    """A number that is not negative, or a string."""

    code: str


@dataclass(frozen=True)
class Parens:
    """An expression in parentheses."""

    inside: Syntax


@dataclass(frozen=True)
class Negative:
    """`-operand`."""

    operand: Syntax


@dataclass(frozen=True)
class Binary:
    """`left sign right`."""

    sign: str
    left: Syntax
    right: Syntax

    @property
    def level(self) -> int:
        """How tightly it binds."""
        return _LEVELS[self.sign]


@dataclass(frozen=True)
class Call:
    """`function(*args, **options)`."""

    function: Syntax
    args: tuple[Syntax, ...]
    options: tuple[tuple[str, Syntax], ...] = ()


@dataclass(frozen=True)
class Member:
    """`value.name`."""

    value: Syntax
    name: str


@dataclass(frozen=True)
class Subscript:
    """`value[items]`."""

    value: Syntax
    items: tuple[Syntax, ...]


@dataclass(frozen=True)
class Slice:
    """`begin:end:step`, each of which may be missing."""

    begin: Syntax | None = None
    end: Syntax | None = None
    step: Syntax | None = None


@dataclass(frozen=True)
class Star:
    """`*value`, in a row of items."""

    value: Syntax


@dataclass(frozen=True)
class Row:
    """A tuple; a list where `ends` are square brackets; without brackets where there are none."""

    items: tuple[Syntax, ...]
    ends: str = "()"


Syntax = (
    Name | Literal | Parens | Negative | Binary | Call | Member | Subscript | Slice | Star | Row
)


def name(code: str) -> Name:
    """A name."""
    return Name(code)


def literal(value: float | int) -> Syntax:
    """A number as short as Python reads it back."""
    return Negative(Literal(repr(-value))) if value < 0 else Literal(repr(value))


def call(function: str | Syntax, *args: str | Syntax, **options: str | Syntax) -> Call:
    """A call; a string is a name."""
    given = tuple((key, _named(value)) for key, value in options.items())
    return Call(_named(function), tuple(map(_named, args)), given)


def _named(value: str | Syntax) -> Syntax:
    return Name(value) if isinstance(value, str) else value


def row(*items: str | Syntax) -> Row:
    """A tuple; a string is a name."""
    return Row(tuple(map(_named, items)))


def member(value: Syntax, name: str) -> Member:
    """`value.name`."""
    return Member(at(value, ATOM), name)


def subscript(value: Syntax, *items: Syntax) -> Subscript:
    """`value[items]`."""
    return Subscript(at(value, ATOM), items)


def negative(operand: Syntax) -> Syntax:
    """`-operand`; a power in parentheses, as formatters have it."""
    power = isinstance(operand, Binary) and operand.level == POWER
    return Negative(Parens(operand) if power else at(operand, NEGATIVE))


def binary(sign: str, left: Syntax, right: Syntax) -> Binary:
    """`left sign right`, grouped to the left."""
    level = _LEVELS[sign]
    if sign == "**":
        return Binary(sign, at(left, ATOM), at(right, NEGATIVE))
    if sign == "%":
        return Binary(sign, at(left, POWER), at(right, POWER))
    if level == COMPARE:
        return Binary(sign, at(left, BITS), at(right, BITS))
    return Binary(sign, at(left, level), at(right, level + 1))


def binding(tree: Syntax) -> int:
    """How tightly an expression binds."""
    if isinstance(tree, Binary):
        return tree.level
    return NEGATIVE if isinstance(tree, Negative) else ATOM


def at(tree: Syntax, level: int) -> Syntax:
    """The expression, in parentheses where it binds less tightly than `level`."""
    return tree if binding(tree) >= level else Parens(tree)


@singledispatch
def text(tree: Syntax) -> str:
    """The expression in one line."""
    raise TypeError(f"no syntax: {tree!r}")


@text.register
def _(tree: Name | Literal) -> str:
    return tree.code


@text.register
def _(tree: Parens) -> str:
    return f"({text(tree.inside)})"


@text.register
def _(tree: Negative) -> str:
    return f"-{text(tree.operand)}"


@text.register
def _(tree: Binary) -> str:
    gap = "" if tree.sign == "**" and all(map(is_simple, (tree.left, tree.right))) else " "
    return f"{text(tree.left)}{gap}{tree.sign}{gap}{text(tree.right)}"


def is_simple(tree: Syntax) -> bool:
    """True for what formatters write without blanks around `**` and the colon of a slice."""
    if isinstance(tree, Negative):
        return is_simple(tree.operand)
    return isinstance(tree, (Name, Literal)) or (isinstance(tree, Member) and is_simple(tree.value))


@text.register
def _(tree: Call) -> str:
    return f"{text(tree.function)}({', '.join(f'{key}{text(a)}' for key, a in items_of(tree))})"


def items_of(tree: Call) -> list[tuple[str, Syntax]]:
    """The arguments of a call, each with the `key=` before it."""
    return [*(("", a) for a in tree.args), *((f"{key}=", a) for key, a in tree.options)]


@text.register
def _(tree: Member) -> str:
    return f"{text(tree.value)}.{tree.name}"


@text.register
def _(tree: Subscript) -> str:
    return f"{text(tree.value)}[{', '.join(map(text, tree.items))}]"


@text.register
def _(tree: Slice) -> str:
    sides = [tree.begin, tree.end]
    begin, end = (text(side) if side else "" for side in sides)
    apart = not all(side is None or _is_bare(side) for side in sides)
    colon = f"{' ' if apart and begin else ''}:{' ' if apart and end else ''}"
    return f"{begin}{colon}{end}{f':{text(tree.step)}' if tree.step else ''}"


def _is_bare(side: Syntax) -> bool:
    """A name or a number, perhaps with a sign: what stands close to a colon."""
    return is_simple(side) and not isinstance(side, Member)


@text.register
def _(tree: Star) -> str:
    return f"*{text(tree.value)}"


@text.register
def _(tree: Row) -> str:
    comma = "," if tree.ends == "()" and len(tree.items) == 1 else ""
    return f"{tree.ends[:1]}{', '.join(map(text, tree.items))}{comma}{tree.ends[1:]}"
