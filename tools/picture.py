"""Make docs/derive-softmax.svg, the README's picture, from what the command really prints.

Run: python tools/picture.py. It needs a pseudo-terminal, which Linux and macOS have.
"""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

PICTURE = Path(__file__).parents[1] / "docs" / "derive-softmax.svg"
COMMAND = "symderive derive softmax"


def on_a_terminal(words: list[str], folder: str) -> str:
    """What a command prints where stdout is a terminal, colours included."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-m", *words], cwd=folder, stdout=theirs) as process:
        os.close(theirs)
        printed = b""
        try:
            while piece := os.read(ours, 65536):
                printed += piece
        except OSError:  # Linux says so where the other side has closed the terminal
            pass
    os.close(ours)
    if process.returncode:
        sys.exit(process.returncode)
    return printed.decode().replace("\r\n", "\n")


def main() -> None:
    """Run the command in an empty folder and draw its output."""
    with tempfile.TemporaryDirectory() as folder:
        printed = on_a_terminal(COMMAND.split(), folder)
    lines = Text.from_ansi(f"$ {COMMAND}\n{printed}".rstrip())
    width = max(line.cell_len for line in lines.split("\n")) + 1
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True)
    console.print(lines)
    svg = console.export_svg(title=COMMAND, unique_id="derive-softmax")
    svg = re.sub(r"@font-face \{[^}]*\}", "", svg)  # a picture in a README must not load fonts
    svg = svg.replace("Fira Code, monospace", "DejaVu Sans Mono, Menlo, Consolas, monospace")
    PICTURE.write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n")
    print(PICTURE)


if __name__ == "__main__":
    main()
