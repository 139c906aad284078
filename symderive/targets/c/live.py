"""The kernels compiled and loaded; where that cannot be, the NumPy module and a sentence."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from ...errors import NotSupportedError
from ...loops.kernel import Signature
from ...schedule import Schedule
from ..base import Live, Workshop
from ..numpy import NUMPY
from .build import compiler, module
from .functions import Functions
from .memory import store
from .mixed import Mixed, Part
from .module import Parts, Written, written

TEMPLATE = "c/boundary/extension.c.j2"


def live(plan: Schedule, workshop: Workshop) -> Live:
    """The operator's functions in C, or in NumPy with a warning that says why."""
    try:
        compiler()
        made = written(plan)
        modules = Modules(plan, made, workshop)
        modules(np.dtype(np.float32))
    except NotSupportedError as error:
        warnings.warn(f"{plan.name} runs as NumPy: {error}", RuntimeWarning, stacklevel=4)
        return workshop.numpy()
    if isinstance(made, Parts):
        return _driven(plan, made, modules)
    functions = Functions(plan, made, modules, cache(workshop.numpy))
    short = functions.short_ways(modules)
    return Live(modules.text, modules(np.dtype(np.float32)), *short)


class Modules:
    """The extension modules of one operator, one for each dtype, compiled when first asked for."""

    def __init__(self, plan: Schedule, made: Written | Parts, workshop: Workshop) -> None:
        self.name, self.workshop, self.text = plan.name, workshop, workshop.text()
        if isinstance(made, Parts):
            signatures = tuple(call.made.signature for call in made.calls)
            most = max(len(call.arguments) for call in made.calls)
        else:
            signatures = (made.value, made.forward, made.backward)
            most = max(len(plan.forward.arguments), len(plan.backward.arguments))
        self.names = extension(self.text, signatures, most)
        self.made: dict[np.dtype[Any], ModuleType | NotSupportedError] = {}

    def __call__(self, dtype: np.dtype[Any]) -> ModuleType:
        """The module for float32 or float64; NotSupportedError where it cannot be had."""
        if dtype not in self.made:
            try:
                self.made[dtype] = self._compiled(dtype)
            except NotSupportedError as error:
                self.made[dtype] = error
        found = self.made[dtype]
        if isinstance(found, NotSupportedError):
            raise found
        return found

    def _compiled(self, dtype: np.dtype[Any]) -> ModuleType:
        extra = ("-DDOUBLE",) if dtype == np.float64 else ()
        found = module(self.workshop.render(TEMPLATE, self.names), extra, "kernels")
        found.use_memory(store(self.workshop.render).handler)
        return found

    def serves(self, dtype: np.dtype[Any]) -> bool:
        """False, and a warning at the first time, where there can be no module for this dtype."""
        known = dtype in self.made
        try:
            self(dtype)
        except NotSupportedError as error:
            if not known:
                told = f"{self.name} runs as NumPy for {dtype}: {error}"
                warnings.warn(told, RuntimeWarning, stacklevel=4)
            return False
        return True


def _driven(plan: Schedule, made: Parts, modules: Modules) -> Live:
    """The module that calls the kernels, live."""
    workshop = modules.workshop
    kernels = {c.made.signature.name: Part(plan, c, modules).short_way() for c in made.calls}
    driver = workshop.python(workshop.render(NUMPY.template, made.driver), kernels)
    mixed = Mixed(plan, driver, modules, cache(workshop.numpy))
    return Live(modules.text, driver.module, mixed.value, mixed.fwd, mixed.bwd)


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
