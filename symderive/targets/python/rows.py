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
    found = statement(prefix, value, comment(line), indent)
    for update in line.after:
        found += _UPDATES[type(update)](line.name, update, spell, indent)
    return found


def comment(line: Line) -> str:
    """The mathematics of a line, and the number of its equation."""
    if not line.equation:
        return line.note
    return f"{line.note}    ({line.equation})" if line.note else f"({line.equation})"


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
    note = f"where finite, else 0    ({update.equation})"
    infinite, zero = call(spell.fn("isinf"), name), literal(0)
    if update.number:
        return statement(f"{name} = ", call(spell.fn("where"), infinite, zero, name), note, indent)
    return statement(f"{text(subscript(Name(name), infinite))} = ", zero, note, indent)


_UPDATES: dict[type[Update], Callable[[str, Any, Spelling, int], list[str]]] = {
    lines.AddSlice: _add_slice,
    lines.AddAt: _add_at,
    lines.SetEach: _set_each,
    lines.SetAlong: _set_along,
    lines.SetDiagonal: _set_diagonal,
    lines.ZeroWhereInfinite: _zero,
}
