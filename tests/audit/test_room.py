"""`sd.audit` is a function to call and a room to import from, whichever comes first."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import symderive as sd
from symderive.audit.audit import audit

LAYER = """
def square(x):
    return x * x

def square_backward(x, dy):
    return 2 * x * dy
"""


@pytest.mark.parametrize(
    "imports", ["import symderive as sd", "import symderive.audit.decide, symderive as sd"]
)
def test_audit_can_be_called_whoever_imported_the_room(imports: str) -> None:
    code = f"{imports}\n{LAYER}\nprint(sd.audit((square, square_backward), x='n').kind)"
    code += "\nfrom symderive.audit.verdict import Verdict\nprint(sd.audit.Verdict is Verdict)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.stdout.split() == ["equal", "True"], ran.stderr


def test_it_tells_its_parameters() -> None:
    assert inspect.signature(sd.audit) == inspect.signature(audit)
