"""Layers whose backward is right, many of them in unusual ways."""

from __future__ import annotations

import numpy as np

import symderive as sd
from tests.audit.helpers import log_sum_exp, sigmoid, softmax

LABELS = sd.integers("b", below="n")


class Softmax:
    def __init__(self):
        self.params, self.grads = [], []
        self.out = None

    def forward(self, x):
        self.out = softmax(x)
        return self.out

    def backward(self, dout):
        dx = self.out * dout
        sumdx = np.sum(dx, axis=1, keepdims=True)
        dx -= self.out * sumdx
        return dx


class SoftmaxByJacobian:
    """The whole Jacobian, diag(y) - y yᵀ, for every row."""

    def forward(self, x):
        e = np.exp(x)
        self.y = e / e.sum(axis=1, keepdims=True)
        return self.y

    def backward(self, dout):
        eye = np.eye(self.y.shape[1])
        jacobian = self.y[:, :, None] * (eye[None, :, :] - self.y[:, None, :])
        return np.einsum("bi,bij->bj", dout, jacobian)


class SoftmaxOfARow:
    """As answers to questions have it."""

    def forward(self, x):
        e = np.exp(x - np.max(x))
        self.s = e / e.sum()
        return self.s

    def backward(self, dout):
        s = self.s.reshape(-1, 1)
        return (np.diagflat(s) - np.dot(s, s.T)) @ dout


class SoftmaxByLoops(SoftmaxOfARow):
    """Decided for one length, by numbers for the others."""

    def backward(self, dout):
        p = self.s
        jacobian = np.zeros((len(p), len(p)))
        for i in range(len(p)):
            for j in range(len(p)):
                jacobian[i, j] = p[i] * (1 - p[i]) if i == j else -p[i] * p[j]
        return jacobian @ dout


class LogSoftmax:
    def forward(self, x):
        self.out = x - log_sum_exp(x)
        return self.out

    def backward(self, dout):
        return dout - np.exp(self.out) * dout.sum(axis=-1, keepdims=True)


class LogSumExp:
    def forward(self, x):
        m = x.max(axis=1, keepdims=True)
        self.e = np.exp(x - m)
        self.s = self.e.sum(axis=1)
        return np.log(self.s) + m[:, 0]

    def backward(self, dout):
        return (dout / self.s)[:, np.newaxis] * self.e


class Sigmoid:
    def forward(self, x):
        out = 1 / (1 + np.exp(-x))
        self.out = out
        return out

    def backward(self, dout):
        return dout * (1.0 - self.out) * self.out


class SigmoidByExp:
    def forward(self, x):
        self.e = np.exp(-x)
        return 1 / (1 + self.e)

    def backward(self, dout):
        return dout * self.e / (1 + self.e) ** 2


class Tanh:
    def forward(self, x):
        self.out = np.tanh(x)
        return self.out

    def backward(self, dout):
        return dout * (1 + self.out) * (1 - self.out)


class Relu:
    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dx = dout.copy()
        dx[self.mask] = 0
        return dx


class ReluByOutput:
    def forward(self, x):
        self.out = np.maximum(x, 0)
        return self.out

    def backward(self, dout):
        return np.where(self.out > 0, dout, 0)


class LeakyRelu:
    def __init__(self, slope=0.01):
        self.slope = slope

    def forward(self, x):
        self.x = x
        return np.maximum(x, self.slope * x)

    def backward(self, dout):
        return dout * np.where(self.x > 0, 1.0, self.slope)


class Elu:
    def forward(self, x):
        self.x = x
        self.out = np.where(x > 0, x, np.exp(x) - 1)
        return self.out

    def backward(self, dout):
        return np.where(self.x > 0, dout, dout * (self.out + 1))


class Swish:
    def forward(self, x):
        self.s = sigmoid(x)
        self.out = x * self.s
        return self.out

    def backward(self, dout):
        return dout * (self.out + self.s * (1 - self.out))


class GeluTanh:
    def forward(self, x):
        self.x = x
        self.t = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
        return 0.5 * x * (1 + self.t)

    def backward(self, dout):
        inner = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * self.x**2)
        return dout * 0.5 * (1 + self.t + self.x * (1 - self.t**2) * inner)


class Softplus:
    def forward(self, x):
        self.e = np.exp(x)
        return np.log(1 + self.e)

    def backward(self, dout):
        return dout - dout / (1 + self.e)


class MatMul:
    def __init__(self, W):
        self.params = [W]
        self.grads = [np.zeros_like(W)]
        self.x = None

    def forward(self, x):
        (W,) = self.params
        out = np.dot(x, W)
        self.x = x
        return out

    def backward(self, dout):
        (W,) = self.params
        dx = np.dot(dout, W.T)
        dW = np.dot(self.x.T, dout)
        self.grads[0][...] = dW
        return dx


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b
        self.x = None
        self.original_x_shape = None
        self.dW = None
        self.db = None

    def forward(self, x):
        self.original_x_shape = x.shape
        self.x = x.reshape(x.shape[0], -1)
        return np.dot(self.x, self.W) + self.b

    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return dx.reshape(*self.original_x_shape)


class TimeAffine:
    """Batch and time merged; gradients in lists beside the parameters."""

    def __init__(self, W, b):
        self.params = [W, b]
        self.grads = [np.zeros_like(W), np.zeros_like(b)]

    def forward(self, x):
        N, T, _ = x.shape
        W, b = self.params
        self.x = x
        return (np.dot(x.reshape(N * T, -1), W) + b).reshape(N, T, -1)

    def backward(self, dout):
        N, T, _ = self.x.shape
        W, _ = self.params
        flat = dout.reshape(N * T, -1)
        rows = self.x.reshape(N * T, -1)
        self.grads[0][...] = np.dot(rows.T, flat)
        self.grads[1][...] = np.sum(flat, axis=0)
        return np.dot(flat, W.T).reshape(*self.x.shape)


class RNN:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        h_next = np.tanh(np.dot(h_prev, Wh) + np.dot(x, Wx) + b)
        self.cache = (x, h_prev, h_next)
        return h_next

    def backward(self, dh_next):
        Wx, Wh, _ = self.params
        x, h_prev, h_next = self.cache
        dt = dh_next * (1 - h_next**2)
        self.grads[0][...] = np.dot(x.T, dt)
        self.grads[1][...] = np.dot(h_prev.T, dt)
        self.grads[2][...] = np.sum(dt, axis=0)
        return np.dot(dt, Wx.T), np.dot(dt, Wh.T)


class LayerNorm:
    def __init__(self, gamma, beta, eps=1e-5):
        self.gamma, self.beta, self.eps = gamma, beta, eps

    def forward(self, x):
        mu = x.mean(axis=-1, keepdims=True)
        self.rstd = 1 / np.sqrt(((x - mu) ** 2).mean(axis=-1, keepdims=True) + self.eps)
        self.h = (x - mu) * self.rstd
        return self.gamma * self.h + self.beta

    def backward(self, dout):
        self.dgamma = (dout * self.h).sum(axis=0)
        self.dbeta = dout.sum(axis=0)
        g = dout * self.gamma
        means = g.mean(axis=-1, keepdims=True), (g * self.h).mean(axis=-1, keepdims=True)
        return (g - means[0] - self.h * means[1]) * self.rstd


class LayerNormThreePaths:
    """Through x hat, through the mean, through the variance, as papers write it."""

    def forward(self, x):
        self.n = x.shape[1]
        self.mu = np.mean(x, axis=1, keepdims=True)
        self.xc = x - self.mu
        self.var = np.mean(self.xc**2, axis=1, keepdims=True)
        self.std = np.sqrt(self.var + 1e-5)
        return self.xc / self.std

    def backward(self, dout):
        dvar = np.sum(dout * self.xc, axis=1, keepdims=True) * -0.5 * self.std**-3
        dmu = -np.sum(dout / self.std, axis=1, keepdims=True)
        dmu += dvar * np.mean(-2 * self.xc, axis=1, keepdims=True)
        return dout / self.std + dvar * 2 * self.xc / self.n + dmu / self.n


class BatchNorm:
    def __init__(self, gamma, beta, momentum=0.9, running_mean=None, running_var=None):
        self.gamma, self.beta, self.momentum = gamma, beta, momentum
        self.input_shape = None
        self.running_mean, self.running_var = running_mean, running_var
        self.dgamma = None
        self.dbeta = None

    def forward(self, x, train_flg=True):
        self.input_shape = x.shape
        if x.ndim != 2:
            N = x.shape[0]
            x = x.reshape(N, -1)
        return self.__forward(x, train_flg).reshape(*self.input_shape)

    def __forward(self, x, train_flg):
        if self.running_mean is None:
            _, D = x.shape
            self.running_mean = np.zeros(D)
            self.running_var = np.zeros(D)
        if train_flg:
            mu = x.mean(axis=0)
            xc = x - mu
            var = np.mean(xc**2, axis=0)
            std = np.sqrt(var + 10e-7)
            xn = xc / std
            self.batch_size = x.shape[0]
            self.xc, self.xn, self.std = xc, xn, std
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mu
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        else:
            xn = (x - self.running_mean) / np.sqrt(self.running_var + 10e-7)
        return self.gamma * xn + self.beta

    def backward(self, dout):
        dxn = self.gamma * dout
        dxc = dxn / self.std
        dstd = -np.sum((dxn * self.xc) / (self.std * self.std), axis=0)
        dvar = 0.5 * dstd / self.std
        dxc += (2.0 / self.batch_size) * self.xc * dvar
        dmu = np.sum(dxc, axis=0)
        self.dgamma = np.sum(self.xn * dout, axis=0)
        self.dbeta = dout.sum(axis=0)
        return dxc - dmu / self.batch_size


class BatchNormShort:
    def forward(self, x):
        self.n = len(x)
        self.std = np.sqrt(x.var(axis=0) + 1e-5)
        self.xhat = (x - x.mean(axis=0)) / self.std
        return self.xhat

    def backward(self, dout):
        total = self.n * dout - dout.sum(axis=0) - self.xhat * (dout * self.xhat).sum(axis=0)
        return total / (self.n * self.std)


class RMSNorm:
    def __init__(self, w):
        self.w = w

    def forward(self, x):
        self.x = x
        self.r = 1 / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + 1e-6)
        return x * self.r * self.w

    def backward(self, dy):
        m = dy * self.w
        self.dw = np.sum(dy * self.x * self.r, axis=0)
        return self.r * (m - self.x * self.r**2 * np.mean(m * self.x, axis=-1, keepdims=True))


class Embedding:
    def __init__(self, W):
        self.params = [W]
        self.grads = [np.zeros_like(W)]
        self.idx = None

    def forward(self, idx):
        (W,) = self.params
        self.idx = idx
        return W[idx]

    def backward(self, dout):
        (dW,) = self.grads
        dW[...] = 0
        np.add.at(dW, self.idx, dout)
        return None


class CrossEntropy:
    """Without a guard inside the logarithm; the cotangent has a default, and is used."""

    def forward(self, x, t):
        self.t, self.y = t, softmax(x)
        self.batch_size = x.shape[0]
        return -np.sum(np.log(self.y[np.arange(self.batch_size), t])) / self.batch_size

    def backward(self, dout=1):
        dx = self.y.copy()
        dx[np.arange(self.batch_size), self.t] -= 1
        dx *= dout
        return dx / self.batch_size


class CrossEntropyDefaultCotangent(CrossEntropy):
    """Right for its default dout=1 alone: no code calls it otherwise."""

    def backward(self, dout=1):
        dx = self.y.copy()
        dx[np.arange(self.batch_size), self.t] -= 1
        return dx / self.batch_size


class CrossEntropyOneHot:
    def forward(self, x, t):
        self.y, self.t = softmax(x), t
        return -(t * np.log(self.y)).sum() / x.shape[0]

    def backward(self, dout):
        total = self.t.sum(axis=1, keepdims=True)
        return dout * (self.y * total - self.t) / self.y.shape[0]


class BinaryCrossEntropy:
    """On logits: σ(x) - t."""

    def forward(self, x, t):
        self.t, self.y = t, 1 / (1 + np.exp(-x))
        return -np.mean(t * np.log(self.y) + (1 - t) * np.log(1 - self.y))

    def backward(self, dout=1):
        return dout * (self.y - self.t) / self.t.size


class MeanSquaredError:
    def forward(self, x, t):
        self.d = x - t
        return np.mean(self.d**2)

    def backward(self, dout=1):
        g = 2 * self.d * dout / self.d.size
        return g, -g


class Normalise:
    """x / |x|: what lies along the output is projected out."""

    def forward(self, x):
        self.r = np.linalg.norm(x, axis=1, keepdims=True)
        self.y = x / self.r
        return self.y

    def backward(self, dout):
        along = (dout * self.y).sum(axis=1, keepdims=True)
        return (dout - along * self.y) / self.r


class Cosine:
    def forward(self, x, y):
        self.x, self.y = x, y
        self.a = np.sqrt(np.sum(x * x, axis=-1))
        self.b = np.sqrt(np.sum(y * y, axis=-1))
        self.c = np.sum(x * y, axis=-1) / (self.a * self.b)
        return self.c

    def backward(self, dout):
        g, c = dout[:, None], self.c[:, None]
        a, b = self.a[:, None], self.b[:, None]
        return g * (self.y / (a * b) - c * self.x / a**2), g * (
            self.x / (a * b) - c * self.y / b**2
        )


class Attention:
    def forward(self, Q, K, V):
        self.Q, self.K, self.V = Q, K, V
        self.scale = 1 / np.sqrt(Q.shape[-1])
        S = Q @ K.T * self.scale
        E = np.exp(S - S.max(axis=-1, keepdims=True))
        self.P = E / E.sum(axis=-1, keepdims=True)
        self.O = self.P @ V
        return self.O

    def backward(self, dO):
        dV = self.P.T @ dO
        dP = dO @ self.V.T
        D = (dO * self.O).sum(axis=-1, keepdims=True)
        dS = self.P * (dP - D)
        return dS @ self.K * self.scale, dS.T @ self.Q * self.scale, dV


class Cumsum:
    def forward(self, x):
        return np.cumsum(x, axis=1)

    def backward(self, dout):
        return np.cumsum(dout[:, ::-1], axis=1)[:, ::-1]


class Difference:
    """Neighbours, and slices written in place."""

    def forward(self, x):
        self.x = x
        return x[:, 1:] - x[:, :-1]

    def backward(self, dout):
        dx = np.zeros_like(self.x)
        dx[:, 1:] += dout
        dx[:, :-1] -= dout
        return dx


class Dropout:
    """The draw comes in as an argument."""

    def forward(self, x, mask, ratio=0.5):
        self.scale = mask / (1.0 - ratio)
        return x * self.scale

    def backward(self, dout):
        return dout * self.scale


class DropoutDraws:
    """Both passes share what forward draws."""

    def __init__(self, p=0.5):
        self.p = p

    def forward(self, x, train_flg=True):
        if not train_flg:
            return x * (1 - self.p)
        self.mask = np.random.rand(*x.shape) > self.p
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask


class DropoutInverted(DropoutDraws):
    def forward(self, x):
        self.mask = np.random.binomial(1, 1 - self.p, size=x.shape) / (1 - self.p)
        return x * self.mask


class NoisyScale:
    def forward(self, x):
        self.noise = np.random.normal(0.0, 1.0, x.shape)
        return x * np.exp(0.1 * self.noise)

    def backward(self, dout):
        return dout * np.exp(0.1 * self.noise)


class RowMaximum:
    def forward(self, x):
        self.x = x
        self.m = x.max(axis=1, keepdims=True)
        return self.m[:, 0]

    def backward(self, dout):
        return (self.x == self.m) * dout[:, None]


class Clip:
    def forward(self, x):
        self.inside = (x > -1) & (x < 1)
        return np.clip(x, -1, 1)

    def backward(self, dout):
        return dout * self.inside


class Absolute:
    def forward(self, x):
        self.positive = x >= 0
        return np.abs(x)

    def backward(self, dout):
        return np.where(self.positive, dout, -dout)


class Gated:
    def forward(self, a, b):
        self.a, self.s = a, sigmoid(b)
        return a * self.s

    def backward(self, dout):
        return {"a": dout * self.s, "b": dout * self.a * self.s * (1 - self.s)}


class Polynomial:
    """A loop over a small constant, and a coefficient for each power."""

    def __init__(self, c):
        self.c = c

    def forward(self, x):
        self.x = x
        out = 0
        for k in range(3):
            out = out + self.c[k] * x**k
        return out

    def backward(self, dout):
        dx = np.zeros_like(self.x)
        self.dc = np.zeros_like(self.c)
        for k in range(3):
            if k > 0:
                dx += dout * self.c[k] * k * self.x ** (k - 1)
            self.dc[k] = np.sum(dout * self.x**k)
        return dx


class Scale:
    """A scalar parameter, and a gradient object beside it."""

    class Parameter:
        def __init__(self, data):
            self.data, self.grad = data, None

    def __init__(self, a):
        self.a = self.Parameter(a)

    def forward(self, x):
        self.x = x
        return self.a.data * x

    def backward(self, dout):
        self.a.grad = (dout * self.x).sum()
        return dout * self.a.data


class WeightSum:
    """Attention's weighted sum, with axes put in by reshape and repeat."""

    def forward(self, hs, a):
        N, T, _ = hs.shape
        self.cache = hs, a.reshape(N, T, 1)
        return np.sum(hs * self.cache[1], axis=1)

    def backward(self, dc):
        hs, ar = self.cache
        N, T, H = hs.shape
        dt = dc.reshape(N, 1, H).repeat(T, axis=1)
        return dt * ar, np.sum(dt * hs, axis=2)


class EmbeddingDot:
    """Negative sampling: a row of the embedding against the hidden state."""

    def __init__(self, W):
        self.params, self.grads = [W], [np.zeros_like(W)]

    def forward(self, h, idx):
        self.cache = h, self.params[0][idx], idx
        return np.sum(self.cache[1] * h, axis=1)

    def backward(self, dout):
        h, rows, idx = self.cache
        dout = dout.reshape(dout.shape[0], 1)
        self.grads[0][...] = 0
        np.add.at(self.grads[0], idx, dout * h)
        return dout * rows


def conv_forward(x, w):
    """A correlation along the last axis, with a window of 3."""
    out = x[:, :-2] * w[0] + x[:, 1:-1] * w[1] + x[:, 2:] * w[2]
    return out, (x, w)


def conv_backward(dout, cache):
    x, w = cache
    dx = np.zeros_like(x)
    dx[:, :-2] += dout * w[0]
    dx[:, 1:-1] += dout * w[1]
    dx[:, 2:] += dout * w[2]
    dw = np.stack([(dout * x[:, :-2]).sum(), (dout * x[:, 1:-1]).sum(), (dout * x[:, 2:]).sum()])
    return dx, dw


class Masked:
    """One of the two compares with ==, the other with !=."""

    def forward(self, x, mask):
        self.mask = mask
        return np.where(mask == 0, 0.0, x)

    def backward(self, dout):
        return dout * (self.mask != 0)


class ReluAtZeroByHand(ReluByOutput):
    """Where only backward compares with a number, a tie is still an accident."""

    def backward(self, dout):
        dx = dout * (self.out > 0)
        dx[self.out == 0] = 0
        return dx


class HardSigmoid:
    def forward(self, x):
        self.x = x
        return np.clip(x / 6 + 0.5, 0, 1)

    def backward(self, dout):
        return dout * ((self.x > -3) & (self.x < 3)) / 6


class MeanOfProducts:
    """The default cotangent is used for one gradient, and forgotten for the other."""

    def forward(self, p, x):
        self.p, self.x = p, x
        return np.sum(p * x) / p.shape[0]

    def backward(self, dout=1.0):
        return dout * self.x / len(self.p), self.p / len(self.p)


CASES = (
    (Softmax, {"x": "b n"}),
    (SoftmaxByJacobian, {"x": "b n"}),
    (SoftmaxOfARow, {"x": "n"}),
    (LogSoftmax, {"x": "b n"}),
    (LogSumExp, {"x": "b n"}),
    (Sigmoid, {"x": "b n"}),
    (SigmoidByExp, {"x": "b n"}),
    (Tanh, {"x": "b n"}),
    (Relu, {"x": "b n"}),
    (ReluByOutput, {"x": "b n"}),
    (LeakyRelu, {"x": "n"}),
    (Elu, {"x": "n"}),
    (Swish, {"x": "n"}),
    (GeluTanh, {"x": "n"}),
    (Softplus, {"x": "n"}),
    (MatMul, {"x": "b n", "W": "n m"}),
    (Affine, {"x": "b n", "W": "n m", "b": "m"}),
    (Affine, {"x": "b c h", "W": "(c h) m", "b": "m"}),
    (TimeAffine, {"x": "b t n", "W": "n m", "b": "m"}),
    (RNN, {"x": "b n", "h_prev": "b m", "Wx": "n m", "Wh": "m m", "b": "m"}),
    (LayerNorm, {"x": "b n", "gamma": "n", "beta": "n"}),
    (LayerNormThreePaths, {"x": "b n"}),
    (BatchNorm, {"x": "b n", "gamma": "n", "beta": "n"}),
    (BatchNormShort, {"x": "b n"}),
    (RMSNorm, {"x": "b n", "w": "n"}),
    (Embedding, {"W": "v n", "idx": sd.integers("b", below="v")}),
    (CrossEntropy, {"x": "b n", "t": LABELS}),
    (CrossEntropyDefaultCotangent, {"x": "b n", "t": LABELS}),
    (CrossEntropyOneHot, {"x": "b n", "t": sd.simplex("b n")}),
    (BinaryCrossEntropy, {"x": "b n", "t": "b n"}),
    (MeanSquaredError, {"x": "b n", "t": "b n"}),
    (Normalise, {"x": "b n"}),
    (Cosine, {"x": "b n", "y": "b n"}),
    (Attention, {"Q": "q d", "K": "k d", "V": "k v"}),
    (Cumsum, {"x": "b n"}),
    (Difference, {"x": "b n"}),
    (Dropout, {"x": "b n", "mask": "b n"}),
    (DropoutDraws, {"x": "b n"}),
    (DropoutInverted, {"x": "b n"}),
    (NoisyScale, {"x": "n"}),
    (RowMaximum, {"x": "b n"}),
    (Clip, {"x": "n"}),
    (Absolute, {"x": "n"}),
    (Masked, {"x": "b n", "mask": "b n"}),
    (ReluAtZeroByHand, {"x": "n"}),
    (HardSigmoid, {"x": "n"}),
    (MeanOfProducts, {"p": "b n", "x": "b n"}),
    (Gated, {"a": "b n", "b": "b n"}),
    (Polynomial, {"x": "n", "c": "3"}),
    (Scale, {"x": "b n", "a": ""}),
    (WeightSum, {"hs": "b t h", "a": "b t"}),
    (EmbeddingDot, {"W": "v d", "h": "b d", "idx": sd.integers("b", below="v")}),
    ((conv_forward, conv_backward), {"x": "b n", "w": "3"}),
)
