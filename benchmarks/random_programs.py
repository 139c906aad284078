"""Many random programs: `python -m benchmarks.random_programs 5000 1` prints failures, minimised.

Arguments: how many programs, and the first seed.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

from tests.random_programs.check import check, minimised
from tests.random_programs.generator import HEADER, Seeded, write


def main(count: int, first: int) -> int:
    """Check `count` programs from seed `first` on; the exit status says whether one failed."""
    verdicts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    begin = time.perf_counter()
    for seed in range(first, first + count):
        program = write(Seeded(seed), 3 + seed % 10)
        verdict = check(program, seed)
        verdicts[verdict.kind] += 1
        if verdict.kind == "unsupported":
            reasons[verdict.message.split(": ", 1)[-1]] += 1
        if verdict.failed:
            small = minimised(program, verdict.kind, seed)
            message = check(small, seed).message
            print(f"seed {seed}: {verdict.kind}: {message}")
            print(small.source[len(HEADER) :], small.domains, "\n", flush=True)
    total, seconds = verdicts.total(), time.perf_counter() - begin
    print(f"{total} programs in {seconds:.0f} s:", dict(sorted(verdicts.items())))
    print(f"not supported: {verdicts['unsupported'] / max(total, 1):.2%}")
    for reason, times in reasons.most_common(10):
        print(f"  {times} x {reason}")
    return int(any(verdicts[kind] for kind in ("wrong", "error", "hang")))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:] or ("1000", "0"))))
