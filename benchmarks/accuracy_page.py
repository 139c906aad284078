"""docs/accuracy.md: the figures of `benchmarks.accuracy` as tables."""

from __future__ import annotations

from math import exp, inf, log, log10
from pathlib import Path

import numpy as np

from .figures import SCALES, Figures, Key, Worst

LARGEST = 1 / float(np.finfo(np.float32).eps)  # in a mean: no digit is right
ALLOWED = 1.5  # times torch's error
DTYPE_NAMES = ("float32", "float64")
OURS = ("symderive", "symderive C")
COMPARED = (*OURS, "torch", "SciPy", "textbook")
SIDES = {who: ("forward",) if who == "SciPy" else ("forward", "backward") for who in COMPARED}
PAGE = Path(__file__).parents[1] / "docs" / "accuracy.md"
HEAD = """# How accurate the generated code is

Each figure is the largest error that was found, in units of eps times the condition-scaled size of
the element: the sum of the absolute values of the terms that are added, with the rounding of what
is inside a function carried outwards. For softmax that is y (1 + |x - max|) forward. Plain ulp
would mislead: x - max is rounded before any library's exp sees it. The reference is arithmetic of
50 digits on the same rounded inputs, and the errors are those of the whole chain: a backward
carries what its forward's residuals have lost. Below the smallest normal number a rounding no
longer shrinks with its result; what depends on such a number is measured by that. Every figure is
the worst of six draws of the inputs.

The inputs are standard normal numbers, times 1 (moderate), 20 and 1000 (past the range of exp);
positive ones and operators that are defined on an interval stay in it. *symderive* is the generated
NumPy code, *symderive C* the generated C. *torch* is its own operator where it has one, else what
its users write; *SciPy* has forwards alone; *textbook* is the catalogue's forward as it is written,
and the backward derived from just that. "not finite" counts only where the true value is
representable. In a mean or a comparison an operator counts with the larger of its two errors, and
with no less than 0.5, the rounding of the result itself; in a mean with no more than 1/eps of
float32, where no digit is right.

To repeat it, in about eight minutes:

```
python -m benchmarks.accuracy
```

The figures depend on the processor by way of NumPy's and torch's own exp, tanh and sums. In float32
NumPy's vectorised exp and tanh are good to about 2.5 and torch's to about 1 unit in the last place:
where an operator is little more than an exponential, that alone may put it behind.

Two more limits are known. The loss of a cross entropy near 0 is z - log s, whose error is small
beside log s before rounding, not beside the loss. And a part of an exponential, such as the mean in
poisson_nll or the half in kl_normal, is not finite in the last step of its range, where e^x
overflows and e^x / N does not.
"""


def over(figures: dict[Key, Worst], dtype: str, scales: tuple[float, ...] = SCALES) -> Worst:
    """The worst of one dtype over some scales."""
    total = Worst()
    for (name, scale), worst in figures.items():
        if name == dtype and scale in scales:
            total = total.joined(worst)
    return total


def printed(value: float | None) -> str:
    """Two digits, an order of magnitude past 1000, and a dash where there is nothing."""
    if value is None:
        return ""
    if value == inf:
        return "not finite"
    return f"{value:.2g}" if value < 1000 else f"1e{round(log10(value))}"


def table(measured: dict[str, Figures], dtype: str) -> list[str]:
    """A row for each operator: forward and backward of each contender, over all scales."""
    heads = [f"{who} {side}" for who in COMPARED for side in SIDES[who]]
    lines = [f"| operator | {' | '.join(heads)} |", "|---|" + "---:|" * len(heads)]
    for name, figures in measured.items():
        cells = []
        for who in COMPARED:
            worst = over(figures[who], dtype) if who in figures else None
            cells += [printed(getattr(worst, side)) if worst else "" for side in SIDES[who]]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def means(measured: dict[str, Figures], rival: str, dtype: str, scales: tuple[float, ...]) -> str:
    """The geometric means of all over the operators that the rival has, each at most LARGEST."""
    known = [f for f in measured.values() if rival in f]
    rows = [[over(f[who], dtype, scales).largest for who in (*OURS, rival)] for f in known]
    logs = [[log(min(v, LARGEST)) for v in row] for row in rows]
    ours, in_c, theirs = (exp(sum(column) / len(logs)) for column in zip(*logs, strict=True))
    return f"{ours:.2f}, C {in_c:.2f}, against {theirs:.2f} ({len(logs)} operators)"


def behind(measured: dict[str, Figures], who: str, dtype: str) -> list[str]:
    """The operators whose error is more than ALLOWED times torch's."""
    found = []
    for name, figures in measured.items():
        if "torch" in figures:
            ours, theirs = (over(figures[w], dtype).largest for w in (who, "torch"))
            if ours > ALLOWED * theirs:
                found.append(f"{name} ({printed(ours)} against {printed(theirs)})")
    return found


def page(measured: dict[str, Figures]) -> str:
    """docs/accuracy.md."""
    lines = [HEAD]
    for dtype in DTYPE_NAMES:
        lines += [f"## {dtype}", ""]
        for rival in ("torch", "textbook"):
            for what, scales in (("moderate inputs", SCALES[:1]), ("all inputs", SCALES)):
                lines.append(f"- {what}, beside {rival}: {means(measured, rival, dtype, scales)}")
        for who in OURS:
            late, gone = behind(measured, who, dtype), lost(measured, who, dtype)
            lines += [
                f"- {who}, more than {ALLOWED} times torch's error: {', '.join(late) or 'none'}",
                f"- {who}, not finite where the true value is: {', '.join(gone) or 'none'}",
            ]
        lines += [
            "",
            *table(measured, dtype),
            "",
        ]
    return "\n".join(lines)


def lost(measured: dict[str, Figures], who: str, dtype: str) -> list[str]:
    """The operators that are not finite where the true value is representable."""
    return [n for n, f in measured.items() if over(f[who], dtype).largest == inf]
