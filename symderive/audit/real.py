"""One run of the audited code on real arrays: its output, its gradients, and what it did to arrays
that are not its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..errors import SymderiveError
from .caught import Caught
from .collect import Left
from .outside import same_draws
from .subjects import Session, Subject

Array = Any
EPS = float(np.finfo(float).eps)


@dataclass(frozen=True)
class RealRun:
    """gradients: by argument.  hazards, and what is no harm (notes): one sentence each.
    failure: what the code raised, and `stage`, in which of its methods; "" where nothing was
    raised.  eps: of the dtype of the output.  coarsest: of that, and of the gradients."""

    output: Array = None
    gradients: Mapping[str, Array] = field(default_factory=dict)
    hazards: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    failure: str = ""
    stage: str = ""
    eps: float = EPS
    coarsest: float = EPS


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
        given = as_numpy(session.output)
        output, eps = np.array(given, float), eps_of(given)
    if caught.error is not None:
        return RealRun(failure=caught.sentence, stage="forward")
    if cotangent is None:
        return RealRun(output, eps=eps)
    with Caught() as caught, np.errstate(all="ignore"):
        run = _backward(subject, session, output, values, own, cotangent, wanted)
        if not output.ndim:
            run = replace(run, hazards=_of_array(subject, run, values, cotangent, wanted))
        return replace(run, eps=eps, coarsest=max(eps, run.coarsest))
    own_fault = not isinstance(caught.error, SymderiveError)  # ours: where its gradients are
    return RealRun(output, failure=caught.sentence, stage="backward" if own_fault else "collecting")


def _of_array(
    subject: Subject,
    run: RealRun,
    values: Mapping[str, Array],
    cotangent: Array,
    wanted: Sequence[str],
) -> tuple[str, ...]:
    """The hazards, with those of a cotangent that is an array without axes."""
    own = {name: subject.lift(np.array(a)) for name, a in values.items()}
    with Caught() as caught:
        session = subject.start(own)
        other = _backward(subject, session, run.output, values, own, cotangent, wanted, True)
    more = () if caught.error is not None else other.hazards
    return tuple(dict.fromkeys((*run.hazards, *more)))


def _backward(
    subject: Subject,
    session: Session,
    output: Array,
    values: Mapping[str, Array],
    own: Mapping[str, Array],
    cotangent: Array,
    wanted: Sequence[str],
    as_array: bool = False,
) -> RealRun:
    """as_array: the cotangent of a loss is an array without axes, which may be written to."""
    given = subject.lift(np.array(cotangent))
    if isinstance(given, np.ndarray) and not given.ndim and not as_array:
        given = np.float64(cotangent)  # the cotangent of a loss is a number
    spoiled = [
        f"forward writes to its argument {n}" for n, a in values.items() if _changed(own[n], a)
    ]
    saved = {path: as_numpy(a) for path, a in session.saved().items()}
    before = {path: a.copy() for path, a in saved.items()}
    inputs = {name: as_numpy(a).copy() for name, a in own.items()}
    found = session.backward(given, wanted)
    gradients = {name: as_numpy(left.array) for name, left in found.items()}
    held = {name: gradients[name] for name, left in found.items() if left.where != "returned"}
    spoiled += [
        f"backward writes to the argument {n}" for n, a in inputs.items() if _changed(own[n], a)
    ]
    if _changed(given, cotangent):
        spoiled.append("backward writes to the cotangent")
    kept = {p: a for p, a in saved.items() if not any(_shares(a, g) for g in held.values())}
    kept = {p: a for p, a in kept.items() if not any(_shares(a, as_numpy(o)) for o in own.values())}
    changed = [p for p, a in kept.items() if _changed(a, before[p])]
    views = _views(found, gradients, given, own, kept)
    harmless = [said for is_note, said in views if is_note]
    spoiled += [said for is_note, said in views if not is_note]
    copies = {name: np.array(g, float) for name, g in gradients.items()}
    coarsest = max(map(eps_of, gradients.values()), default=EPS)
    out = as_numpy(session.output)
    handed = [p for p in changed if _shares(kept[p], out)]
    if changed and not handed and not _is_same_again(session, subject, cotangent, found, copies):
        handed = changed
    spoiled += [f"backward writes to {p}, which forward saved" for p in handed]
    hazards, notes = (tuple(dict.fromkeys(said)) for said in (spoiled, harmless))
    return RealRun(output, copies, hazards, notes=notes, coarsest=coarsest)


def _is_same_again(
    session: Session,
    subject: Subject,
    cotangent: Array,
    found: Mapping[str, Left],
    copies: Mapping[str, Array],
) -> bool:
    """True where a second backward gives the same gradients: what the first one wrote, nobody reads
    back. Those that are kept in the layer may have been added to."""
    with Caught() as caught:
        again = session.backward(subject.lift(np.array(cotangent)), list(copies))
        now = {name: np.array(as_numpy(left.array), float) for name, left in again.items()}
    if caught.error is not None or now.keys() != copies.keys():
        return False
    return all(
        np.allclose(now[n], g) or (found[n].where != "returned" and np.allclose(now[n], 2 * g))
        for n, g in copies.items()
    )


def eps_of(array: Array) -> float:
    """The eps of the dtype in which an array was computed; that of float64 for integers."""
    return float(np.finfo(array.dtype).eps) if array.dtype.kind == "f" else EPS


def _views(
    found: Mapping[str, Any],
    gradients: Mapping[str, Array],
    cotangent: Array,
    own: Mapping[str, Array],
    saved: Mapping[str, Array],
) -> list[tuple[bool, str]]:
    """Gradients that share their memory with what is not theirs; True for a view of the cotangent
    that is returned, which is the caller's in any case."""
    owners = {"the cotangent": cotangent, **{f"the argument {n}": a for n, a in own.items()}}
    owners |= {f"{path}, which forward saved": a for path, a in saved.items()}
    said: list[tuple[bool, str]] = []
    for name, gradient in gradients.items():
        place = "" if found[name].where.startswith("returned") else f" in {found[name].where}"
        owner = next((o for o, a in owners.items() if _shares(as_numpy(a), gradient)), None)
        if owner is not None:
            is_note = not place and owner == "the cotangent"
            said.append((is_note, f"the gradient of {name}{place} shares its memory with {owner}"))
    return said


def as_numpy(array: Any) -> Array:
    """A NumPy array that shares the memory, of a torch tensor too."""
    return array.detach().numpy() if hasattr(array, "detach") else np.asarray(array)


def _shares(left: Array, right: Array) -> bool:
    return bool(left.ndim and right.ndim and np.shares_memory(left, right))


def _changed(now: Array, before: Array) -> bool:
    after = as_numpy(now)
    return after.shape != np.shape(before) or not np.array_equal(
        after, before, equal_nan=after.dtype.kind == "f"
    )
