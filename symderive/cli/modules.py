"""FILE.py, a folder, FILE.py:NAMES => modules, and what of them is to be audited."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from inspect import isfunction
from pathlib import Path
from types import ModuleType
from typing import Any

from ..audit.deadline import TooLong, within
from ..audit.generators import following_generators
from ..audit.pairs import may_hold_pairs, of_class
from ..errors import InputError, nearest
from .subject import Shortened, load_module

IMPORTING = 30.0  # seconds
_LEFT_OUT = {"build", "dist", "node_modules", "site-packages", "venv", "env", "__pycache__"}


def python_files(path: Path) -> Iterator[Path]:
    """The file itself, or the files of a folder in order; tests, hidden folders and installed
    packages are left out."""
    if path.is_file():
        yield path
        return
    for file in sorted(path.rglob("*.py")):
        inner = file.relative_to(path).parts
        hidden = any(p.startswith(".") or p in _LEFT_OUT for p in inner[:-1])
        if not hidden and not file.stem.startswith("test_") and file.stem != "conftest":
            yield file


def holds_pairs(file: Path) -> bool:
    """True where running a file may bring something to audit."""
    try:
        return may_hold_pairs(file.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError, ValueError) as error:
        line = f":{error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        first = error.msg if isinstance(error, SyntaxError) else str(error).splitlines()[0]
        raise InputError(
            f"{file}{line} does not import: {type(error).__name__}: {first}"
        ) from error


def loaded(file: Path) -> ModuleType:
    """The module of a file; within a package it has its dotted name, so that relative imports work.
    What it prints and how long it takes is limited by us."""
    root, names = file.resolve().parent, [file.stem]
    while (root / "__init__.py").is_file():
        root, names = root.parent, [root.name, *names]
    try:
        with within(IMPORTING), following_generators():
            if len(names) == 1 or not root.name:
                return load_module(file)
            return _of_package(file.resolve(), root, [n for n in names if n != "__init__"])
    except TooLong as error:
        raise InputError(f"{file} does not import: {error}") from error


def _of_package(file: Path, root: Path, names: list[str]) -> ModuleType:
    """The module under its dotted name, its package's root being on the path."""
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    name = ".".join(names)
    with Shortened(file):
        spec = importlib.util.find_spec(name)  # this imports the packages in which it lies
        if spec is None or spec.loader is None or Path(spec.origin or "").resolve() != file:
            raise InputError(f"{file}: another package '{names[0]}' is imported already")
        if name in sys.modules:
            return sys.modules[name]
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return module


def load_code(where: str) -> Any:
    """What FILE.py:NAMES means: a class, a function, or two names, each of a function or a method
    as Class.method. This runs the file."""
    file, _, names = where.rpartition(":")
    if not file or not names:
        raise InputError(f"Say which class of the file to audit: {file or where}:CLASS.")
    if not Path(file).is_file():
        raise InputError(f"There is no file {file}.")
    module = loaded(Path(file))
    parts = [name.strip().partition(".") for name in names.split(",")]
    found = [_held(module, file, name) for name, _, _ in parts]
    inner = [method for _, _, method in parts]
    if isinstance(found[0], type) and inner[0]:
        return (found[0], *(m or n for (n, _, _), m in zip(parts, inner, strict=True)))
    if len(found) > 1:
        return tuple(found)
    kind = found[0]
    if isinstance(kind, type):
        return next((f.given for f in of_class(kind)), kind)
    return kind


def _held(module: ModuleType, file: str, name: str) -> Any:
    known = [n for n, v in vars(module).items() if callable(v) and not n.startswith("_")]
    held = getattr(module, name, None)
    if held is None:
        raise InputError(f"{file} has no '{name}'.{nearest(name, known)}")
    if not callable(held):
        what = type(held).__name__
        raise InputError(f"'{name}' in {file} is no class and no function: its type is {what}.")
    if not isinstance(held, type) and not isfunction(held):
        return getattr(held, "__wrapped__", held)
    return held
