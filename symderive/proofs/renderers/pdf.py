"""LaTeX → PDF with the system's TeX, built in a folder of its own so that a failure leaves nothing
behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ...errors import InputError, NotSupportedError
from ..latex import is_wide

_NO_TEX = (
    "no TeX here: install TeX Live with latexmk (Debian: apt install latexmk texlive-xetex "
    "texlive-lang-chinese texlive-latex-extra texlive-fonts-recommended lmodern), "
    "or ask for tex, html or md"
)


def pdf(tex: str, path: str | Path) -> Path:
    """Compile a proof's LaTeX and put the PDF at `path`; either all of it or an error."""
    target = Path(path)
    if shutil.which("latexmk") is None:
        raise NotSupportedError(_NO_TEX)
    if not target.parent.is_dir():
        raise InputError(f"no folder {target.parent} to put the PDF into: make it first")
    engine = "-pdfxe" if any(map(is_wide, tex)) else "-pdf"
    with tempfile.TemporaryDirectory() as folder:
        compile_tex(tex, Path(folder), engine)
        try:
            shutil.copyfile(
                Path(folder) / "proof.pdf", partial := target.with_name(target.name + ".part")
            )
            os.replace(partial, target)
        except OSError as error:
            raise InputError(f"cannot write {target}: {error.strerror}") from error
    return target


def compile_tex(tex: str, folder: Path, engine: str) -> str:
    """Run latexmk in a folder and return TeX's log; an error where TeX fails carries TeX's own
    first complaint."""
    (folder / "proof.tex").write_text(tex, encoding="utf-8")
    command = [
        "latexmk",
        engine,
        "-interaction=nonstopmode",
        "-halt-on-error",
        "-no-shell-escape",
        "proof.tex",
    ]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, errors="replace", check=False
    )
    log = folder / "proof.log"
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else done.stdout
    if done.returncode:
        complaint = next(
            (line for line in text.splitlines() if line.startswith("!")), "see its log"
        )
        raise NotSupportedError(f"TeX could not compile the proof: {complaint.lstrip('! ')}")
    return text
