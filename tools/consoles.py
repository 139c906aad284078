"""Pages whose console blocks are what the commands print: `python tools/consoles.py PAGE...`.

A python block that begins with `# NAME.py` is that file; in a console block each line `$ symderive
...` is followed by what it prints. The page is written again where that has changed.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$", re.M | re.S)
FILE = re.compile(r"# (\w+\.py)\n")
ROOT = Path(__file__).parents[1]


def refreshed(page: str) -> str:
    """The text of a page, its console blocks run again in a folder that holds its files."""
    with tempfile.TemporaryDirectory() as folder:

        def block(found: re.Match[str]) -> str:
            language, body = found.groups()
            named = FILE.match(body)
            if language == "python" and named:
                Path(folder, named[1]).write_text(body, encoding="utf-8")
            if language == "console":
                body = _run(body, folder)
            return f"```{language}\n{body}```"

        return BLOCK.sub(block, page)


def _run(body: str, folder: str) -> str:
    commands = [line for line in body.splitlines() if line.startswith("$ symderive ")]
    return "".join(f"{line}\n{_output(line, folder)}" for line in commands)


def _output(line: str, folder: str) -> str:
    words = [sys.executable, "-m", "symderive", *shlex.split(line)[2:]]
    search = {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "PATH": ""}
    ran = subprocess.run(words, cwd=folder, env=search, capture_output=True, encoding="utf-8")
    return ran.stdout + ran.stderr


def main() -> int:
    """Write the pages again; 0 where none has changed."""
    changed = 0
    for name in sys.argv[1:]:
        page = Path(name)
        before = page.read_text(encoding="utf-8")
        after = refreshed(before)
        changed += after != before
        page.write_text(after, encoding="utf-8")
    return int(bool(changed))


if __name__ == "__main__":
    sys.exit(main())
