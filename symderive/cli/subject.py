"""NAME | FILE.py:FUNCTION | --expr TEXT => what `derive` takes."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import Parameter, isfunction, signature
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from ..derivation import Derivation
from ..errors import InputError, SymderiveError, nearest
from ..frontends import parse
from ..index.domains import Domain
from ..pipeline import derive, function_of, program_of
from ..program import Program
from .domains import domains_of, is_name


@dataclass(frozen=True)
class Subject:
    """What the command line names: an operator, a function, or text to parse; and domains."""

    operator: str | None
    expression: str | None
    dims: list[str] = field(default_factory=list)
    name: str | None = None

    def derive(self) -> Derivation:
        """The derivation, or an error that says what is missing on the command line."""
        domains = domains_of(self.dims)
        if self.name is not None and not is_name(self.name):
            raise InputError(
                f"'{self.name}' cannot name a Python module; choose an identifier for --name."
            )
        if (self.operator is None) == (self.expression is None):
            raise InputError(
                "Say what to derive: an operator ('softmax'), FILE.py:FUNCTION, or --expr 'TEXT', "
                "and one of them only."
            )
        subject = self._subject(domains)
        if self.operator is not None and callable(subject):
            with Shortened(Path(self.operator.rpartition(":")[0]), "fails"):
                return self._derived(subject, domains)
        return self._derived(subject, domains)

    def _derived(
        self, subject: str | Program | Callable[..., Any], domains: dict[str, Domain]
    ) -> Derivation:
        given = domains if self.expression is None else {}
        if not self.name:
            return derive(subject, **given)
        named = derive(program_of(subject, given).renamed(self.name))
        return Derivation(named.derived, named.stable, function_of(subject))

    def _subject(self, domains: dict[str, Domain]) -> str | Program | Callable[..., Any]:
        if self.expression is not None:
            return parse(self.expression, domains, self.name or "expression")
        assert self.operator is not None  # `derive` has made sure that one of the two is given
        if ":" in self.operator or self.operator.endswith(".py"):
            function = load_function(self.operator)
            _want_dims(function, domains)
            return function
        return self.operator


def load_function(where: str) -> Callable[..., Any]:
    """The function that FILE.py:FUNCTION names. This runs the file."""
    file, _, name = where.rpartition(":")
    module = load_module(Path(file or where))
    functions = [
        n for n, v in vars(module).items() if isfunction(v) and v.__module__ == module.__name__
    ]
    if not file:
        first = functions[0] if functions else "FUNCTION"
        raise InputError(f"Name the function after the file: {where}:{first}.")
    found: Any = getattr(module, name, None)
    if isinstance(found, type) and hasattr(found, "backward"):
        raise InputError(
            f"{name} is a class with a backward of its own: symderive audit {where} --format html "
            "proves that one."
        )
    if not callable(found):
        offer = f" It has {', '.join(functions)}." if functions else " It has no function."
        raise InputError(f"{file} has no function '{name}'.{nearest(name, functions) or offer}")
    return found  # type: ignore[no-any-return]


def load_module(path: Path) -> ModuleType:
    """Run a file as a module; what lies beside it can be imported by it."""
    if not path.is_file():
        raise InputError(f"There is no file {path}.")
    sys.path.insert(0, str(path.resolve().parent))
    spec = importlib.util.spec_from_file_location(f"subject_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    with Shortened(path):
        spec.loader.exec_module(module)
    return module


class Shortened:
    """What the user's file raises becomes one sentence, with its line of that file; what symderive
    raises itself stays as it is.
    """

    def __init__(self, path: Path, fails: str = "does not import") -> None:
        self.path, self.fails = path, fails

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: object, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not isinstance(error, (Exception, SystemExit)) or isinstance(error, SymderiveError):
            return
        if _is_own(trace):
            return
        line = error.lineno if isinstance(error, SyntaxError) else self._line(trace)
        where = f"{self.path}:{line}" if line else str(self.path)
        first = str(error).splitlines()[:1]
        raise InputError(
            f"{where} {self.fails}: {': '.join([type(error).__name__, *first])}"
        ) from error

    def _line(self, trace: TracebackType | None) -> int | None:
        line = None
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == os.path.abspath(self.path):
                line = trace.tb_lineno
            trace = trace.tb_next
        return line


def _is_own(trace: TracebackType | None) -> bool:
    """True where symderive's own code raised it: then it is a defect, and wants its traceback."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    module = trace.tb_frame.f_globals.get("__name__") if trace else None
    return isinstance(module, str) and module.startswith("symderive.")


def _want_dims(function: Callable[..., Any], domains: dict[str, Domain]) -> None:
    wanted = [
        p.name
        for p in signature(function).parameters.values()
        if p.default is Parameter.empty
        and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        and p.name not in domains
    ]
    name, known = getattr(function, "__name__", "the function"), [*signature(function).parameters]
    unknown = [d for d in domains if d not in known]
    if unknown:
        takes = f" It takes {', '.join(known)}." if known else " It takes nothing."
        raise InputError(
            f"{name} has no argument '{unknown[0]}'.{nearest(unknown[0], known) or takes}"
        )
    if wanted:
        example = " ".join(f"--dims '{w}=b n'" for w in wanted)
        raise InputError(
            f"{name} takes {', '.join(wanted)}: name their dims, for example {example} "
            f"('s=' says that s is a scalar)."
        )
