"""The tuned form of the numpy target: blocks of rows give what whole arrays give."""

from __future__ import annotations

import subprocess
import sys
import threading
from functools import cache
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.operators import CATALOGUE
from symderive.verify.layouts import Sizes
from symderive.verify.sampling import draw, sizes_for, usual_range
from tests.operators.unseen import UNSEEN

pytestmark = pytest.mark.thinned(7)

Array = Any
IN_BLOCKS = [n for n in CATALOGUE if "_by_blocks(" in sd.derive(n).source("numpy-tuned")]
EVERY = [*IN_BLOCKS, *UNSEEN]


@cache
def pair_of(name: str) -> tuple[Any, Any, Any]:
    case = UNSEEN.get(name)
    return pair(case.forward, **case.domains) if case else pair(name)


def pair(subject: Any, **dims: Any) -> tuple[Any, Any, Any]:
    """A derivation, its tuned module with tiny blocks, and the plain one."""
    derivation = sd.derive(subject, **dims)
    tuned = derivation.build("numpy-tuned")
    tuned.module.LARGE, tuned.module.BLOCK = 1, 48  # bytes: a few numbers are many blocks
    return derivation, tuned, derivation.build("numpy")


def agree(found: Any, wanted: Any, dtype: Any) -> None:
    for a, b in zip(found, wanted, strict=True):
        if isinstance(a, tuple):  # the dtypes of the inputs
            assert a == b
            continue
        assert np.shape(a) == np.shape(b) and np.asarray(a).dtype == np.asarray(b).dtype
        near = 40 * np.finfo(dtype).eps
        np.testing.assert_allclose(a, b, rtol=near, atol=near * max(1, np.abs(b).max(initial=0)))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("name", EVERY)
def test_blocks_give_what_whole_arrays_give(name: str, dtype: Any) -> None:
    derivation, tuned, plain = pair_of(name)
    program, rng = derivation.program, np.random.default_rng(0)
    for number, longer in ((0, 0), (1, 0), (2, 0), (3, 3)):
        small = sizes_for(program, number)
        assert small is not None
        lengths = {n: length + longer for n, length in small.lengths.items()}
        point = draw(program, Sizes(lengths, small.batch), rng, usual_range(program, rng))
        inputs, dy = point.inputs(program, dtype), point.real_cotangent(program, dtype)
        y, residuals = plain.fwd(*inputs)
        value, saved = tuned.fwd(*inputs)
        agree((value, tuned(*inputs), *saved), (y, y, *residuals), dtype)
        agree(tuned.bwd(saved, dy), plain.bwd(residuals, dy), dtype)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2])
@pytest.mark.parametrize("name", ["softmax", "layer_norm"])
def test_any_axis_and_any_number_of_batch_dims(name: str, axis: int) -> None:
    _, tuned, plain = pair(name)
    x, dy = np.random.default_rng(1).standard_normal((2, 3, 4, 40))
    agree(tuned.bwd(tuned.fwd(x, axis=axis)[1], dy, axis=axis),
          plain.bwd(plain.fwd(x, axis=axis)[1], dy, axis=axis), float)  # fmt: skip


@pytest.mark.parametrize("shape", [(7,), (0, 3), (3, 0), (1, 50), (50, 1), (2, 3, 4, 5)])
def test_shapes_at_the_edges(shape: tuple[int, ...]) -> None:
    for name in ("silu", "gelu_tanh", "rms_norm"):
        _, tuned, plain = pair(name)
        x = np.random.default_rng(2).standard_normal(shape)
        agree(tuned.bwd(tuned.fwd(x)[1], x), plain.bwd(plain.fwd(x)[1], x), float)
        agree([tuned(x.T.copy().T)], [plain(x)], float)


@pytest.mark.parametrize("name", ["softmax", "layer_norm", "gelu_tanh"])
def test_threads_give_the_same_bits(name: str) -> None:
    _, tuned, _ = pair(name)
    x, dy = np.random.default_rng(5).standard_normal((2, 37, 41))
    seen, run = set(), tuned.module._each
    tuned.module._each = lambda *work: (seen.add(threading.get_ident()), run(*work))
    found = []
    for threads in (1, 2, 5):
        tuned.module.THREADS = threads
        value, saved = tuned.fwd(x)
        found.append([value, *saved, *tuned.bwd(saved, dy)])
    assert seen - {threading.get_ident()}  # this one, and at least one other
    for others in found[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(found[0], others, strict=True))


def test_what_numpy_raises_in_a_thread_is_raised_here() -> None:
    _, tuned, _ = pair("quick_gelu")
    tuned.module.THREADS = 2
    x = np.full((9, 4), 1.5e308)  # 1.702 x is more than float64 holds
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        tuned(x)


def test_dtypes_that_differ_promote_as_in_the_plain_form() -> None:
    _, tuned, plain = pair("prelu")
    x = np.random.default_rng(3).standard_normal((9, 4)).astype(np.float32)
    for a in (np.ones(4, np.float32), np.ones(4)):
        found, wanted = tuned(x, a), plain(x, a)
        assert found.dtype == wanted.dtype


def mixes_rows(x: Array) -> Array:
    return np.exp(x) * np.arange(x.shape[0])[:, None] + x.sum(axis=0)


def counts_rows(x: Array) -> Array:
    return np.exp(x) / x.shape[0] + np.tanh(x)


@pytest.mark.parametrize(("function", "divided"), [(mixes_rows, False), (counts_rows, True)])
def test_rows_that_depend_on_one_another_stay_together(function: Any, divided: bool) -> None:
    _, tuned, plain = pair(function, x="b n")
    assert ("_by_blocks(block, (x" in tuned.source) == divided  # how many there are is no row
    x = np.random.default_rng(4).standard_normal((30, 5))
    agree([tuned(x)], [plain(x)], float)


def test_the_text_is_formatted_and_says_how_it_was_made(tmp_path: Any) -> None:
    for name in IN_BLOCKS[::5]:
        text = sd.derive(name).source("numpy-tuned")
        assert f"symderive derive {name} --target numpy-tuned" in text
        (tmp_path / f"{name}.py").write_text(text)
    for check in (["format", "--check"], ["check", "--select", "E,F,I,B"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *check, "--line-length", "100", "-q", str(tmp_path)],
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("name", IN_BLOCKS)
def test_out_takes_arrays_for_the_results(name: str, dtype: Any) -> None:
    derivation, tuned, _ = pair(name)
    program, rng = derivation.program, np.random.default_rng(0)
    sizes = sizes_for(program, 0)
    assert sizes is not None
    point = draw(program, sizes, rng, usual_range(program, rng))
    inputs, dy = point.inputs(program, dtype), point.real_cotangent(program, dtype)
    wanted, residuals = tuned.fwd(*inputs)
    out = np.empty_like(wanted)
    assert tuned(*inputs, out=out) is out
    assert tuned.fwd(*inputs, out=out)[0] is out
    np.testing.assert_array_equal(out, wanted)
    gradients = tuned.bwd(residuals, dy)
    outs = tuple(map(np.empty_like, gradients))
    found = tuned.bwd(residuals, dy, out=outs)
    assert all(a is b for a, b in zip(found, outs, strict=True))
    agree(outs, gradients, dtype)
    for a, b in zip(outs, gradients, strict=True):
        np.testing.assert_array_equal(a, b)


def test_out_for_what_is_new_among_the_residuals() -> None:
    _, tuned, _ = pair("layer_norm_affine")
    x, weight, bias = np.random.default_rng(6).standard_normal((3, 5, 5))
    wanted, residuals = tuned.fwd(x, weight[0], bias[0])
    outs = np.empty_like(wanted), np.empty_like(residuals[1]), np.empty_like(residuals[2])
    y, saved = tuned.fwd(x, weight[0], bias[0], out=outs)
    assert y is outs[0] and saved[1] is outs[1] and saved[2] is outs[2]
    agree([y, *saved], [wanted, *residuals], float)


def test_an_out_that_will_not_do_is_refused() -> None:
    _, tuned, _ = pair("softmax")
    x = np.random.default_rng(7).standard_normal((6, 4))
    y, residuals = tuned.fwd(x)
    for wrong in (np.empty((6, 5)), np.empty((6, 4), np.float32), [[0.0] * 4] * 6):
        with pytest.raises(ValueError, match="out must be an array of float64"):
            tuned(x, out=wrong)
    with pytest.raises(ValueError, match="share memory"):
        tuned(x, out=x)
    with pytest.raises(ValueError, match="share memory"):
        tuned.bwd(residuals, x, out=y)


def takes_an_out(x: Array, out: Array) -> Array:
    return np.exp(x) * np.tanh(out)


def test_an_operator_with_an_array_of_that_name_has_no_out() -> None:
    _, tuned, plain = pair(takes_an_out, x="b n", out="b n")
    x, out = np.random.default_rng(8).standard_normal((2, 6, 4))
    agree([tuned(x, out=out)], [plain(x, out)], float)


def test_the_value_alone_keeps_no_large_residual() -> None:
    text = sd.derive("silu").source("numpy-tuned")
    value = text[text.index("def silu(") : text.index("def silu_fwd(")]
    assert "_by_blocks(block, (x, y), 0)" in value and "s = _sigmoid(x)" in value
    text = sd.derive("softmax").source("numpy-tuned")  # y is all that it saves
    value = text[text.index("def softmax(") : text.index("def softmax_fwd(")]
    assert "y, _ = softmax_fwd(x, axis=axis, out=out)" in value


@pytest.mark.parametrize("name", ["silu", "cross_entropy", "layer_norm_affine", "logsumexp"])
def test_the_value_alone_is_that_of_the_forward(name: str) -> None:
    derivation, tuned, plain = pair(name)
    program, rng = derivation.program, np.random.default_rng(0)
    sizes = sizes_for(program, 3)
    assert sizes is not None
    lengths = {n: length + 9 for n, length in sizes.lengths.items()}
    for dtype in (np.float16, np.float32, np.float64):
        drawn = draw(program, Sizes(lengths, sizes.batch), rng, usual_range(program, rng))
        inputs = drawn.inputs(program, dtype)
        found, wanted = tuned(*inputs), plain(*inputs)
        agree([found, tuned.fwd(*inputs)[0]], [wanted, wanted], dtype)
        out = np.empty_like(found)
        assert tuned(*inputs, out=out) is out
        np.testing.assert_array_equal(out, found)
