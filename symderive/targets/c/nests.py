"""Nests of loops as functions of C."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...index.text import mathematics
from ...loops import nodes
from ...loops.nodes import Line, Nest, Parameter, Share, Value
from .layout import Row, Rows, braced, indented, laid_out, listing, row
from .values import UNARY, Spelling, glued

Function = Mapping[str, Any]  # its purpose, head and body

_TYPES = {
    nodes.REAL: "real", nodes.LABEL: "int64_t", nodes.INDEX: "long", nodes.COUNT: "int",
    nodes.DIVISOR: "divisor",
}  # fmt: skip
_SIGNS = {"sum": "+", "prod": "*", "or": "|"}
_LARGER = {"max": "larger", "min": "smaller"}
PURPOSE = "A share: {} from `from` to before `to`."
PARTS = "for (int part = 0; part < parts; part++)"


class Printer:
    """Writes the functions of one module, and gathers which helpers they need."""

    def __init__(self) -> None:
        self.spell = Spelling()
        self.functions: list[Function] = []
        self.streams = False
        self.name = ""

    @property
    def helpers(self) -> set[str]:
        """What the functions so far need."""
        return self.spell.helpers

    def nest(self, name: str, purpose: str, nest: Nest) -> None:
        """One more kernel, behind the functions that it calls."""
        self.name, self.streams = name, self.streams or nest.streams
        rows = [
            *self.lines(nest.opening),
            *self._workspace(nest),
            *self.lines(nest.body),
            *([row("streamed();")] if nest.streams else []),
            *([row("free(work);")] if nest.space else []),
            row("return 0;"),
        ]
        self._function(purpose, f"int {name}(", nest.parameters, rows)

    def _function(self, purpose: str, head: str, takes: tuple[Parameter, ...], rows: Rows) -> None:
        lines = laid_out([listing(head, map(declared, takes), ")")])
        body = laid_out(indented(rows))
        self.functions.append({"purpose": purpose, "head": lines, "body": body})

    def lines(self, lines: tuple[Line, ...]) -> Rows:
        """Statements, one below the other."""
        return [r for line in lines for r in _LINES[type(line)](self, line)]

    def assigned(self, target: str | Value, value: Value, sign: str = "=") -> Row:
        """`target = value;`."""
        to = (target,) if isinstance(target, str) else self.spell.write(target)
        return row(*glued(to, f" {sign}"), *glued(self.spell.write(value), ";"))

    def text(self, value: Value) -> str:
        """A value in one line."""
        return " ".join(self.spell.write(value))

    def _workspace(self, nest: Nest) -> Rows:
        if not nest.space:
            return []
        total = nodes.Sum(tuple(length for _, length in nest.space))
        size = self.spell.at(total if len(total.terms) > 1 else total.terms[0], UNARY)
        rows = [
            row(*glued("real *work = malloc(", size), "* sizeof(real));"),
            row("if (!work)"),
            *indented([row("return -1;")]),
        ]
        before: Value = nodes.Name("work")
        for name, length in nest.space:
            rows.append(self.assigned(f"real *{name}", before))
            before = nodes.Sum((nodes.Name(name), length))
        return rows

    def share(self, line: Share) -> Rows:
        """The calls of a function that does a share, which is written beforehand."""
        self.spell.helpers.add("parts")
        name = f"{self.name}_rows{line.suffix}"
        what = "rows" if line.of_rows else "elements"
        bounds = Parameter("from", nodes.INDEX), Parameter("to", nodes.INDEX)
        takes = (*line.parameters, *bounds)
        self._function(PURPOSE.format(what), f"static void {name}(", takes, self.lines(line.body))
        given = [p.name for p in line.parameters]
        made = _in_parts if line.in_parts else _shared_out
        return made(f"{name}(", given, self.text(line.count))


def declared(p: Parameter) -> str:
    """A parameter as the head of a function has it."""
    kind = _TYPES[p.kind]
    if not p.array:
        return f"{kind} {p.name}"
    return f"{'' if p.written else 'const '}{kind} *restrict {p.name}"


def _in_parts(call: str, given: list[str], count: str) -> Rows:
    """The calls, one for each part: by this thread, or by whichever is free."""
    alone = _by_one(given)
    known = [] if alone == given else [row("const int thread = omp_get_thread_num();")]
    bounds = _between("part", "parts", count)
    together = [
        row("#pragma omp parallel for num_threads(threads) schedule(dynamic)"),
        *braced(PARTS, [*known, listing(call, [*given, *bounds], ");")]),
    ]
    return _either(together, braced(PARTS, [listing(call, [*alone, *bounds], ");")]))


def _by_one(given: list[str]) -> list[str]:
    """The arguments where no other thread is there."""
    return ["0" if g == nodes.THREAD.name else g for g in given]


def _shared_out(call: str, given: list[str], count: str) -> Rows:
    """The calls: one for all rows, or one for the share of each thread."""
    who = row("const int thread = omp_get_thread_num(), team = omp_get_num_threads();")
    each = listing(call, [*given, *_between("thread", "team", count)], ");")
    together = [
        row("#pragma omp parallel num_threads(threads)"),
        row("{"), *indented([who, each]), row("}"),
    ]  # fmt: skip
    return _either(together, [listing(call, [*_by_one(given), "0", count], ");")])


def _either(together: Rows, one: Rows) -> Rows:
    return [
        row("if (threads > 1) {"), *indented(together), row("} else {"), *indented(one), row("}"),
    ]  # fmt: skip


def _between(share: str, shares: str, count: str) -> list[str]:
    return [f"start_of({share}, {shares}, {count})", f"start_of({share} + 1, {shares}, {count})"]


def _comment(p: Printer, line: nodes.Comment) -> Rows:
    s = line.equation
    number = f"    ({s.equation})" if s.equation else ""
    told = f"{mathematics(s.left)} = {mathematics(s.value, s.indices)}{number}"
    return [row(f"/* {told} */")]


def _declare(p: Printer, line: nodes.Declare) -> Rows:
    kind = f"{'const ' if line.fixed else ''}{_TYPES[line.kind]}"
    return [p.assigned(f"{kind} {line.name}", line.value)]


def _arrays(p: Printer, line: nodes.Arrays) -> Rows:
    return [listing("real ", (f"{name}[{p.text(line.length)}]" for name in line.names), ";")]


def _pointer(p: Printer, line: nodes.Pointer) -> Rows:
    return [p.assigned(f"real *{'restrict ' if line.alone else ''}{line.name}", line.value)]


def _store(p: Printer, line: nodes.Store) -> Rows:
    return [p.assigned(line.target, line.value)]


def _accumulate(p: Printer, line: nodes.Accumulate) -> Rows:
    if line.op in _SIGNS:
        return [p.assigned(line.target, line.value, f"{_SIGNS[line.op]}=")]
    pair = [p.spell.write(line.target), p.spell.write(line.value)]
    found = p.spell.call(_LARGER[line.op], pair)
    return [row(*glued(pair[0], " ="), *glued(found, ";"))]


def _if(p: Printer, line: nodes.If) -> Rows:
    return braced(f"if ({p.text(line.test)})", p.lines(line.body))


def _loop(p: Printer, line: nodes.Loop) -> Rows:
    begin, end, step = map(p.text, (line.begin, line.end, line.step))
    further = f"{line.index}++" if line.step is nodes.ONE else f"{line.index} += {step}"
    kind = _TYPES[line.kind]
    head = f"for ({kind} {line.index} = {begin}; {line.index} < {end}; {further})"
    rows = braced(head, p.lines(line.body))
    if not line.simd:
        return rows
    found: dict[str, list[str]] = {}
    for op, name in line.found:
        found.setdefault(_SIGNS.get(op, op), []).append(name)
    clause = "".join(f" reduction({sign} : {', '.join(names)})" for sign, names in found.items())
    return [row(f"#pragma omp simd{clause}"), *rows]


_LINES: dict[type[Line], Callable[[Printer, Any], Rows]] = {
    nodes.Comment: _comment,
    nodes.Declare: _declare,
    nodes.Arrays: _arrays,
    nodes.Pointer: _pointer,
    nodes.Store: _store,
    nodes.Accumulate: _accumulate,
    nodes.Do: lambda p, line: [row(*glued(p.spell.write(line.call), ";"))],
    nodes.If: _if,
    nodes.Loop: _loop,
    nodes.Share: Printer.share,
}
