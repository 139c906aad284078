"""Derivations for the tests of proofs: of the catalogue, of functions that only live here, and one
written by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from symderive.calculus.result import Derived
from symderive.index.dims import Dim, Index
from symderive.index.nodes import Tensor, call
from symderive.pipeline import derive
from symderive.program import Argument, Assignment, Output, Program
from symderive.proofs import Listing, ProofParts, Statement, parts_of
from symderive.targets.numpy import listed
from symderive.trace import Step
from symderive.verify.check import Certificate, Check

HOSTILE = (
    "<script>alert(1)</script>",
    r"\input{/etc/passwd}",
    "$x$ & 100% #1 ~^{}_",
    "`rm` | *a* [b](c) <!-- -->",
    "名前",
    'x\' "quoted" \U0001f600 \x07',
    "]]>&lt;",
)


@cache
def catalogue(name: str) -> ProofParts:
    """An operator of the catalogue, with its code."""
    return _parts(name)


def function(forward: Callable[..., Any], **domains: Any) -> ProofParts:
    """A function of a test, with its code."""
    return _parts(forward, **domains)


def _parts(subject: Any, **domains: Any) -> ProofParts:
    d = derive(subject, **domains)
    return parts_of(
        d.derived,
        stability=d.stable.steps,
        plan=d.schedule,
        code=listed(d.schedule),
        certificate=d.verify(quick=True),
    )


def named(name: str) -> ProofParts:
    """exp, with one name for the operator, its input, its axis, its code, its rule and its
    certificate."""
    dims = (Dim(name),)
    x, y = Tensor(name, dims), Tensor("y", dims)
    dx, dy = Tensor(f"d{name}", dims), Tensor("dy", dims)
    i = Index(dims[0])
    layout = (dims,)
    forward = Program(
        name,
        (Argument(x, layout),),
        (),
        (Assignment(y, (i,), call("exp", x[i])),),
        (Output(y, layout),),
        doc=name,
    )
    value = dy[i] * y[i]
    backward = Program(
        f"{name}_bwd",
        (Argument(y, layout), Argument(dy, layout)),
        (),
        (Assignment(dx, (i,), value),),
        (Output(dx, layout),),
    )
    step = Step(name, f"d{name}_i", value, value, name, (name,))
    listing = Listing("backward", (Statement(f"{name} = 1", dx[i], value),))
    derived = Derived(forward, forward, backward, {name: (step,)})
    check = Check(name, "passed", name, 1e-9, 1.0, name, (name,))
    certificate = Certificate(name, (name,), (check,), 0, 16)
    return ProofParts(derived, (), (), (listing,), {name: name}, certificate)
