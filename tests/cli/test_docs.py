"""What the pages say is what happens: their blocks and their commands are run."""

from __future__ import annotations

import importlib.util
import re
import shlex
from operator import attrgetter
from pathlib import Path

import jinja2
import numpy as np
import pytest

from symderive import emit
from symderive.frontends import registry
from symderive.index.functions import FUNCTIONS
from symderive.index.nodes import KNOWN
from symderive.operators import CATALOGUE
from symderive.targets import TARGETS

from .conftest import Run

pytestmark = pytest.mark.thinned(2)

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh.md")


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)


def test_the_page_on_adding_works(monkeypatch: pytest.MonkeyPatch) -> None:
    page = ROOT / "docs" / "adding.md"
    (template,) = blocks(page, "jinja")
    own = jinja2.DictLoader({"outline/module.txt.j2": template})
    loaders = [own, emit.environment().loader]
    monkeypatch.setattr(emit.environment(), "loader", jinja2.ChoiceLoader(loaders))
    namespace: dict[str, object] = {}
    kept_tables = (CATALOGUE, TARGETS, registry.RULES, FUNCTIONS, KNOWN)
    tables = [(table, dict(table)) for table in kept_tables]
    try:
        for block in blocks(page, "python"):
            exec(compile(block, str(page), "exec"), namespace)
    finally:
        for table, kept in tables:
            table.clear()
            table.update(kept)


def test_the_page_on_architecture_prints_what_it_shows(capsys: pytest.CaptureFixture[str]) -> None:
    page = ROOT / "docs" / "architecture.md"
    namespace: dict[str, object] = {"__name__": "page"}
    pairs = re.findall(
        r"^```python\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?", page.read_text("utf-8"), re.M | re.S
    )
    assert len(pairs) > 9
    for code, shown in pairs:
        exec(compile(code, str(page), "exec"), namespace)
        assert capsys.readouterr().out == shown, code


def test_the_page_on_array_libraries_works() -> None:
    page = ROOT / "docs" / "array-libraries.md"
    (block,) = blocks(page, "python")
    exec(compile(block, str(page), "exec"), {})


@pytest.mark.parametrize("name", READMES)
def test_a_readme_does_what_it_says(name: str, run: Run, tmp_path: Path) -> None:
    namespace: dict[str, object] = {}
    for block in blocks(ROOT / name, "python"):
        if block.startswith("# layers.py"):
            (tmp_path / "layers.py").write_text(block)
        exec(compile(block, name, "exec"), namespace)
    commands = [
        line.partition("  #")[0]
        for block in blocks(ROOT / name, "")
        for line in block.splitlines()
        if line.startswith("symderive ")
    ]
    assert len(commands) >= 3
    for command in commands:
        assert run(*shlex.split(command)[1:]).status == 0, command


@pytest.mark.parametrize("name", [*READMES, *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md"))])
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{name} links to {target}"


def test_the_page_on_audits_does_what_it_says(run: Run, tmp_path: Path) -> None:
    page = ROOT / "docs" / "audit.md"
    layers = blocks(page, "python")[0]
    (tmp_path / "layers.py").write_text(layers)
    spec = importlib.util.spec_from_file_location("layers_of_the_page", tmp_path / "layers.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for block in blocks(page, "python")[1:]:
        exec(compile(block, str(page), "exec"), vars(module))
    commands = "".join(blocks(page, "shell")).splitlines()
    assert len(commands) == 5
    for command in commands:
        assert run(*shlex.split(command)[1:]).status == 0, command


def test_the_hook_runs_a_command_that_there_is(run: Run, tmp_path: Path) -> None:
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    (entry,) = re.findall(r"entry: symderive (.*)", hooks)
    (tmp_path / "own.py").write_text("x = 1\n")
    assert run(*shlex.split(entry), "own.py").status == 0


def test_both_readmes_give_the_same_commands() -> None:
    first, second = ([b for b in blocks(ROOT / n, "") if "#" not in b] for n in READMES)
    assert first == second


def test_the_page_on_forwards_works_and_names_what_there_is() -> None:
    page = ROOT / "docs" / "forward.md"
    for block in blocks(page, "python"):
        exec(compile(block, str(page), "exec"), {"__name__": "page"})
    listed = page.read_text(encoding="utf-8").partition("<!-- functions -->")[2]
    named = re.findall(r"`([a-z_0-9.]+)`", listed.partition("\n\n")[0])
    assert set(named) <= set(registry.RULES) and len(named) == len(set(named)) > 120
    for name in named:
        module = np.lib.stride_tricks if name == "sliding_window_view" else np
        assert callable(attrgetter(name)(module)), name
