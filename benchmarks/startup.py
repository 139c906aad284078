"""How long `symderive derive softmax` takes as a whole process, in units of `import sympy`.

Run: python benchmarks/startup.py [--repeat 9]. The target is at most 2.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from statistics import median

COMMANDS = {
    "python -c 'import sympy'": [sys.executable, "-c", "import sympy"],
    "symderive derive softmax": [sys.executable, "-m", "symderive", "derive", "softmax"],
    "symderive list": [sys.executable, "-m", "symderive", "list"],
    "symderive --help": [sys.executable, "-m", "symderive", "--help"],
}


def seconds(command: list[str], folder: str) -> float:
    """Wall-clock seconds of one run in an empty folder."""
    begin = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def main() -> None:
    """Interleave the commands, so that a busy moment of the machine hits all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=9)
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(parser.parse_args().repeat):
            for name, command in COMMANDS.items():
                times[name].append(seconds(command, folder))
    unit = median(times["python -c 'import sympy'"])
    for name, taken in times.items():
        print(f"{name:28} {median(taken):6.3f} s   {median(taken) / unit:5.2f} x import sympy")


if __name__ == "__main__":
    main()
