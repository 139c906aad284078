"""Every check in one command, `python tools/check.py`: format, lint, types, drift, tests."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = (sys.executable, "-m")
CHECKS: dict[str, tuple[str, ...]] = {
    "format": (*PYTHON, "ruff", "format", "--check", "."),
    "lint": (*PYTHON, "ruff", "check", "."),
    "types": (*PYTHON, "mypy", "--strict", "symderive"),
    "drift": (*PYTHON, "symderive", "generate", "--check"),
    "tests": (*PYTHON, "pytest"),
}


def main() -> int:
    """Run the named checks, or all; 0 where every one passes. A failure does not stop the rest."""
    wanted = sys.argv[1:] or list(CHECKS)
    if unknown := [name for name in wanted if name not in CHECKS]:
        print(f"There is no check {unknown[0]}; there are {', '.join(CHECKS)}.", file=sys.stderr)
        return 2
    failed = []
    for name in wanted:
        print(f"== {name}", flush=True)
        begin = time.perf_counter()
        if subprocess.run(CHECKS[name], cwd=ROOT).returncode:
            failed.append(name)
        print(f"   {time.perf_counter() - begin:.1f} s", flush=True)
    print(f"failed: {', '.join(failed)}" if failed else "all checks pass")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
