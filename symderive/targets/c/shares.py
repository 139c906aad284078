"""What is done at once, as a function: a share of the rows. Few rows are one share, for which no
thread is started; that alone would take longer than they do.

Sums over rows are made of parts, whose number the lengths alone decide, so that any number of
threads gives the same bits. Other rows are divided among the threads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...loops.lower import ACROSS, TOP
from .blocks import Lines, indented, local_name
from .kernel import Kernel, ctype, wrapped, wrapped_rows

Spaces = list[tuple[str, str]]
PURPOSE = "A share: {} from `from` to before `to`."
NUMBERS = ("part", "thread")  # of the share, and of who does it

PARTS = "for (int part = 0; part < parts; part++)"


def share(k: Kernel, name: str, rows: Lines, spaces: Spaces) -> Lines:
    """Put the rows into a function of the kernel; the arguments that it takes, but for the share.

    spaces: the arrays for all threads that it may use, with their lengths.
    """
    text = re.sub(r"/\*.*?\*/", "", "\n".join(rows))
    used = set(re.findall(r"[A-Za-z_]\w*", text))
    known = {n: declared for n, declared in _names(k, spaces) if n in used}
    numbers = [n for n in NUMBERS if n in used]
    range_ = [*(f"int {n}" for n in numbers), "long from", "long to"]
    head = wrapped(f"static void {name}(", [*known.values(), *range_], ")")
    k.shares.append(
        {
            "purpose": PURPOSE.format("elements" if k.flat else "rows"),
            "head": head,
            "body": wrapped_rows(indented(rows)),
        }
    )
    return [*known, *numbers]


def in_parts(name: str, given: Lines, count: str) -> Lines:
    """The calls, one for each part: by this thread, or by whichever is free."""
    alone = ["0" if g == "thread" else g for g in given]
    known = ["const int thread = omp_get_thread_num();"] if "thread" in given else []
    bounds = _between("part", "parts", count)
    call = [*known, *wrapped(f"{name}(", [*given, *bounds], ");", 3)]
    return [
        "if (threads > 1) {",
        "    #pragma omp parallel for num_threads(threads) schedule(dynamic)",
        f"    {PARTS}{' {' if known else ''}",
        *indented(indented(call)),
        *(["    }"] if known else []),
        "} else {",
        f"    {PARTS}",
        *indented(indented(wrapped(f"{name}(", [*alone, *bounds], ");", 3))),
        "}",
    ]


def shared_out(name: str, given: Lines, count: str) -> Lines:
    """The calls: one for all rows, or one for the share of each thread."""
    alone = ["0" if g == "thread" else g for g in given]
    bounds = _between("thread", "team", count)
    return [
        "if (threads > 1) {",
        "    #pragma omp parallel num_threads(threads)",
        "    {",
        "        const int thread = omp_get_thread_num(), team = omp_get_num_threads();",
        *indented(indented(wrapped(f"{name}(", [*given, *bounds], ");", 3))),
        "    }",
        "} else {",
        *indented(wrapped(f"{name}(", [*alone, "0", count], ");", 2)),
        "}",
    ]


def _between(share: str, shares: str, count: str) -> Lines:
    return [f"start_of({share}, {shares}, {count})", f"start_of({share} + 1, {shares}, {count})"]


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
