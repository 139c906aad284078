"""The bench compares like with like, and its reports hold what was measured."""

from __future__ import annotations

import json
from io import StringIO
from xml.etree import ElementTree

import numpy as np
import pytest
from rich.console import Console

import symderive as sd
from symderive.bench.measure import times
from symderive.bench.report import as_json, markdown, picture, table
from symderive.bench.run import Result, bench
from symderive.bench.textbook import TEXTBOOK


@pytest.mark.parametrize("name", sorted(TEXTBOOK))
def test_the_textbook_computes_what_the_kernel_computes(name: str) -> None:
    value, gradient = TEXTBOOK[name]
    kernel = sd.derive(name).build("numpy")
    rng = np.random.default_rng(0)
    inputs: tuple[np.ndarray, ...] = (rng.standard_normal((6, 5)),)
    inputs += (rng.integers(0, 5, 6),) if name == "cross_entropy" else ()
    y, residuals = kernel.fwd(*inputs)
    dy = rng.standard_normal(np.shape(y))
    np.testing.assert_allclose(value(*inputs), y, rtol=1e-5, atol=1e-12)
    (dx,) = kernel.bwd(residuals, dy)
    np.testing.assert_allclose(gradient(*inputs, y, dy), dx, rtol=1e-9, atol=1e-12)


def test_times_are_medians_of_turns() -> None:
    order: list[str] = []
    found = times({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 0.001)
    assert set(found) == {"a", "b"} and all(t > 0 for t in found.values())
    assert "ab" in "".join(order[-4000:]) and order.count("b") > 5


def test_a_run_has_every_contestant_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("symderive.bench.run.installed", lambda name: False)
    forward, backward = bench(("softmax",), ((8, 5),), 0.001)
    assert forward.direction == "forward" and backward.direction == "backward"
    assert set(backward.seconds) == {
        "textbook",
        "numpy",
        "numpy-tuned",
        "numpy-tuned out=",
        "c",
        "c out=",
    }
    assert backward.moved == 3 * 8 * 5 * 4  # y and dy read, dx written


def test_the_limit_is_measured_beside_what_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("symderive.bench.run.installed", lambda name: False)
    monkeypatch.setattr("symderive.bench.run.LARGE", 1 << 12)
    small, _, large, _ = bench(("softmax",), ((8, 5), (64, 64)), 0.001)
    assert small.limit is None and large.limit is not None and large.limit > 1e7
    assert "triad" not in large.seconds


RESULTS = [
    Result(
        "softmax",
        "backward",
        (512, 32000),
        {"textbook": 0.03, "c": 0.01, "c out=": 0.005},
        10**9,
        4e11,
    ),
    Result("softmax", "forward", (64, 10), {"numpy": 2e-6, "c": 1e-6, "torch": 4e-7}, 10**4),
]


def test_reports_show_times_ratios_and_the_share_of_the_limit() -> None:
    written = markdown(RESULTS)
    assert "| 10 ms 3.0× |" in written and "| 0.50 |" in written and "400 ns" in written
    told = StringIO()
    Console(width=80, file=told).print(table(RESULTS))
    cells = [tuple(c.strip() for c in row.split("│")[1:-1]) for row in told.getvalue().splitlines()]
    assert {("c", "10 ms 3.0×", ""), ("numpy", "", "2 µs"), ("of limit", "0.50", "")} <= set(cells)
    drawing = ElementTree.fromstring(picture(RESULTS))
    words = [node.text for node in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert "6.0×" in words and "512×32000" in (words[0] or "")
    kept = json.loads(as_json(RESULTS, 2))
    assert kept["threads"] == 2 and kept["results"][0]["seconds"]["c"] == 0.01
