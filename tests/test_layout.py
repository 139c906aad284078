"""The layout is the design: order of imports, sizes of files, templates that only lay out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from jinja2 import nodes

from symderive.proofs.renderers.templates import environment

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "symderive"
ROOMS = (
    *("locks", "quiet", "errors", "index", "program", "trace", "frontends", "operators"),
    *("calculus", "stability", "schedule", "arrays", "loops", "targets", "emit", "proofs"),
    *("verify", "audit", "testing", "pytest_plugin", "derivation", "pipeline", "bench", "cli"),
)
MODULES = sorted(PACKAGE.rglob("*.py"))
TEMPLATES = sorted(p for p in (ROOT / "templates").rglob("*") if p.is_file())


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    """symderive/index/dims.py => index.dims, and symderive/index/__init__.py => index."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {dotted(path): path for path in MODULES}


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, module of the package) for each import of the package's own modules, wherever it
    stands: at the top, in a function, under a condition, for the type checker alone.
    """
    package = ["symderive", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == "symderive":
                    yield node.lineno, alias.name.partition(".")[2]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            full = [*base, *(node.module or "").split(".")] if node.module else base
            if full[:1] != ["symderive"]:
                continue
            for alias in node.names:
                submodule = ".".join([*full[1:], alias.name])
                yield node.lineno, submodule if submodule in NAMES else ".".join(full[1:])


def needs(name: str) -> set[str]:
    """The modules that one needs: what it imports, and the packages in which that lies. A module's
    own packages do not count where it names a neighbour: they are loaded before it.
    """
    found = set()
    for _, target in imports(NAMES[name]):
        parts = target.split(".")
        packages = {".".join(parts[:n]) for n in range(1, len(parts))}
        found |= {target, *(p for p in packages if not f"{name}.".startswith(f"{p}."))}
    return found - {name}


def test_the_order_of_imports_is_the_pipeline() -> None:
    wrong = []
    for path in MODULES:
        room = dotted(path).partition(".")[0]
        if not room or room == "__main__":  # the front door may name every room
            continue
        assert room in ROOMS, (
            f"{relative(path)} is in no room; say in ROOMS where it stands in the pipeline"
        )
        for line, target in imports(path):
            other = target.partition(".")[0]
            if other and ROOMS.index(other) > ROOMS.index(room):
                wrong.append(f"{relative(path)}:{line} imports {other}, which stands below {room}")
    assert not wrong, "\n".join(wrong)


def test_the_page_on_architecture_tells_the_rooms_in_order() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert tuple(re.findall(r"^\| `(\w+)/?` \|", page, re.M)) == ROOMS


def test_there_is_no_import_cycle() -> None:
    try:
        TopologicalSorter({name: needs(name) for name in NAMES}).prepare()
    except CycleError as error:
        pytest.fail(f"import cycle: {' <- '.join(n or 'symderive' for n in error.args[1])}")


def test_no_import_hides_in_a_text() -> None:
    """`import_module(".pipeline", "symderive")` is an import that the tests above do not see; the
    front door's stand under TYPE_CHECKING as well.
    """
    for name, path in NAMES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if name else ():
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if called.rpartition(".")[2] in ("import_module", "__import__"):
                assert isinstance(node, ast.Call) and isinstance(node.args[0], ast.Constant)
                assert node.args[0].value.partition(".")[0] not in ("", "symderive")


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_file_can_be_held_in_the_head(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= 350, "this file asks to be two"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            assert size <= 60, (
                f"line {node.lineno}: {node.name} has {size} lines and asks to be two"
            )


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_every_file_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_a_template_only_lays_out(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    tree = environment(path.relative_to(ROOT / "templates").parts[0]).parse(source)
    arithmetic = (
        nodes.Add,
        nodes.Sub,
        nodes.Mul,
        nodes.Div,
        nodes.FloorDiv,
        nodes.Mod,
        nodes.Pow,
        nodes.Neg,
    )
    for node in tree.find_all(arithmetic):
        pytest.fail(f"line {node.lineno}: {type(node).__name__}; arithmetic belongs to Python")
    for test in tree.find_all(nodes.Test):
        assert test.name in {"defined", "none"}, (
            f"line {test.lineno}: 'is {test.name}' decides by type"
        )
    for use in tree.find_all(nodes.Filter):
        calculates = {"int", "float", "round", "abs", "sum", "length", "count", "min", "max"}
        assert use.name not in calculates, f"line {use.lineno}: |{use.name} calculates"
    assert depth(tree) <= 2, "at most two levels of nesting"
    assert source.count("\n") <= 80, "a template is a page that resembles what it makes"


def depth(node: nodes.Node) -> int:
    """How deep loops and conditions nest."""
    inner = max((depth(child) for child in node.iter_child_nodes()), default=0)
    return inner + isinstance(node, nodes.For | nodes.If)
