"""Closed forms, found and derived by hand: `python -m benchmarks.closed_forms`.

Writes docs/closed-forms.md. What a form costs is counted alike on both sides: the hand-derived
backward is traced as a program of its saved arrays and the cotangent, and put through the same
schedule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import symderive as sd
from symderive.calculus.result import Derived
from symderive.frontends import trace
from symderive.index.domains import Domain
from symderive.index.text import text
from symderive.program import Argument, Program
from symderive.schedule import schedule
from symderive.schedule.bill import Cost, bill

Array = Any
PAGE = Path(__file__).parents[1] / "docs" / "closed-forms.md"


@dataclass(frozen=True)
class Hand:
    """A backward as people derive it: one function a gradient, of what is saved and of dy."""

    gradients: tuple[Callable[..., Array], ...]
    dims: dict[str, str | Domain]


def total(a: Array) -> Array:
    """Σ over the last axis, kept."""
    return np.sum(a, axis=-1, keepdims=True)


def mean(a: Array) -> Array:
    """The mean over the last axis, kept."""
    return np.mean(a, axis=-1, keepdims=True)


ROWS = {"y": "b n", "dy": "b n"}
COLUMN = "b 1"
HAND: dict[str, Hand] = {
    "softmax": Hand((lambda y, dy: y * (dy - total(y * dy)),), ROWS),
    "log_softmax": Hand((lambda y, dy: dy - np.exp(y) * total(dy),), ROWS),
    "logsumexp": Hand((lambda e, s, dy: e / s * dy,), {"e": "b n", "s": COLUMN, "dy": COLUMN}),
    "sigmoid": Hand((lambda y, dy: y * (1 - y) * dy,), ROWS),
    "tanh": Hand((lambda y, dy: (1 - y * y) * dy,), ROWS),
    "silu": Hand(
        (lambda x, s, dy: s * (1 + x * (1 - s)) * dy,), {"x": "b n", "s": "b n", "dy": "b n"}
    ),
    "softcap": Hand((lambda y, dy, cap: (1 - (y / cap) ** 2) * dy,), {**ROWS, "cap": ""}),
    "layer_norm": Hand(
        (lambda y, sigma, dy: (dy - mean(dy) - y * mean(dy * y)) / sigma,),
        {**ROWS, "sigma": COLUMN},
    ),
    "layer_norm_affine": Hand(
        (
            lambda h, sigma, weight, dy: (
                (weight * dy - mean(weight * dy) - h * mean(weight * dy * h)) / sigma
            ),
            lambda h, dy: np.sum(dy * h, axis=0),
            lambda dy: np.sum(dy, axis=0),
        ),
        {"h": "b n", "sigma": COLUMN, "weight": "n", "dy": "b n"},
    ),
    "rms_norm": Hand(
        (lambda x, r, dy: r * (dy - x * r**2 * mean(dy * x)),),
        {"x": "b n", "r": COLUMN, "dy": "b n"},
    ),
    "batch_norm": Hand(
        (
            lambda h, sigma, weight, dy: (
                weight * (dy - np.mean(dy, axis=0) - h * np.mean(dy * h, axis=0)) / sigma
            ),
            lambda h, dy: np.sum(dy * h, axis=0),
            lambda dy: np.sum(dy, axis=0),
        ),
        {"h": "b n", "sigma": "n", "weight": "n", "dy": "b n"},
    ),
    "l2_normalize": Hand(
        (lambda y, norm, dy: (dy - y * total(y * dy)) / norm,), {**ROWS, "norm": COLUMN}
    ),
    "cosine_similarity": Hand(
        (
            lambda x, z, y, nx, nz, dy: dy * (z / (nx * nz) - y * x / nx**2),
            lambda x, z, y, nx, nz, dy: dy * (x / (nx * nz) - y * z / nz**2),
        ),
        {"x": "b n", "z": "b n", "y": COLUMN, "nx": COLUMN, "nz": COLUMN, "dy": COLUMN},
    ),
    "bce_with_logits": Hand(
        (
            lambda s, t, dy: dy * (s - t) / t.size,
            lambda x, dy: -dy * x / x.size,
        ),
        {"s": "b n", "x": "b n", "t": "b n", "dy": ""},
    ),
    "cross_entropy": Hand(
        (lambda p, t, dy: dy / p.shape[0] * (p - (np.arange(p.shape[1])[None, :] == t[:, None])),),
        {"p": "b n", "t": sd.integers("b", below="n"), "dy": ""},
    ),
    "mse": Hand(
        (
            lambda x, target, dy: 2 * dy * (x - target) / x.size,
            lambda x, target, dy: -2 * dy * (x - target) / x.size,
        ),
        {"x": "b n", "target": "b n", "dy": ""},
    ),
    "softmax_temperature": Hand(
        (
            lambda y, T, dy: y * (dy - total(y * dy)) / T,
            lambda x, y, T, dy: -np.sum(x * (y * (dy - total(y * dy)) / T)) / T,
        ),
        {"x": "b n", "y": "b n", "T": "", "dy": "b n"},
    ),
    "kl_div": Hand(
        (
            lambda p, lp, lq, dy: dy * p * (lp - lq - total(p * (lp - lq))) / p.shape[0],
            lambda p, q, dy: dy * (q - p) / p.shape[0],
        ),
        {"p": "b n", "q": "b n", "lp": "b n", "lq": "b n", "dy": ""},
    ),
    "linear": Hand(
        (
            lambda weight, dy: dy @ weight,
            lambda x, dy: dy.T @ x,
            lambda dy: np.sum(dy, axis=0),
        ),
        {"x": "b n", "weight": "m n", "dy": "b m"},
    ),
    "swiglu": Hand(
        (
            lambda gate, s, dy: dy * gate * s,
            lambda x, gate, s, dy: dy * x * s * (1 + gate * (1 - s)),
        ),
        {"x": "b n", "gate": "b n", "s": "b n", "dy": "b n"},
    ),
}


def hand_cost(name: str) -> Cost:
    """What the hand-derived backward costs, counted as ours is."""
    derived = sd.derive(name).derived
    hand = HAND[name]
    parts = []
    for n, gradient in enumerate(hand.gradients):
        wanted = gradient.__code__.co_varnames[: gradient.__code__.co_argcount]
        parts.append(trace(gradient, {k: hand.dims[k] for k in wanted}, f"hand{n}"))
    counted = bill(schedule(Derived(derived.written, _no_forward(parts), _joined(parts, hand))))
    return replace(counted, residuals=counted.residuals - 1)  # all but the cotangent are saved


def _joined(parts: list[Program], hand: Hand) -> Program:
    """Several gradients as one backward; assignments of one name in two of them are told apart."""
    arguments: dict[str, Argument] = {}
    for part in parts:
        arguments.update({a.tensor.name: a for a in part.arguments})
    cotangent = arguments.pop("dy")
    assignments = tuple(a for part in parts for a in part.assignments)
    outputs = tuple(part.outputs[0] for part in parts)
    return Program("hand", (*arguments.values(), cotangent), (), assignments, outputs)


def _no_forward(parts: list[Program]) -> Program:
    """A forward in which all that is saved is an input, so that nothing is computed again."""
    arguments: dict[str, Argument] = {}
    for part in parts:
        arguments.update({a.tensor.name: a for a in part.arguments})
    cotangent = arguments.pop("dy")
    return replace(
        parts[0],
        name="hand",
        arguments=(*arguments.values(), cotangent),
        assignments=(),
        outputs=(replace(parts[0].outputs[0], tensor=cotangent.tensor, layout=cotangent.layout),),
    )


def row(name: str) -> str:
    """One operator: the closed form, what it costs, what the hand-derived form costs."""
    found = sd.derive(name)
    forms = "<br>".join(
        f"`{text(a.left)} = {text(a.value)}`" for a in found.derived.backward.assignments
    )
    return f"| {name} | {forms} | {figures(found.cost)} | {figures(hand_cost(name))} |"


def figures(cost: Cost) -> str:
    """Elementwise, reductions, transcendental, temporaries, residuals."""
    return (
        f"{cost.elementwise} + {cost.reductions} Σ + {cost.transcendental} f; "
        f"{cost.temporaries} t, {cost.residuals} r"
    )


def page() -> str:
    """The whole page."""
    lines = [
        "# Closed forms, found and derived by hand",
        "",
        "Made by `python -m benchmarks.closed_forms`. Costs are those of one backward call,",
        "counted alike on both sides: elementwise operations + reductions (Σ) + transcendental",
        "calls (f);",
        "temporaries (t) and residuals (r). Letters: `i, j, k` run over `n`; any other dim has",
        "its own letter, and its size is the capital.",
        "",
        "| operator | closed form that was found | its cost | by hand |",
        "|---|---|---|---|",
        *(row(name).replace("|x", "\\|x") for name in HAND),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
