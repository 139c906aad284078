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
from .build import compiled, compiler, load
from .functions import Functions
from .kernel import Signature
from .module import written

TEMPLATE = "c/extension.c.j2"


def live(plan: Schedule, workshop: Workshop) -> Live:
    """The operator's functions in C, or in NumPy with a warning that says why."""
    try:
        compiler()
        made = written(plan)
        text = workshop.text()
    except NotSupportedError as error:
        warnings.warn(f"{plan.name} runs as NumPy: {error}", RuntimeWarning, stacklevel=4)
        return workshop.numpy()
    names = extension(text, (made.value, made.forward, made.backward))

    @cache
    def compile_for(dtype: np.dtype[Any]) -> ModuleType:
        extra = ("-DDOUBLE",) if dtype == np.float64 else ()
        return load(compiled(workshop.render(TEMPLATE, names), extra))

    compile_for(np.dtype(np.float32))
    functions = Functions(plan, made, compile_for, cache(workshop.numpy))
    return Live(
        text, compile_for(np.dtype(np.float32)), functions.value, functions.fwd, functions.bwd
    )


def extension(text: str, signatures: tuple[Signature, ...]) -> Mapping[str, Any]:
    """Every name that `templates/c/extension.c.j2` uses."""
    distinct = tuple(dict.fromkeys(signatures))
    return {"text": text, "kernels": [_call(s) for s in distinct]}


def _call(s: Signature) -> dict[str, Any]:
    arrays = len(s.reads) + len(s.writes)
    types = ["int64_t" if t.domain.is_label else "real" for t in s.reads]
    kinds = "".join("t" if t == "int64_t" else "r" for t in types) + "w" * len(s.writes)
    scalars, call = [], [f"PyArray_DATA((PyArrayObject *)args[{n}])" for n in range(arrays)]
    for n in range(arrays, arrays + len(s.numbers)):
        scalars.append(f"const real number{n} = (real)PyFloat_AsDouble(args[{n}]);")
        call.append(f"number{n}")
    first = arrays + len(s.numbers)
    for n in range(first, first + len(s.lengths)):
        scalars.append(f"const long length{n} = PyLong_AsLong(args[{n}]);")
        call.append(f"length{n}")
    return {
        "name": s.name, "count": first + len(s.lengths), "kinds": kinds,
        "scalars": scalars, "call": ", ".join(call),
    }  # fmt: skip
