"""The kernels compiled and loaded; where that cannot be, the NumPy module and a sentence."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from ...errors import NotSupportedError
from ...schedule import Schedule
from ..base import Live, Workshop
from ..numpy import NUMPY
from .build import compiled, compiler, load
from .entries import Compile
from .functions import Functions
from .kernel import Signature
from .memory import store
from .mixed import Mixed, Part
from .module import Parts, written

TEMPLATE = "c/boundary/extension.c.j2"


def live(plan: Schedule, workshop: Workshop) -> Live:
    """The operator's functions in C, or in NumPy with a warning that says why."""
    try:
        compiler()
        made = written(plan)
        text = workshop.text()
    except NotSupportedError as error:
        warnings.warn(f"{plan.name} runs as NumPy: {error}", RuntimeWarning, stacklevel=4)
        return workshop.numpy()
    if isinstance(made, Parts):
        signatures = tuple(call.made.signature for call in made.calls)
        most = max(len(call.arguments) for call in made.calls)
    else:
        signatures = (made.value, made.forward, made.backward)
        most = max(len(plan.forward.arguments), len(plan.backward.arguments))
    names = extension(text, signatures, most)

    @cache
    def compile_for(dtype: np.dtype[Any]) -> ModuleType:
        extra = ("-DDOUBLE",) if dtype == np.float64 else ()
        module = load(compiled(workshop.render(TEMPLATE, names), extra), "kernels")
        module.use_memory(store(workshop.render).handler)
        return module

    if isinstance(made, Parts):
        return _driven(plan, made, text, workshop, compile_for)
    functions = Functions(plan, made, compile_for, cache(workshop.numpy))
    short = functions.short_ways(compile_for)
    return Live(text, compile_for(np.dtype(np.float32)), *short)


def _driven(
    plan: Schedule, made: Parts, text: str, workshop: Workshop, compile_for: Compile
) -> Live:
    """The module that calls the kernels, live."""
    compile_for(np.dtype(np.float32))
    kernels = {c.made.signature.name: Part(plan, c, compile_for).short_way() for c in made.calls}
    driver = workshop.python(workshop.render(NUMPY.template, made.driver), kernels)
    mixed = Mixed(plan, driver, cache(workshop.numpy))
    return Live(text, driver.module, mixed.value, mixed.fwd, mixed.bwd)


def extension(text: str, signatures: tuple[Signature, ...], most: int) -> Mapping[str, Any]:
    """Every name that `templates/c/boundary/extension.c.j2` uses; `most`: arguments of a call."""
    distinct = tuple(dict.fromkeys(signatures))
    most = max(most, *(max(map(len, (s.reads + s.writes, s.numbers, s.lengths))) for s in distinct))
    return {"text": text, "kernels": [_call(s) for s in distinct], "most": most}


def _call(s: Signature) -> dict[str, Any]:
    kinds = [("t" if t.domain.is_label else "r") for t in s.reads] + ["w"] * len(s.writes)
    counts = {"array": len(kinds), "number": len(s.numbers), "length": len(s.lengths)}
    call = [f"{what}[{n}]" for what, count in counts.items() for n in range(count)]
    sizes = (len(s.reads), len(s.writes), len(s.numbers), len(s.lengths))
    return {
        "name": s.name, "kinds": "".join(kinds), "counts": ", ".join(map(str, sizes)),
        "call": ", ".join(call),
    }  # fmt: skip
