"""Where compiled kernels are kept: a folder of the user alone, and files that are what was written.

A kernel is code that runs as soon as it is loaded, so nothing is taken from a folder into which
somebody else can put files, and no file whose contents are not those that its name records.
"""

from __future__ import annotations

import atexit
import os
import shutil
import stat
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path

from ...errors import NotSupportedError

ME = os.getuid() if hasattr(os, "getuid") else 0
OTHERS = stat.S_IWGRP | stat.S_IWOTH
STALE = 3600  # seconds after which a build that has not ended was killed
BUILD = "build-"


def kept(key: str, make: Callable[[Path], None]) -> Path:
    """The file under this key, which `make` writes where there is none or where it was damaged."""
    place = folder()
    try:
        for path in sorted(place.glob(f"{key}-*.so")):
            if _is_intact(path):
                return path
            forget(path)
        return _made(place, key, make)
    except OSError as error:
        raise NotSupportedError(f"no kernel can be kept in {place}: {error.strerror}") from error


def forget(path: Path) -> None:
    """Have the file made again when it is next asked for."""
    with suppress(OSError):
        path.unlink()


def folder() -> Path:
    """$XDG_CACHE_HOME/symderive or ~/.cache/symderive, or a temporary folder with a warning where
    that cannot be made or is not the user's alone."""
    try:
        home = Path(os.environ.get("XDG_CACHE_HOME", ""))
        wanted = (home if home.is_absolute() else Path.home() / ".cache") / "symderive"
    except RuntimeError:  # neither $HOME nor a user of this number
        return _temporary("there is no home folder")
    try:
        _make(wanted)
        problem = _problem(wanted)
    except OSError as error:
        problem = f"{error.filename or wanted}: {error.strerror}"
    return wanted if problem is None else _temporary(problem)


def _make(path: Path) -> None:
    """The folder and those above it, as far as they are missing, for the user alone."""
    for part in reversed([path, *path.parents]):
        with suppress(FileExistsError):
            os.mkdir(part, stat.S_IRWXU)
            os.chmod(part, stat.S_IRWXU)  # whatever the umask is


def _problem(path: Path) -> str | None:
    """Why somebody else may have put files there, or why we cannot; None where all is well."""
    told = os.lstat(path)
    if stat.S_ISLNK(told.st_mode):
        return f"{path} is a link"
    if not stat.S_ISDIR(told.st_mode):
        return f"{path} is not a folder"
    if told.st_uid != ME:
        return f"{path} belongs to another user"
    if told.st_mode & OTHERS:
        return f"{path} can be written to by others; remove it"
    real = Path(os.path.realpath(path))
    for part in dict.fromkeys([*path.parents, *real.parents]):
        if _is_open(os.lstat(part)):
            return f"{part} can be changed by others"
    if stat.S_IMODE(told.st_mode) != stat.S_IRWXU and os.access(path, os.W_OK):
        os.chmod(path, stat.S_IRWXU)
    return None if os.access(path, os.W_OK | os.X_OK) else f"{path} cannot be written to"


def _is_open(told: os.stat_result) -> bool:
    """True for a folder, or a link on the way to one, in which others may replace what is ours.

    A group whose number is the owner's is the owner's own, as most systems set up their users.
    """
    if told.st_uid not in (0, ME):
        return True
    if stat.S_ISLNK(told.st_mode) or told.st_mode & stat.S_ISVTX:
        return False
    own_group = told.st_gid == told.st_uid
    return bool(told.st_mode & (stat.S_IWOTH if own_group else OTHERS))


@cache
def _temporary(reason: str) -> Path:
    """A folder of this process alone, gone when it ends."""
    try:
        made = Path(tempfile.mkdtemp(prefix="symderive-"))
        os.chmod(made, stat.S_IRWXU)
    except OSError as error:
        raise NotSupportedError(f"no kernel can be kept: {reason}; {error.strerror}") from error
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # not in a process that was forked
            shutil.rmtree(made, ignore_errors=True)

    atexit.register(remove)
    warnings.warn(
        f"compiled kernels are not kept for the next time: {reason}", RuntimeWarning, stacklevel=2
    )
    return made


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


def _is_intact(path: Path) -> bool:
    """True for a file of ours whose contents are those that its name records."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            told = os.fstat(file.fileno())
            ours = told.st_uid == ME and not told.st_mode & OTHERS
            return ours and path.stem.endswith(f"-{_digest(file.read())}")
    except OSError:
        return False


def _made(place: Path, key: str, make: Callable[[Path], None]) -> Path:
    """The file, made aside, written to the disk, and only then put in its place."""
    _sweep(place)
    aside = Path(tempfile.mkdtemp(prefix=BUILD, dir=place))
    try:
        os.chmod(aside, stat.S_IRWXU)
        new = aside / "new.so"
        make(new)
        os.chmod(new, stat.S_IRUSR | stat.S_IWUSR)
        path = place / f"{key}-{_digest(new.read_bytes())}.so"
        _sync(new)
        os.replace(new, path)  # whoever comes second replaces it by the same
        _sync(place)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return path


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(place: Path) -> None:
    """Remove what builds that were killed have left."""
    before = time.time() - STALE
    for left in (*place.glob(f"{BUILD}*"), *place.glob("tmp*")):  # tmp*: earlier versions' builds
        with suppress(OSError):
            if left.lstat().st_mtime < before:
                shutil.rmtree(left, ignore_errors=True)
