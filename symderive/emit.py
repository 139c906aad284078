"""Schedule + template → the text of a module, and the module live."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import jinja2

from .calculus.result import Derived
from .errors import InputError, nearest
from .schedule import Schedule, schedule
from .targets import TARGETS
from .targets.base import Live, Workshop


def template_folder() -> Path:
    """Where the templates are: inside the installed package, or at the top of the checkout."""
    here = Path(__file__).resolve().parent
    inside = here / "_templates"
    return inside if inside.is_dir() else here.parent / "templates"


@cache
def environment() -> jinja2.Environment:
    """Jinja as every target uses it: an unknown name is an error, and tags leave no blank lines."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(template_folder()),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # the output is program text
    )


def module_text(subject: Derived | Schedule, target: str = "numpy") -> str:
    """The text of the module for a target."""
    if target not in TARGETS:
        known = sorted(TARGETS)
        raise InputError(
            f"there is no target '{target}'; there are: {', '.join(known)}.{nearest(target, known)}"
        )
    plan = subject if isinstance(subject, Schedule) else schedule(subject)
    chosen = TARGETS[target]
    return environment().get_template(chosen.template).render(chosen.view(plan))


def rendered(template: str, names: Mapping[str, Any]) -> str:
    """A template with its names filled in."""
    return environment().get_template(template).render(names)


@dataclass(frozen=True)
class Kernel:
    """A generated module, live: call it for the value, `fwd` and `bwd` for the gradient.

    remade: what makes it again in another process, from its text, or from its schedule in a target
    that compiles.
    """

    name: str
    source: str
    module: ModuleType
    fwd: Callable[..., Any]
    bwd: Callable[..., Any]
    value: Callable[..., Any]
    remade: tuple[Callable[..., Kernel], tuple[Any, ...]]

    def __reduce__(self) -> tuple[Any, ...]:
        return self.remade

    def __deepcopy__(self, memo: Any) -> Kernel:
        """Itself: a kernel holds nothing that changes."""
        return self

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """The output for these inputs."""
        return self.value(*inputs, **options)


def kernel(plan: Schedule, target: str = "numpy") -> Kernel:
    """The operator's functions in a target, live."""
    start = TARGETS[target].live if target in TARGETS else None
    if start is None:
        return build(module_text(plan, target), plan.name)
    workshop = Workshop(
        text=lambda: module_text(plan, target),
        render=rendered,
        numpy=lambda: _as_live(build(module_text(plan), plan.name)),
        python=lambda text, known: _as_live(build(text, plan.name, known)),
    )
    made = start(plan, workshop)
    again = (kernel, (plan, target))
    return Kernel(plan.name, made.source, made.module, made.fwd, made.bwd, made.value, again)


def _as_live(made: Kernel) -> Live:
    return Live(made.source, made.module, made.value, made.fwd, made.bwd)


def build(text: str, name: str, known: Mapping[str, Any] | None = None) -> Kernel:
    """The module of this text, as an object with the operator's functions.

    known: names that the module uses, but does not define.
    """
    module = ModuleType(name)
    vars(module).update(known or {})
    file = f"<symderive {name}>" if known is None else f"<symderive {name} in C and NumPy>"
    linecache.cache[file] = (
        len(text),
        None,
        text.splitlines(keepends=True),
        file,
    )  # for tracebacks and inspect
    exec(compile(text, file, "exec"), module.__dict__)
    return Kernel(
        name,
        text,
        module,
        vars(module)[f"{name}_fwd"],
        vars(module)[f"{name}_bwd"],
        vars(module)[name],
        (build, (text, name, known)),
    )
