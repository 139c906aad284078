"""Random forwards: the generated gradient equals an independent one, or the forward is refused."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.oracles import differences, dual
from tests.oracles.compare import assert_same
from tests.oracles.sampling import cotangent_like

from .check import check, minimised
from .generator import RandomProgram, Seeded, programs, write
from .values import length

MOST_UNSUPPORTED = 0.05


@pytest.mark.parametrize("count", [40, pytest.param(200, marks=pytest.mark.long)])
def test_random_programs_are_right_and_few_are_refused(count: int) -> None:
    verdicts: Counter[str] = Counter()
    _check_programs(count, verdicts)
    share = verdicts["unsupported"] / verdicts.total()
    assert share <= MOST_UNSUPPORTED, f"{share:.1%} of the random programs are not supported"


def _check_programs(count: int, verdicts: Counter[str]) -> None:
    """So many programs; a wrong gradient fails at once, a refusal is counted."""

    @settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],  # a failure is minimised below, a statement at a time
        suppress_health_check=list(HealthCheck),
    )
    @given(programs(most=6))
    def each(program: RandomProgram) -> None:
        _check_program(program, verdicts)

    each()


def _check_program(program: RandomProgram, verdicts: Counter[str]) -> None:
    verdict = check(program)
    verdicts[verdict.kind] += 1
    if verdict.failed:
        small = minimised(program, verdict.kind) if verdict.kind != "hang" else program
        pytest.fail(f"{verdict.kind}: {verdict.message}\n{small.source}{small.domains}")


@pytest.mark.parametrize("seed", range(60))
def test_the_generator_writes_programs_that_run(seed: int) -> None:
    program = write(Seeded(seed), 3 + seed % 9)
    inputs = program.arrays(seed)
    before = [np.array(x) for x in inputs]
    y = program.compiled()(*inputs)
    assert np.shape(y) == tuple(map(length, program.result.dims))
    assert np.all(np.isfinite(y))
    assert all(map(np.array_equal, before, inputs)), "a program must not write to its inputs"


def test_the_generator_is_smooth_where_it_is_sampled() -> None:
    """Two oracles agree, so that a difference is the engine's."""
    for seed in range(60):
        program = write(Seeded(seed), 4 + seed % 9)
        fn, inputs = program.compiled(), program.arrays(seed)
        g = cotangent_like(fn(*inputs), seed)
        found: Any = dual.vjp(fn, inputs, g)
        assert_same(program.source, found, differences.central(fn, inputs, g), 1e-4)
