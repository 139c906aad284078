"""`python -m tests.random_statements.run 2000`: many random functions, a count of the verdicts, and
each that fails as short as it gets.

C and tuned NumPy are compared for every fifth, second order for every twentieth.
"""

from __future__ import annotations

import argparse
import multiprocessing
import warnings
from collections import Counter

from .check import Verdict, check, smallest
from .generator import write
from .templates import HELPERS


def how_of(seed: int) -> tuple[tuple[str, ...], bool]:
    """The targets of a seed, and whether its second order is looked at."""
    targets = ("numpy", "numpy-tuned", "c") if seed % 5 == 0 else ("numpy",)
    return targets, seed % 20 == 0


def verdict_of(seed: int) -> tuple[int, Verdict]:
    """The function of a seed, checked."""
    targets, second = how_of(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return seed, check(write(seed), targets, second, seed)


def told(seed: int, verdict: Verdict, shrink: bool) -> str:
    """A verdict with the shortest function that has it."""
    function = write(seed)
    targets, second = how_of(seed)
    if shrink and verdict.kind != "hang":
        function = smallest(function, verdict.kind, targets=targets, second=second, seed=seed)
        verdict = check(function, targets, second, seed)
    text = function.source[len(HELPERS) :]
    return f"--- {seed}: {verdict.kind}: {verdict.message}\n{text}{function.domains}\n"


def main() -> int:
    """Run them; 1 where one fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--shrink", action="store_true")
    parser.add_argument("--show", default="wrong error hang unclear", help="kinds to be shown")
    options = parser.parse_args()
    kinds: Counter[str] = Counter()
    seeds = range(options.first, options.first + options.count)
    with multiprocessing.get_context("spawn").Pool(options.workers, maxtasksperchild=50) as pool:
        for seed, verdict in pool.imap_unordered(verdict_of, seeds):
            kinds[verdict.kind] += 1
            if verdict.kind in options.show.split():
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    print(told(seed, verdict, options.shrink), flush=True)
    print(", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))
    return int(any(Verdict(kind).failed for kind in kinds))


if __name__ == "__main__":
    raise SystemExit(main())
