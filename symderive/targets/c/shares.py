"""What one thread does, as a function: a share of the rows. Few rows are one share, for which no
thread is started; that alone would take longer than they do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .blocks import Lines, indented, local_name
from .kernel import Kernel, ctype, wrapped, wrapped_rows
from .lower import ACROSS, TOP

Spaces = list[tuple[str, str]]
PURPOSE = "The share of one thread: {} from `from` to before `to`."


def share(k: Kernel, name: str, rows: Lines, spaces: Spaces) -> Lines:
    """Put the rows into a function of the kernel; the arguments that it takes, but for the share.

    spaces: the arrays for all threads that it may use, with their lengths.
    """
    text = re.sub(r"/\*.*?\*/", "", "\n".join(rows))
    used = set(re.findall(r"[A-Za-z_]\w*", text))
    known = {n: declared for n, declared in _names(k, spaces) if n in used}
    range_ = ["long from", "long to"] if "thread" not in used else _RANGE
    head = wrapped(f"static void {name}(", [*known.values(), *range_], ")")
    k.shares.append(
        {
            "purpose": PURPOSE.format("elements" if k.flat else "rows"),
            "head": head,
            "body": wrapped_rows(indented(rows)),
        }
    )
    return [*known, *(["thread"] if "thread" in used else [])]


_RANGE = ["int thread", "long from", "long to"]


def shared_out(name: str, given: Lines, count: str) -> Lines:
    """The calls: one for all rows, or one for the share of each thread."""
    alone = ["0" if g == "thread" else g for g in given]
    bounds = f"from = {count} * thread / team, to = {count} * (thread + 1) / team"
    return [
        "if (threads > 1) {",
        "    #pragma omp parallel num_threads(threads)",
        "    {",
        "        const int thread = omp_get_thread_num(), team = omp_get_num_threads();",
        f"        const long {bounds};",
        *indented(indented(wrapped(f"{name}(", [*given, "from", "to"], ");"))),
        "    }",
        "} else {",
        *indented(wrapped(f"{name}(", [*alone, "0", count.strip("()")], ");")),
        "}",
    ]


def _names(k: Kernel, spaces: Spaces) -> Iterator[tuple[str, str]]:
    """Everything that the rows may use, with its declaration."""
    for tensor in k.reads:
        name = k.words.tensor(tensor)
        yield name, f"const {ctype(tensor)} *restrict {name}"
    own = [t for t in k.low.arrays if t not in k.low.results]
    names = [k.words.tensor(t) for t in (*k.low.results, *own)]
    for name in (*names, *(name for name, _ in spaces)):
        yield name, f"real *restrict {name}"
    for tensor in k.numbers:
        yield k.words.tensor(tensor), f"real {k.words.tensor(tensor)}"
    for s in k.low.statements:
        if k.low.kinds[s.tensor] in (TOP, ACROSS) and not s.tensor.dims:
            yield local_name(k, s), f"real {local_name(k, s)}"
    for name in k.lengths.values():
        yield name, f"long {name}"
    yield "wide", "long wide"
    yield "far", "int far"
