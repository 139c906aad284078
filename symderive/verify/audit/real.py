"""One run of the audited code on real arrays: its output, its gradients, and what it did to arrays
that are not its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .caught import Caught
from .outside import same_draws
from .subjects import Session, Subject

Array = Any


@dataclass(frozen=True)
class RealRun:
    """gradients: by argument.  hazards: one sentence each.  failure: what the code raised, and
    `stage`, in which of its methods; "" where nothing was raised."""

    output: Array = None
    gradients: Mapping[str, Array] = field(default_factory=dict)
    hazards: tuple[str, ...] = ()
    failure: str = ""
    stage: str = ""


def run_real(
    subject: Subject, values: Mapping[str, Array], cotangent: Array | None, wanted: Sequence[str]
) -> RealRun:
    """Forward, and backward where a cotangent is given, on copies of these arrays."""
    with same_draws():
        return _run(subject, values, cotangent, wanted)


def _run(
    subject: Subject, values: Mapping[str, Array], cotangent: Array | None, wanted: Sequence[str]
) -> RealRun:
    own = {name: subject.lift(np.array(a)) for name, a in values.items()}
    with Caught() as caught, np.errstate(all="ignore"):
        session = subject.start(own)
        output = np.array(session.output, float)
    if caught.error is not None:
        return RealRun(failure=caught.sentence, stage="forward")
    if cotangent is None:
        return RealRun(output)
    with Caught() as caught, np.errstate(all="ignore"):
        return _backward(subject, session, output, values, own, cotangent, wanted)
    return RealRun(output, failure=caught.sentence, stage="backward")


def _backward(
    subject: Subject,
    session: Session,
    output: Array,
    values: Mapping[str, Array],
    own: Mapping[str, Array],
    cotangent: Array,
    wanted: Sequence[str],
) -> RealRun:
    given = subject.lift(np.array(cotangent)) if np.ndim(cotangent) else np.float64(cotangent)
    spoiled = [
        f"forward writes to its argument {n}" for n, a in values.items() if _changed(own[n], a)
    ]
    saved = {path: np.asarray(a) for path, a in session.saved().items()}
    before = {path: a.copy() for path, a in saved.items()}
    inputs = {name: np.asarray(a).copy() for name, a in own.items()}
    found = session.backward(given, wanted)
    gradients = {name: np.asarray(left.array) for name, left in found.items()}
    held = {name: gradients[name] for name, left in found.items() if left.where != "returned"}
    spoiled += [
        f"backward writes to the argument {n}" for n, a in inputs.items() if _changed(own[n], a)
    ]
    if _changed(given, cotangent):
        spoiled.append("backward writes to the cotangent")
    kept = {p: a for p, a in saved.items() if not any(_shares(a, g) for g in held.values())}
    kept = {
        p: a for p, a in kept.items() if not any(_shares(a, np.asarray(o)) for o in own.values())
    }
    spoiled += [
        f"backward writes to {p}, which forward saved"
        for p, a in kept.items()
        if _changed(a, before[p])
    ]
    spoiled += _views(found, gradients, given, own, kept)
    copies = {name: np.array(g, float) for name, g in gradients.items()}
    return RealRun(output, copies, tuple(dict.fromkeys(spoiled)))


def _views(
    found: Mapping[str, Any],
    gradients: Mapping[str, Array],
    cotangent: Array,
    own: Mapping[str, Array],
    saved: Mapping[str, Array],
) -> list[str]:
    """Gradients that share their memory with what is not theirs."""
    owners = {"the cotangent": cotangent, **{f"the argument {n}": a for n, a in own.items()}}
    owners |= {f"{path}, which forward saved": a for path, a in saved.items()}
    said = []
    for name, gradient in gradients.items():
        place = "" if found[name].where.startswith("returned") else f" in {found[name].where}"
        owner = next((o for o, a in owners.items() if _shares(np.asarray(a), gradient)), None)
        if owner is not None:
            said.append(f"the gradient of {name}{place} shares its memory with {owner}")
    return said


def _shares(left: Array, right: Array) -> bool:
    return bool(left.ndim and right.ndim and np.shares_memory(left, right))


def _changed(now: Array, before: Array) -> bool:
    after = np.asarray(now)
    return after.shape != np.shape(before) or not np.array_equal(
        after, before, equal_nan=after.dtype.kind == "f"
    )
