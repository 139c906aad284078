"""Random inputs inside the domains of an operator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symderive.index.domains import Domain, Wanted, real

Array = Any
BATCH = (2, 3)


def inputs_for(
    domains: Mapping[str, str | Domain],
    lengths: Mapping[str, int],
    seed: int,
    batch: tuple[int, ...] = BATCH,
) -> tuple[Array, ...]:
    """One array for each argument; `batch` is what a leading `...` stands for."""
    rng = np.random.default_rng(seed)
    return tuple(
        _sample(d if isinstance(d, Domain) else real(d), lengths, batch, rng)
        for d in domains.values()
    )


def cotangent_like(y: Array, seed: int) -> Array:
    """A cotangent of the shape of y, drawn from [0.5, 1.5)."""
    return np.random.default_rng(seed).uniform(0.5, 1.5, np.shape(y))


def _length(word: str, lengths: Mapping[str, int]) -> int:
    return int(word) if word.isdigit() else lengths[word]


def _sample(
    domain: Domain, lengths: Mapping[str, int], batch: tuple[int, ...], rng: np.random.Generator
) -> Array:
    shape: list[int] = []
    for word in domain.dims.split():
        shape.extend(batch if word == "..." else (_length(word, lengths),))
    bound = domain.bound(lengths)
    within = (0.1, 0.9) if domain.is_nonnegative else (-2.0, 2.0)
    drawn = domain.draw(rng, tuple(shape), Wanted(within, bound=bound))
    if domain.is_label and bound == 2 and drawn.ndim > 1:
        drawn[:, 0] = 1  # a mask keeps something in every row
    return drawn
