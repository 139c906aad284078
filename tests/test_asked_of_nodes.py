"""Facts are asked of nodes: no room that prints code reads code, or looks for words in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "symderive"
ROOMS = ("arrays", "loops", "targets")
FILES = sorted(path for room in ROOMS for path in (PACKAGE / room).rglob("*.py"))
PARSERS = {"re", "ast", "tokenize", "difflib"}
SEARCHES = {
    *("find", "rfind", "index", "rindex", "partition", "rpartition", "split", "rsplit", "count"),
    *("startswith", "endswith", "replace", "removeprefix", "removesuffix", "strip", "lstrip"),
    "rstrip",
}
ALLOWED = {  # what is searched there is no generated code
    "'error' in line": "what a compiler said",
    "path.stem.endswith(f'-{_digest(file.read())}')": "the name of a file",
    "told.lstrip('0')": "an environment variable",
    "row.replace('*/', '* /')": "what a comment says",
    "(doc[0] if doc else f'{plan.name}.').replace('*/', '* /')": "the author's docstring",
    "c.endswith('f')": "a number in a table of coefficients",
    "c.rstrip('f')": "a number in a table of coefficients",
    "name.startswith(('M_', 'Py'))": "a name that the author chose",
    "name.strip('|')": "the name of a size",
    "name.startswith('|')": "the name of a size",
    "'_into' in spell.helpers": "a set of helpers",
    "'device' in helpers": "a set of helpers",
    "'math' in helpers": "a set of helpers",
    "'device' in spell.helpers": "a set of helpers",
    "'_by_blocks' in found['helpers']": "a list of helpers",
    "plan.name.replace('_', ' ')": "the operator's name",
    "doc[0].replace('\\\\', '/')": "the author's docstring",
    "doc[0].replace('\\\\', '/').replace('\"\"\"', \"'''\")": "the author's docstring",
    "name.split('_')": "the operator's name",
    'w.rstrip("\'")': "a name of the program",
    "'{' in text": "a sentence for the user, in which values stand in braces",
}


def searches(source: str) -> Iterator[str]:
    """Imports of what reads code, and every look for fixed words in a text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            names = [module or ""] if module else [alias.name for alias in node.names]
            yield from (f"import {n}" for n in names if n.partition(".")[0] in PARSERS)
        elif isinstance(node, ast.Compare):
            looks = any(isinstance(op, ast.In | ast.NotIn) for op in node.ops)
            if looks and _is_text(node.left):
                yield ast.unparse(node)
        elif isinstance(node, ast.Call):
            search = isinstance(node.func, ast.Attribute) and node.func.attr in SEARCHES
            if search and any(map(_is_text, node.args[:1])):
                yield ast.unparse(node)


def _is_text(node: ast.expr) -> bool:
    """True for fixed words; a name that is put together is none."""
    if isinstance(node, ast.Tuple):
        return any(map(_is_text, node.elts))
    if isinstance(node, ast.JoinedStr):
        parts = [n.value for n in node.values if isinstance(n, ast.Constant)]
        return any(not f"a{part}".isidentifier() for part in parts)
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_no_room_that_prints_code_looks_for_words_in_it(path: Path) -> None:
    found = [s for s in searches(path.read_text(encoding="utf-8")) if s not in ALLOWED]
    assert not found, f"ask a node, or say in ALLOWED what text this is: {found}"


@pytest.mark.parametrize(
    "line",
    [
        'x = any(" first" in row for row in rows)', "import re", "from ast import parse",
        'if "where" not in body.code: pass', 'n = line.rfind(" + ")', 'x = row.partition("=")',
        'if written.startswith("-"): pass', "import re as expressions",
    ],
)  # fmt: skip
def test_such_a_look_is_seen(line: str) -> None:
    assert list(searches(line))


def test_every_text_that_is_searched_is_there() -> None:
    found = {s for path in FILES for s in searches(path.read_text(encoding="utf-8"))}
    assert found == set(ALLOWED)
