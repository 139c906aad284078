"""What a random program may say: a line of NumPy a row, with a letter where an operand goes.

{a} {b} {c} any real array; {v} an array with an axis, {s} one with two axes of one length; {o} one
that may be written to; {m} a condition; {t} labels; {i} an axis; {k} a small number; {f} a helper.
A row that does not run where it is put is not taken, so that the rows need no rule of shapes.
"""

from __future__ import annotations

HELPERS = """import numpy as np


def soft(u, axis=-1):
    e = np.exp(u - np.max(u, axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def norm(u):
    c = u - u.mean(-1, keepdims=True)
    return c / np.sqrt((c * c).mean(-1, keepdims=True) + 0.1)


def gate(u):
    return u / (1 + np.exp(-u))


def gelu(u):
    return 0.5 * u * (1 + np.tanh(0.8 * (u + 0.04 * u**3)))


def spread(u):
    return u.max(-1, keepdims=True) - u.min(-1, keepdims=True)


def share(u):
    return np.abs(u) / (1e-2 + np.abs(u).sum(-1, keepdims=True))


def steps(u):
    for k in range(3):
        u = u + 0.3 * np.sin(u + k)
    return u


"""
NAMES = ("soft", "norm", "gate", "gelu", "spread", "share", "steps")

NEW = (  # a new name for a value
    "{f}({a})",
    "{f}({a}) * {b}",
    "{a} + {b}",
    "{a} - 0.5 * {b}",
    "{a} * {b}",
    "{a} * {a}",
    "{a} / (1.5 + {b} ** 2)",
    "{a} / (1 + np.exp(-{b}))",
    "{a} * {b} / (1 + np.exp(-{a}))",
    "np.tanh({a} * {b} + {k})",
    "np.exp(0.3 * {a}) - {b}",
    "np.log1p({a} ** 2)",
    "np.log(np.exp({a}) + np.exp({b}))",
    "np.logaddexp({a}, {b})",
    "np.logaddexp({a}, {a})",
    "np.sqrt(1 + {a} ** 2)",
    "np.hypot({a}, 1 + {b} ** 2)",
    "np.arctan2({a}, 2 + np.cos({b}))",
    "np.maximum({a}, {b})",
    "np.minimum({a}, 0.3 * {b})",
    "np.maximum({a}, {a})",
    "np.clip({a}, -0.7, 0.9)",
    "np.abs({a}) + {b}",
    "(1 + {a} ** 2) ** (0.5 * {b})",
    "np.where({m}, {a}, {b})",
    "np.where({m}, {a} * {b}, 0)",
    "np.where({m} & ({b} < 0.6), {a}, 0.2)",
    "({m}) * {a}",
    "{v}.max(-1)",
    "{v}.max(-1, keepdims=True) * {b}",
    "{v}.min({i}) - {v}.max({i})",
    "({a} - {v}.max(-1, keepdims=True)) * {v}.max(-1, keepdims=True)",
    "np.max({a} * {b}, axis=-1)",
    "np.ptp({v}, axis={i})",
    "{v}.sum({i})",
    "{v}.mean({i}, keepdims=True) + {a}",
    "{v}.var(-1) + {k}",
    "np.std({v}, axis={i}) * {b}",
    "np.prod(1 + 0.2 * {v}, axis=-1)",
    "np.cumsum({v}, axis={i})",
    "np.cumsum({v}[..., ::-1], axis=-1)[..., ::-1]",
    "np.cumprod(1 + 0.1 * {v}, axis=-1)",
    "np.linalg.norm({v}, axis=-1)",
    "np.diff({v}, axis={i})",
    "np.diff(np.concatenate([{v}, {v}], axis=-1))",
    "{v} @ {c}",
    "{v} @ {v}.T",
    "{v} @ np.swapaxes({v}, -1, -2) @ {v}",
    "np.einsum('...i,...i->...', {v}, {v})",
    "np.einsum('ij,ik->jk', {v}, {c})",
    "np.einsum('ij,ij->i', {v}, {c})",
    "np.einsum('ii->i', {s})",
    "np.einsum('ij,ji->', {s}, {s})",
    "np.einsum('ij,j,kj->ik', {v}, {c}, {v})",
    "np.outer({v}, {c})",
    "np.dot({v}, {c})",
    "np.tensordot({v}, {c}, axes=1)",
    "np.concatenate([{v}, {c}], axis=-1)",
    "np.concatenate([{v}, {v}], axis={i})",
    "np.concatenate([{v}, np.ones_like({v}[..., :1])], axis=-1)",
    "np.stack([{a}, {a} * {b}], axis=-1)",
    "np.stack([{a}, {b}])",
    "np.hstack([{v}, {c}])",
    "np.pad({v}, 1)",
    "np.pad({v}, 0) * {k}",
    "np.flip({v}, {i})",
    "np.roll({v}, 1, axis={i})",
    "np.roll({v}, -2, axis=-1) - {v}",
    "np.tril({s})",
    "np.triu({s}, 1)",
    "np.trace({s}) * {b}",
    "np.trace({s}[1:, 1:])",
    "np.diag({v})",
    "np.diagonal({s}) * {b}",
    "np.split({v}, 2, axis=-1)[1]",
    "np.take({v}, [0, 1, 0], axis=-1)",
    "{v}[..., 1:] - {v}[..., :-1]",
    "{v}[..., 1:] * {v}[..., 1:].sum(-1, keepdims=True)",
    "(({v}[..., :-1] ** 2).sum(-1) + {v}[..., -1])",
    "{v}[1:] @ {c}",
    "{v}[0] * {b}",
    "{v}[-1] + {a}",
    "{v}[:, None] - {c}",
    "{v}[:, None] * {c}[None]",
    "{v}[{t}]",
    "{v}[np.arange(len({t})), {t}]",
    "{v}[{t}][:, 1:]",
    "{v}[..., {t}] * {k}",
    "np.arange({v}.shape[-1]) * {v}",
    "{v} @ np.eye({v}.shape[-1])",
    "(np.arange({v}.shape[-1]) > 0) * {v}",
    "sum({a} ** k for k in range(1, 3))",
    "sum({v}[..., k] * (k + 1) for k in range(2))",
)
MERGING = (  # axes that hold several dims: rare, since little can be done with them
    "np.repeat({v}, 2, axis={i})",
    "np.tile({v}, 2)",
    "np.kron({v}, {c})",
    "{v}.reshape(-1)",
    "{v}.reshape(-1, 1) * {c}",
    "{v}.ravel()[::-1]",
    "np.outer({v}, {v}).reshape(-1)",
    "{v}.T.reshape(-1)",
    "np.ravel({v})",
)
VIEWS = (  # a second name for the same memory, or a copy: NumPy decides
    "{v}.T",
    "{v}[..., ::-1]",
    "{v}[..., 1:]",
    "{v}[..., None]",
    "{v}[0]",
    "{v}.swapaxes(0, -1)",
    "np.broadcast_to({v}, (2, *{v}.shape))",
    "np.diagonal({s})",
    "np.squeeze({v}[..., :1])",
    "np.expand_dims({a}, 0)",
    "np.lib.stride_tricks.sliding_window_view({v}, 2, axis=-1)",
    "np.flip({v}, -1)",
    "np.atleast_2d({v})",
    "{a}.copy()",
    "{a}[...]",
    "np.asarray({a})",
    "np.transpose({v})",
    "np.split({v}, 2, axis=-1)[0]",
    "np.rot90({v})",
)
WRITES = (  # statements that change an array where it is
    "{o} *= 1.5",
    "{o} += {a}",
    "{o} -= 0.2 * {o}",
    "{o} /= 1.2 + {a} ** 2",
    "{o}[...] = {a}",
    "{o}[..., 0] = {a}",
    "{o}[..., 0] *= 2",
    "{o}[1:] += {a}",
    "{o}[-1] -= {a}",
    "{o}[..., 1:] *= {a}",
    "{o}[..., ::-1] += {a}",
    "{o}[{o} < 0] *= 0.3",
    "{o}[{m}] = 0.4",
    "{o}[0], {o}[1] = {o}[1] * 1.0, {o}[0] * 1.0",
    "{o} = {o} + {a}",
    "np.add.at({o}, {t}, {a})",
    "np.multiply({o}, {a}, out={o})",
    "np.exp(0.2 * {o}, out={o})",
    "for k in range(2):\n    {o}[..., k] += 0.5 * {o}[..., k + 1]",
    "for k in range(3):\n    {o} = {o} * 0.6 + np.cos({a} + k)",
    "for row in ({a}, {b}):\n    {o} = {o} + 0.5 * row",
)
CONDITIONS = (
    "{a} > 0.1",
    "{a} <= {b}",
    "{a} >= {v}.mean(-1, keepdims=True)",
    "{v} == {v}.max(-1, keepdims=True)",
    "({a} > 0) | ({b} > 0.5)",
    "~({a} < -0.2)",
    "np.abs({a}) < 0.8",
    "np.arange({v}.shape[-1]) > 1",
    "np.eye({s}.shape[-1]) == 0",
    "np.tri({s}.shape[-1]) > 0",
)
