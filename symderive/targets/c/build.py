"""C text → a loaded extension module: compiled once, kept by content, safe when processes race."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sysconfig
import tempfile
from functools import cache
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import numpy as np

from ...errors import NotSupportedError

FLAGS = (
    "-O3", "-march=native", "-fopenmp", "-ffp-contract=off", "-fno-math-errno",
    "-fno-trapping-math", "-fprefetch-loop-arrays", "-std=gnu11", "-shared", "-fPIC", "-w",
)  # fmt: skip
SHARED = 32 << 20  # bytes: a server's cache of hundreds of MiB has as many users
WIDE = "-mprefer-vector-width=512"  # x86 only
HOW = "get one by `apt install gcc`, `xcode-select --install` or `conda install c-compiler`"


class NoCompilerError(NotSupportedError):
    """There is no C compiler here; the message says how to get one."""


def compiler() -> str:
    """The C compiler: $CC, else cc, gcc or clang."""
    for name in (os.environ.get("CC", ""), "cc", "gcc", "clang"):
        found = shutil.which(name) if name else None
        if found:
            return found
    raise NoCompilerError(f"there is no C compiler here; {HOW}")


def cache_folder() -> Path:
    """Where compiled kernels are kept: $XDG_CACHE_HOME/symderive, else ~/.cache/symderive."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "symderive"


@cache
def _identity(command: str) -> str:
    """What the compiler and the machine are: a kernel for another processor is another kernel."""
    told = subprocess.run(
        [command, "-march=native", "-Q", "--help=target"], capture_output=True, text=True
    )
    version = subprocess.run([command, "--version"], capture_output=True, text=True)
    python = f"{sysconfig.get_config_var('EXT_SUFFIX')} numpy {np.__version__}"
    return version.stdout + told.stdout + python


def last_cache() -> int:
    """Bytes in the last cache, as the system tells, up to what one of many users may count on."""
    for name in ("SC_LEVEL3_CACHE_SIZE", "SC_LEVEL2_CACHE_SIZE"):
        if name in os.sysconf_names and os.sysconf(name) > 0:
            return min(os.sysconf(name), SHARED)
    return SHARED


def compiled(text: str, extra: tuple[str, ...]) -> Path:
    """The path of the compiled extension of this text, made now where it is not there yet."""
    command = compiler()
    own = shlex.split(os.environ.get("CFLAGS", ""))
    flags = (*FLAGS, f"-DCACHE={last_cache()}L", *extra, *own)
    seed = "\0".join([text, *flags, _identity(command)])
    path = cache_folder() / f"{hashlib.blake2b(seed.encode(), digest_size=16).hexdigest()}.so"
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        source, made = Path(folder) / "kernels.c", Path(folder) / "kernels.so"
        source.write_text(text, encoding="utf-8")
        _compile(command, flags, source, made)
        os.replace(made, path)  # whoever comes second replaces it by the same
    return path


def _compile(command: str, flags: tuple[str, ...], source: Path, made: Path) -> None:
    include = (f"-I{sysconfig.get_path('include')}", f"-I{np.get_include()}")
    attempts = ((*flags, WIDE), flags, tuple(f for f in flags if f != "-fopenmp"))
    for attempt in attempts:  # other processors have no such vectors, other compilers no OpenMP
        done = subprocess.run(
            [command, *attempt, *include, str(source), "-o", str(made), "-lm"],
            capture_output=True,
            text=True,
        )
        if done.returncode == 0:
            return
    first = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr[:200])
    raise NotSupportedError(f"{command} cannot compile the kernel: {first.strip()}")


@cache
def load(path: Path, name: str) -> ModuleType:
    """The extension module of this name in this file."""
    loader = ExtensionFileLoader(name, str(path))
    spec = spec_from_loader(name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module
