"""The folder of compiled kernels: private, and whatever is in it is what was written."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.targets.c import cache
from symderive.targets.c.memory import _limit

pytestmark = pytest.mark.thinned(3)

CODE = b"code" * 1000
KEY = "0" * 32
ROOT = str(Path(sd.__file__).parents[1])
compiled = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler here")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    cache._temporary.cache_clear()
    return tmp_path / "cache"


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def kept() -> tuple[Path, int]:
    """The file, and how often it was made."""
    made: list[Path] = []

    def make(path: Path) -> None:
        path.write_bytes(CODE)
        made.append(path)

    return cache.kept(KEY, make), len(made)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o277])
def test_folder_and_files_are_private_under_any_umask(home: Path, mask: int) -> None:
    with umask(mask), warnings.catch_warnings():
        warnings.simplefilter("error")
        path, times = kept()
    assert (times, path.parent) == (1, home / "symderive")
    assert (mode(home), mode(path.parent), mode(path)) == (0o700, 0o700, 0o600)
    assert kept() == (path, 0)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_folder_that_others_could_only_read_is_made_private(home: Path) -> None:
    path, _ = kept()
    path.parent.chmod(0o755)
    assert kept() == (path, 0)
    assert mode(path.parent) == 0o700


def linked(home: Path) -> None:
    elsewhere = home.parent / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    home.mkdir()
    (home / "symderive").symlink_to(elsewhere)


def open_folder(home: Path) -> None:
    (home / "symderive").mkdir(parents=True)
    (home / "symderive").chmod(0o777)


def open_parent(home: Path) -> None:
    (home / "symderive").mkdir(parents=True, mode=0o700)
    home.chmod(0o777)


def through_an_open_folder(home: Path) -> None:
    """The cache is private, but the way to it is a link that others can replace."""
    real, way = home.parent / "real", home.parent / "way"
    real.mkdir(mode=0o700)
    way.mkdir()
    way.chmod(0o777)
    (way / "cache").symlink_to(real)
    os.environ["XDG_CACHE_HOME"] = str(way / "cache")  # the fixture puts it back


def a_file(home: Path) -> None:
    home.mkdir()
    (home / "symderive").write_text("")


def a_file_above(home: Path) -> None:
    home.write_text("")


def of_another(home: Path) -> None:
    (home / "symderive").mkdir(parents=True, mode=0o700)
    os.chown(home / "symderive", 12345, -1)


def parent_of_another(home: Path) -> None:
    home.mkdir()
    os.chown(home, 12345, -1)


def nowhere(home: Path) -> None:
    os.environ["XDG_CACHE_HOME"] = "/proc/none/at/all"


REFUSED: dict[Any, str] = {
    linked: "is a link",
    open_folder: "can be written to by others",
    open_parent: "can be changed by others",
    through_an_open_folder: "can be changed by others",
    a_file: "is not a folder",
    a_file_above: "Not a directory",
    nowhere: "No such file",
    **({of_another: "belongs to another user", parent_of_another: "can be changed by others"}
       if os.getuid() == 0 else {}),
}  # fmt: skip


@pytest.mark.parametrize("prepare", REFUSED, ids=lambda f: f.__name__)
def test_a_folder_that_is_not_ours_alone_is_not_used(home: Path, prepare: Any) -> None:
    prepare(home)
    with pytest.warns(RuntimeWarning, match=REFUSED[prepare]):
        path, times = kept()
    assert times == 1 and home.parent not in path.parents
    assert mode(path.parent) == 0o700
    assert kept() == (path, 0)  # without another warning
    shutil.rmtree(path.parent)


def planted(path: Path) -> None:
    path.write_bytes(b"other" * 1000)


def truncated(path: Path) -> None:
    os.truncate(path, 100)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def linked_file(path: Path) -> None:
    target = path.parent.parent / "target"
    shutil.copy(path, target)
    path.unlink()
    path.symlink_to(target)


def writable(path: Path) -> None:
    path.chmod(0o666)


@pytest.mark.parametrize("damage", [planted, truncated, empty, linked_file, writable])
def test_what_is_not_as_it_was_written_is_made_again(home: Path, damage: Any) -> None:
    path, _ = kept()
    damage(path)
    assert kept() == (path, 1)
    assert path.read_bytes() == CODE and not path.is_symlink()
    assert kept() == (path, 0)


def test_what_killed_builds_left_is_swept_and_running_ones_are_not(home: Path) -> None:
    path, _ = kept()
    place = path.parent
    for name in ("build-old", "build-new", "tmpold"):
        (place / name).mkdir()
        (place / name / "new.so").write_bytes(b"")
    for name in ("build-old", "tmpold"):
        os.utime(place / name, (time.time() - 2 * cache.STALE,) * 2)
    path.unlink()
    kept()
    assert {p.name for p in place.iterdir()} == {"build-new", path.name}


def test_threads_that_race_get_whole_files(home: Path) -> None:
    found: list[bytes] = []

    def race() -> None:
        for _ in range(20):
            path, _ = kept()
            with suppress(FileNotFoundError):  # another thread forgot it first
                found.append(path.read_bytes())
            cache.forget(path)

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {CODE}


@pytest.mark.parametrize("told", ["huge", "-1", "1e9", "0x10"])
def test_a_limit_is_a_number_of_bytes(told: str) -> None:
    with pytest.raises(sd.SymderiveError, match="SYMDERIVE_KEEP is a number of bytes"):
        _limit(told)


def test_more_bytes_than_there_can_be_are_all_of_them() -> None:
    assert _limit("9" * 30) == _limit("1" * 9999) == sys.maxsize
    assert _limit("0" * 30 + "5") == 5


SCRIPT = """
import warnings
import numpy as np, symderive as sd
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    kernel = sd.derive("relu").build("c")
    assert np.array_equal(kernel(np.array([-1.0, 2.0])), [0, 2])
    assert np.array_equal(kernel(np.array([-1.0, 2.0], np.float32)), [0, 2])
print('told:', [str(w.message) for w in told])
"""


def run(home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    plain = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": ROOT,
        "XDG_CACHE_HOME": str(home),
        "HOME": str(home),
    }
    return subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**plain, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_a_compiler_that_does_not_work_gives_numpy_and_a_reason(home: Path, tmp_path: Path) -> None:
    full = script(tmp_path / "full", "echo 'error: No space left on device' >&2; exit 1")
    (tmp_path / "odd").write_bytes(b"\x00\x01")
    (tmp_path / "odd").chmod(0o755)
    cases = {
        "true": "says that it has compiled the kernel, but has not",
        "false": "it ends with status 1",
        full: "No space left on device",
        str(tmp_path / "odd"): "cannot be run",
        "no-such-compiler -m64": r"\$CC names the compiler 'no-such-compiler'",
    }
    for command, wanted in cases.items():
        told = run(home, CC=command)
        assert re.search(f"relu runs as NumPy: .*{wanted}", told.stdout), (command, told)


@compiled
def test_a_command_is_split_as_a_shell_does(home: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen of words"
    own = script(tmp_path / "own cc", f'echo "$1" >> \'{seen}\'; shift; exec cc "$@"')
    told = run(home, CC=f"'{own}' '-a b'")
    assert told.stdout.endswith(" []\n"), told
    assert set(seen.read_text().splitlines()) == {"-a b"}


def test_an_unbalanced_quote_is_told(home: Path) -> None:
    for variable in ("CC", "CFLAGS"):
        told = run(home, **{variable: "cc 'x"})
        assert f"InputError: ${variable} is not what a shell can read" in told.stderr


@compiled
def test_a_kernel_that_does_not_load_is_built_again(home: Path) -> None:
    assert run(home).stdout.endswith(" []\n")
    files = sorted((home / "symderive").glob("*.so"))
    assert len(files) == 3  # float32, float64, the store of memory
    for path in files:  # files that are what their names say, but are no extensions
        path.unlink()
        key = path.name.split("-")[0]
        other = path.parent / f"{key}-{cache._digest(CODE)}.so"
        other.write_bytes(CODE)
        other.chmod(0o600)
    told = run(home)
    assert told.stdout.endswith(" []\n"), told
    assert sorted((home / "symderive").glob("*.so")) == files
    os.truncate(files[0], 4096)  # loading it would be a bus error
    assert run(home).stdout.endswith(" []\n")


@compiled
def test_a_build_that_is_killed_leaves_nothing_that_is_taken_for_a_kernel(
    home: Path, tmp_path: Path
) -> None:
    started = tmp_path / "started"
    half = f'for last; do [ "$before" = -o ] && out=$last; before=$last; done\n\
[ -n "$out" ] && printf half > "$out" && touch {started} && sleep 60'
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "CC": script(tmp_path / "cc", half), "PYTHONPATH": ROOT},
        start_new_session=True,
    )
    while not started.exists():
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    (left,) = (home / "symderive").iterdir()
    assert left.name.startswith(cache.BUILD)
    os.utime(left, (0, 0))
    assert run(home).stdout.endswith(" []\n")
    assert not left.exists()


def test_the_numpy_of_a_derivation_needs_no_folder(home: Path) -> None:
    a_file_above(home)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kernel = sd.derive("relu").build("numpy")
    np.testing.assert_array_equal(kernel(np.array([-1.0, 2.0])), [0, 2])
