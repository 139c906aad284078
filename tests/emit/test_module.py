"""Generated modules of derivations written by hand: right, stable, formatted, and readable."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from symderive.emit import build, module_text, template_folder
from symderive.errors import InputError
from symderive.index.nodes import Tensor, idx
from tests.emit.reference import Reference
from tests.emit.written import ALL, BATCH, N, assign, at, derived

RUFF = shutil.which("ruff", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
BATCHES = [(), (3,), (2, 3), (1,)]


@pytest.mark.parametrize("batch", BATCHES, ids=str)
@pytest.mark.parametrize("name", ALL)
def test_the_module_computes_what_the_derivation_says(name: str, batch: tuple[int, ...]) -> None:
    derived = ALL[name]()
    reference = Reference(derived, batch)
    kernel = build(module_text(derived), derived.forward.name)
    value, residuals = kernel.fwd(*reference.inputs)
    np.testing.assert_allclose(value, reference.output, rtol=1e-12)
    np.testing.assert_allclose(kernel(*reference.inputs), reference.output, rtol=1e-12)
    gradients = kernel.bwd(residuals, reference.cotangent)
    assert [np.shape(g) for g in gradients] == [np.shape(g) for g in reference.gradients]
    for ours, theirs in zip(gradients, reference.gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_the_layer_class_gives_the_same_gradients(name: str) -> None:
    derived = ALL[name]()
    reference = Reference(derived)
    kernel = build(module_text(derived), derived.forward.name)
    layer = vars(kernel.module)["".join(p.capitalize() for p in derived.forward.name.split("_"))]()
    np.testing.assert_allclose(layer.forward(*reference.inputs), reference.output, rtol=1e-12)
    found = layer.backward(reference.cotangent)
    found = found if isinstance(found, tuple) else (found,)
    for ours, theirs in zip(found, reference.gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_float32_stays_float32(name: str) -> None:
    derived = ALL[name]()
    reference = Reference(derived)
    kernel = build(module_text(derived), derived.forward.name)
    inputs = [a.astype("f4") if a.dtype.kind == "f" else a for a in reference.inputs]
    value, residuals = kernel.fwd(*inputs)
    gradients = kernel.bwd(residuals, reference.cotangent.astype("f4"))
    assert {np.asarray(a).dtype for a in (value, *gradients)} == {np.dtype("f4")}


def test_any_axis_of_an_operator_with_one() -> None:
    derived = ALL["softmax_axis"]()
    kernel = build(module_text(derived), "softmax")
    x, dy = np.random.default_rng(1).normal(size=(2, 3, 4, 5))
    for axis in (0, 1, 2, -1, -2):
        moved = np.moveaxis(x, axis, -1)
        value, residuals = kernel.fwd(x, axis=axis)
        np.testing.assert_allclose(np.moveaxis(value, axis, -1), kernel(moved))
        last, kept = kernel.fwd(moved)
        expected = kernel.bwd(kept, np.moveaxis(dy, axis, -1))[0]
        found = kernel.bwd(residuals, dy, axis=axis)[0]
        np.testing.assert_allclose(np.moveaxis(found, axis, -1), expected, atol=1e-15)
        assert last.shape == moved.shape


def test_a_form_that_needs_the_last_axis_moves_it_there() -> None:
    dims = (BATCH, N)
    x, y, dx, dy = (Tensor(t, dims) for t in ("x", "y", "dx", "dy"))
    here = at(dims)
    forward = [assign(y, idx(here[1]) * x[here])]
    kernel = build(
        module_text(
            derived("ramp", [x], forward, [assign(dx, idx(here[1]) * dy[here])], axis=True)
        ),
        "ramp",
    )
    array = np.random.default_rng(2).normal(size=(4, 3, 2))
    ramp = np.arange(4.0)[:, None, None]
    value, residuals = kernel.fwd(array, axis=0)
    np.testing.assert_allclose(value, ramp * array)
    np.testing.assert_allclose(kernel.bwd(residuals, array, axis=0)[0], ramp * array)


def test_the_backward_of_softmax_is_the_two_lines_of_a_textbook() -> None:
    text = module_text(ALL["softmax"]())
    body = text[text.index("tuple(g.astype(dy.dtype)") : text.index("class Softmax")]
    lines = [line.split("  #")[0].strip() for line in body.splitlines() if line.strip()]
    assert lines[1:] == [
        "inner = np.vecdot(y, dy, keepdims=True)",
        "return (y * (dy - inner),)",
    ]


@pytest.mark.parametrize("name", ALL)
def test_the_text_is_the_same_every_time(name: str) -> None:
    assert module_text(ALL[name]()) == module_text(ALL[name]())


def test_the_text_is_the_same_in_another_process() -> None:
    code = (
        "from symderive.emit import module_text; from tests.emit.written import ALL; "
        "print(''.join(module_text(make()) for make in ALL.values()), end='')"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert runs[0] == runs[1] == "".join(module_text(make()) for make in ALL.values())


@pytest.mark.skipif(RUFF is None, reason="ruff is not installed")
@pytest.mark.parametrize("name", ALL)
def test_the_text_is_formatted_and_lints_clean(name: str, tmp_path: Path) -> None:
    file = tmp_path / "made.py"
    file.write_text(module_text(ALL[name]()))
    common = ["--isolated", "--line-length", "100", str(file)]
    lint = [str(RUFF), "check", "--select", "E,F,W,I,B,UP", "--ignore", "E741", *common]
    for command in (lint, [str(RUFF), "format", "--diff", *common]):
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ALL)
def test_no_parentheses_that_python_does_not_need(name: str) -> None:
    for line in module_text(ALL[name]()).splitlines():
        code = line.split("  #")[0].strip()
        if not re.match(r"(return|\w+ =) ", code) or code.endswith("("):
            continue
        for start in [m.start() for m in re.finditer(r"(?<![\w\]])\(", code)]:
            end = _closing(code, start)
            if code[start - 7 : start] == "return ":
                continue  # a tuple may stand in parentheses
            bare = code[:start] + code[start + 1 : end] + code[end + 1 :]
            assert not _same(code, bare), f"{code}: ({code[start + 1 : end]})"


def _closing(code: str, start: int) -> int:
    depth = 0
    for place in range(start, len(code)):
        depth += {"(": 1, ")": -1}.get(code[place], 0)
        if not depth:
            return place
    raise AssertionError(code)


def _same(one: str, other: str) -> bool:
    try:
        trees = [
            ast.dump(ast.parse(c.removeprefix("return ").split(" = ")[-1])) for c in (one, other)
        ]
    except SyntaxError:
        return False
    return trees[0] == trees[1]


def test_a_wrong_number_of_dims_is_refused_by_name() -> None:
    kernel = build(module_text(ALL["layer_norm"]()), "layer_norm")
    with pytest.raises(ValueError, match=r"layer_norm takes x \(b, n\), w \(n\)"):
        kernel(np.ones(3), np.ones(3), np.ones(3))


def test_an_unknown_target_names_the_known_ones() -> None:
    with pytest.raises(InputError, match="numpy"):
        module_text(ALL["softmax"](), target="numpi")


def test_templates_hold_no_arithmetic_and_ask_no_types() -> None:
    for file in sorted(template_folder().glob("numpy/*.j2")):
        tags = re.findall(r"{[{%](.*?)[}%]}", file.read_text(), flags=re.S)
        for tag in tags:
            assert not re.search(r"[*/+]|\bis\b|\d", re.sub(r'"[^"]*"', "", tag)), (
                f"{file.name}: {tag}"
            )
            assert " - " not in tag, f"{file.name}: {tag}"
