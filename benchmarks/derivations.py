"""How long derivations take, their steps checked as they are made.

Run: python benchmarks/derivations.py [--chain 1 2 4 8 16 30]. Prints each operator of the
catalogue, the total, and the exponent with which a chain of k blocks (linear, GELU, layer norm,
residual) grows: about 1 is wanted.
"""

from __future__ import annotations

import argparse
import time
from math import log
from typing import Any

import numpy as np

import symderive as sd
from symderive.operators import CATALOGUE


def blocks(count: int) -> Any:
    """A forward of `count` blocks over one weight matrix."""

    def chain(x: Any, w: Any) -> Any:
        for _ in range(count):
            z = x @ w
            z = 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))
            z = z - np.mean(z, axis=-1, keepdims=True)
            x = x + z / np.sqrt(np.mean(z * z, axis=-1, keepdims=True) + 1e-5)
        return x

    return chain


def seconds(subject: Any, **domains: Any) -> float:
    """Seconds to derive, up to the text of the module."""
    begin = time.perf_counter()
    sd.derive(subject, **domains).source("numpy")
    return time.perf_counter() - begin


def slope(points: list[tuple[int, float]]) -> float:
    """The exponent p of the best fit seconds ~ k**p."""
    xs = [log(k) for k, _ in points]
    ys = [log(t) for _, t in points]
    mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((x - mx) * (y - my) for x, y in zip(xs, ys, strict=True)) / sum(
        (x - mx) ** 2 for x in xs
    )


def main() -> None:
    """The catalogue, then the chain."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chain", type=int, nargs="*", default=[1, 2, 4, 8, 16, 30])
    lengths = parser.parse_args().chain
    seconds("softmax")  # the first derivation pays for what is loaded and built once
    taken = {name: seconds(name) for name in CATALOGUE}
    for name, spent in sorted(taken.items(), key=lambda item: -item[1]):
        print(f"{name:28} {spent:7.3f} s")
    print(f"{len(taken)} operators in {sum(taken.values()):.1f} s, one process")
    points = [(k, seconds(blocks(k), x="b n", w="n n")) for k in lengths]
    for k, spent in points:
        print(f"chain of {k:3} blocks          {spent:7.3f} s")
    if len(points) > 1:
        print(f"seconds grow as blocks to the power {slope(points):.2f}")


if __name__ == "__main__":
    main()
