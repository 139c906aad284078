"""C text → a loaded extension module, compiled once and kept by content."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import numpy as np

from ...errors import InputError, NotSupportedError
from .cache import forget, kept

FLAGS = (
    "-O3", "-march=native", "-fopenmp", "-ffp-contract=off", "-fno-math-errno",
    "-fno-trapping-math", "-fprefetch-loop-arrays", "-std=gnu11", "-shared", "-fPIC", "-w",
)  # fmt: skip
SHARED = 32 << 20  # bytes: a server's cache of hundreds of MiB has as many users
WIDE = "-mprefer-vector-width=512"  # x86 only
SPINS, SPINNING = "GOMP_SPINCOUNT", "300"  # some microseconds
HOW = "get one by `apt install gcc`, `xcode-select --install` or `conda install c-compiler`"


class NoCompilerError(NotSupportedError):
    """There is no C compiler here; the message says how to get one."""


def compiler() -> tuple[str, ...]:
    """The C compiler with the options that it is called with: $CC, else cc, gcc or clang."""
    own = _split("CC")
    for command in [own] if own else [("cc",), ("gcc",), ("clang",)]:
        found = shutil.which(command[0])
        if found:
            return (found, *command[1:])
    if own:
        raise NoCompilerError(f"$CC names the compiler '{own[0]}', which is not here")
    raise NoCompilerError(f"there is no C compiler here; {HOW}")


def has_compiler() -> bool:
    """True where there is a C compiler."""
    try:
        return bool(compiler())
    except (InputError, NoCompilerError):
        return False


def _split(variable: str) -> tuple[str, ...]:
    """The words of an environment variable, as a shell takes them apart."""
    text = os.environ.get(variable, "")
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise InputError(f"${variable} is not what a shell can read ({error}): {text}") from error


def _run(command: Sequence[str], text: str = "") -> subprocess.CompletedProcess[str]:
    """The command's answer to a text; what it writes is for the user alone."""
    try:
        return subprocess.run(
            command,
            input=text,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            umask=0o077,
        )
    except OSError as error:
        raise NotSupportedError(f"{command[0]} cannot be run: {error.strerror}") from error


@cache
def _identity(command: tuple[str, ...]) -> str:
    """What the compiler and the machine are: a kernel for another processor is another kernel."""
    told = _run([*command, "-march=native", "-Q", "--help=target"])
    version = _run([*command, "--version"])
    python = f"{sysconfig.get_config_var('EXT_SUFFIX')} numpy {np.__version__}"
    return "\0".join([*command, version.stdout, told.stdout, python])


def last_cache() -> int:
    """Bytes in the last cache, as the system tells, up to what one of many users may count on."""
    for name in ("SC_LEVEL3_CACHE_SIZE", "SC_LEVEL2_CACHE_SIZE"):
        if name in os.sysconf_names and os.sysconf(name) > 0:
            return min(os.sysconf(name), SHARED)
    return SHARED


def module(text: str, extra: tuple[str, ...], name: str) -> ModuleType:
    """The extension module of this name, compiled now where it is not kept or does not load.

    NotSupportedError where it cannot be compiled, kept or loaded.
    """
    command = compiler()
    flags = (*FLAGS, f"-DCACHE={last_cache()}L", *extra, *_split("CFLAGS"))
    seed = "\0".join([text, *flags, _identity(command)])
    key = hashlib.blake2b(seed.encode(), digest_size=16).hexdigest()
    for _ in range(2):
        path = kept(key, lambda made: _compile(command, flags, text, made))
        try:
            return _load(path, name)
        except ImportError as error:
            problem = error
            forget(path)
    raise NotSupportedError(f"what {command[0]} makes cannot be loaded: {problem}")


def _compile(command: tuple[str, ...], flags: tuple[str, ...], text: str, made: Path) -> None:
    include = (f"-I{sysconfig.get_path('include')}", f"-I{np.get_include()}")
    attempts = ((*flags, WIDE), flags, tuple(f for f in flags if f != "-fopenmp"))
    for attempt in attempts:  # other processors have no such vectors, other compilers no OpenMP
        done = _run([*command, *attempt, *include, "-x", "c", "-", "-o", str(made), "-lm"], text)
        if done.returncode == 0:
            break
    else:
        lines = done.stderr.splitlines()
        told = next((line for line in lines if "error" in line), done.stderr[:200])
        status = told.strip() or f"it ends with status {done.returncode}"
        raise NotSupportedError(f"{command[0]} cannot compile the kernel: {status}")
    if not made.is_file():
        raise NotSupportedError(f"{command[0]} says that it has compiled the kernel, but has not")


@cache
def _load(path: Path, name: str) -> ModuleType:
    """The extension module of this name in this file."""
    loader = ExtensionFileLoader(name, str(path))
    spec = spec_from_loader(name, loader)
    assert spec is not None
    with _patient():
        module = module_from_spec(spec)
    loader.exec_module(module)
    return module


@contextmanager
def _patient() -> Iterator[None]:
    """While OpenMP is first loaded: its threads wait in sleep, unless the user says otherwise.

    By default they turn on the spot for some milliseconds at the end of every loop, which on cores
    that are busy keeps from running what they wait for.
    """
    if any(name in os.environ for name in ("OMP_WAIT_POLICY", SPINS)):
        yield
        return
    os.environ[SPINS] = SPINNING
    try:
        yield
    finally:
        os.environ.pop(SPINS, None)
