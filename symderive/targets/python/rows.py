"""Lines of an array program → rows of a function."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ...arrays import lines
from ...arrays.lines import INTO, NEW, Line, Update
from ...arrays.nodes import Elementwise
from .common import each_row
from .layout import broken, statement
from .spelling import Spelling
from .syntax import Name, Slice, Syntax, call, literal, subscript, text


class Row(str):
    """A row of text. code: itself without its comment, None where it is a comment alone.  equation:
    the number that its comment says, 0 where it says none.
    """

    code: str | None
    equation: int

    @classmethod
    def of(cls, text: str, code: str | None, equation: int) -> Row:
        """A row, and what it says."""
        made = cls(text)
        made.code, made.equation = code, equation
        return made


def rows_of(several: Iterable[Line], spell: Spelling, indent: int = 4) -> list[str]:
    """The lines as rows, each with its comment."""
    return [row for line in several for row in _rows(line, spell, indent)]


def _rows(line: Line, spell: Spelling, indent: int) -> list[str]:
    value = spell.write(line.value)
    prefix = f"{line.name}{'' if line.how == NEW else '[...]'} = "
    if line.how == INTO:
        assert isinstance(line.value, Elementwise)
        function = spell.dialect.function(spell, line.value.function)
        prefix, value = "", call(function, *map(spell.write, line.value.args), out=line.name)
    found = told(prefix, value, line.note, line.equation, indent)
    for update in line.after:
        found += _UPDATES[type(update)](line.name, update, spell, indent)
    return found


def told(prefix: str, tree: Syntax, note: str, equation: int, indent: int) -> list[str]:
    """A statement with the mathematics that it computes, and the number of its equation."""
    rows = statement(prefix, tree, _comment(note, equation), indent)
    code = broken(prefix, tree, indent)
    above = [Row.of(row, None, 0) for row in rows[: len(rows) - len(code)]]
    first, *others = rows[len(above) :]
    return [*above, Row.of(first, code[0], equation), *others]


def _comment(note: str, equation: int) -> str:
    if not equation:
        return note
    return f"{note}    ({equation})" if note else f"({equation})"


_SIGNS = {"set": "=", "add": "+=", "subtract": "-="}


def _add_slice(name: str, update: lines.AddSlice, spell: Spelling, indent: int) -> list[str]:
    target = text(subscript(Name(name), *spell.items(update.items)))
    return broken(f"{target} {_SIGNS[update.sign]} ", spell.write(update.value), indent)


def _add_at(name: str, update: lines.AddAt, spell: Spelling, indent: int) -> list[str]:
    labels = spell.write(update.labels)
    where: Syntax = labels
    if update.place:
        where = subscript(Name(spell.fn("s_")), *(Slice() for _ in range(update.place)), labels)
    return broken("", call(spell.fn("add.at"), name, where, spell.write(update.value)), indent)


def _set_each(name: str, update: lines.SetEach, spell: Spelling, indent: int) -> list[str]:
    target = subscript(Name(name), *each_row(spell, spell.write(update.labels)))
    return broken(f"{text(target)} = ", spell.write(update.value), indent)


def _set_along(name: str, update: lines.SetAlong, spell: Spelling, indent: int) -> list[str]:
    where, value = spell.write(update.places), spell.write(update.value)
    done = call(spell.fn("put_along_axis"), name, where, value, axis=spell.place(update.place))
    return broken("", done, indent)


def _set_diagonal(name: str, update: lines.SetDiagonal, spell: Spelling, indent: int) -> list[str]:
    return broken("", call(spell.fn("fill_diagonal"), name, spell.write(update.value)), indent)


def _zero(name: str, update: lines.ZeroWhereInfinite, spell: Spelling, indent: int) -> list[str]:
    note = "where finite, else 0"
    infinite, zero = call(spell.fn("isinf"), name), literal(0)
    if update.number:
        chosen = call(spell.fn("where"), infinite, zero, name)
        return told(f"{name} = ", chosen, note, update.equation, indent)
    target = text(subscript(Name(name), infinite))
    return told(f"{target} = ", zero, note, update.equation, indent)


_UPDATES: dict[type[Update], Callable[[str, Any, Spelling, int], list[str]]] = {
    lines.AddSlice: _add_slice,
    lines.AddAt: _add_at,
    lines.SetEach: _set_each,
    lines.SetAlong: _set_along,
    lines.SetDiagonal: _set_diagonal,
    lines.ZeroWhereInfinite: _zero,
}
