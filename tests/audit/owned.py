"""Layers that make their parameters themselves, each right and wrong: what they start with (zeros,
ones, an identity) hides a transpose or a forgotten factor from whoever only looks at the start."""

from __future__ import annotations

from collections import namedtuple

import numpy as np

import symderive as sd


class Linear:
    """An identity to begin with: W and its transpose are the same."""

    def __init__(self, n=4):
        self.W, self.b = 0.1 * np.eye(n), np.zeros(n)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, d):
        self.dW, self.db = self.x.T @ d, d.sum(axis=0)
        return d @ self.W.T


class LinearTransposed(Linear):
    def backward(self, d):
        super().backward(d)
        return d @ self.W


class LinearMeanOfBias(Linear):
    def backward(self, d):
        dx = super().backward(d)
        self.db = d.mean(0)
        return dx


class Dense:
    """Drawn weights, and dictionaries."""

    def __init__(self, n=4, m=3):
        self.params = {"W": np.random.randn(n, m) * np.sqrt(2 / n), "b": np.zeros(m)}
        self.grads = {}

    def forward(self, x):
        self.x = x
        return x @ self.params["W"] + self.params["b"]

    def backward(self, d):
        self.grads["W"] = self.x.T @ d
        self.grads["b"] = d.sum(0)
        return d @ self.params["W"].T


class DenseAverages(Dense):
    def backward(self, d):
        dx = super().backward(d)
        self.grads["W"] = self.x.T @ d / len(d)
        return dx


class DenseGenerator(Dense):
    """A generator of its own; gradients under dW and db."""

    def __init__(self, n=4, m=3, seed=0):
        rng = np.random.default_rng(seed)
        self.params = {"W": rng.standard_normal((n, m)), "b": rng.uniform(-1, 1, m)}
        self.grads = {}

    def backward(self, d):
        self.grads["dW"], self.grads["db"] = self.x.T @ d, np.ones(len(d)) @ d
        return d @ self.params["W"].T


class DenseLists:
    def __init__(self):
        self.params = [np.full((4, 3), 0.5), np.zeros((1, 3))]
        self.grads = [None, None]

    def forward(self, x):
        self.x = x
        return np.dot(x, self.params[0]) + self.params[1]

    def backward(self, d):
        self.grads = [np.dot(self.x.T, d), np.sum(d, axis=0, keepdims=True)]
        return np.dot(d, self.params[0].T)


class DenseListsSwapped(DenseLists):
    def backward(self, d):
        dx = super().backward(d)
        self.grads[1] = 2 * self.grads[1]
        return dx


class Scale:
    """Ones hide a forgotten gamma, zeros a forgotten beta."""

    def __init__(self, n=4):
        self.gamma, self.beta = np.ones(n), np.zeros(n)

    def forward(self, x):
        self.x = x
        return self.gamma * x + self.beta

    def backward(self, dout):
        self.dgamma, self.dbeta = (dout * self.x).sum(0), dout.sum(0)
        return dout * self.gamma


class ScaleForgetsGamma(Scale):
    def backward(self, dout):
        super().backward(dout)
        return dout


class ScaleForgetsX(Scale):
    def backward(self, dout):
        dx = super().backward(dout)
        self.dgamma = dout.sum(0)
        return dx


class LayerNorm:
    def __init__(self, n=4):
        self.gain, self.bias = np.ones((1, n)), np.zeros((1, n))

    def forward(self, x):
        mean = x.mean(-1, keepdims=True)
        self.r = 1 / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        self.h = (x - mean) * self.r
        return self.h * self.gain + self.bias

    def backward(self, dy):
        self.gain_grad = (dy * self.h).sum(0, keepdims=True)
        self.bias_grad = dy.sum(0, keepdims=True)
        g = self.weighted(dy)
        return self.r * (
            g - g.mean(-1, keepdims=True) - self.h * (g * self.h).mean(-1, keepdims=True)
        )

    def weighted(self, dy):
        return dy * self.gain


class LayerNormForgetsGain(LayerNorm):
    def weighted(self, dy):
        return dy


class BatchNorm:
    """Running statistics take no part in training."""

    def __init__(self, n=4, momentum=0.9):
        self.gamma, self.beta, self.momentum = np.ones(n), np.zeros(n), momentum
        self.running_mean, self.running_var = np.zeros(n), np.ones(n)

    def forward(self, x):
        mu, var = x.mean(0), x.var(0)
        self.s = np.sqrt(var + 1e-5)
        self.h = (x - mu) / self.s
        self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mu
        self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        return self.gamma * self.h + self.beta

    def backward(self, d):
        n = d.shape[0]
        self.dgamma, self.dbeta = (d * self.h).sum(0), d.sum(0)
        return self.gamma / (n * self.s) * (n * d - self.dbeta - self.h * self.dgamma)


class BatchNormScaleOnce(BatchNorm):
    def backward(self, d):
        return super().backward(d) / self.gamma


class Embedding:
    def __init__(self, v=5, n=3):
        self.table = np.zeros((v, n))

    def forward(self, idx):
        self.idx = idx
        return self.table[idx] * np.sqrt(3)

    def backward(self, dout):
        self.dtable = np.zeros_like(self.table)
        np.add.at(self.dtable, self.idx, dout * np.sqrt(3))


class EmbeddingForgetsScale(Embedding):
    def backward(self, dout):
        self.dtable = np.zeros_like(self.table)
        np.add.at(self.dtable, self.idx, dout)


class TwoLayers:
    """Layers within a layer, each of which keeps its own."""

    first, last = Linear, Linear

    def __init__(self):
        self.layers = [self.first(), self.last()]

    def forward(self, x):
        self.h = np.tanh(self.layers[0].forward(x))
        return self.layers[1].forward(self.h)

    def backward(self, d):
        d = self.layers[1].backward(d)
        return self.layers[0].backward(d * (1 - self.h**2))


class TwoLayersInnerTransposed(TwoLayers):
    last = LinearTransposed


class TwoLayersInnerBias(TwoLayers):
    first = LinearMeanOfBias


class OfTheClass:
    gamma = np.ones(4)

    def forward(self, x):
        self.x = x
        return self.gamma * np.sin(x)

    def backward(self, d):
        self.dgamma = (d * np.sin(self.x)).sum(0)
        return d * self.gamma * np.cos(self.x)


class OfTheClassForgotten(OfTheClass):
    def backward(self, d):
        super().backward(d)
        return d * np.cos(self.x)


MIXING = np.eye(4)


def mixed(x):
    return x @ MIXING


def mixed_back(d, x):
    return d @ MIXING.T


def mixed_back_without_its_transpose(d, x):
    return d @ MIXING


class Parameter:
    def __init__(self, data):
        self.data, self.grad = data, np.zeros_like(data)


class Wrapped:
    """An object for each parameter, to which gradients are added."""

    def __init__(self):
        self.weight, self.bias = Parameter(np.eye(3, 4)), Parameter(np.zeros(4))

    def forward(self, x):
        self.x = x
        return x @ self.weight.data + self.bias.data

    def backward(self, d):
        self.weight.grad += self.x.T @ d
        self.bias.grad += d.sum(axis=0)
        return d @ self.weight.data.T


class WrappedSubtracts(Wrapped):
    def backward(self, d):
        dx = super().backward(d)
        self.bias.grad = -d.sum(axis=0)
        return dx


class PRelu:
    """A number is a parameter where a gradient of it is kept."""

    def __init__(self):
        self.alpha = 0.25

    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, self.alpha * x)

    def backward(self, d):
        self.dalpha = np.sum(d * np.where(self.x > 0, 0, self.x))
        return d * np.where(self.x > 0, 1, self.alpha)


class PReluAllOfX(PRelu):
    def backward(self, d):
        self.dalpha = np.sum(d * self.x)
        return d * np.where(self.x > 0, 1, self.alpha)


class Convolution:
    """A symmetric kernel to begin with: it may be turned round."""

    def __init__(self):
        self.kernel = np.array([1.0, 2.0, 1.0]) / 4

    def forward(self, x):
        self.x, k = x, self.kernel
        return k[0] * x[:, :-2] + k[1] * x[:, 1:-1] + k[2] * x[:, 2:]

    def backward(self, d):
        x, k = self.x, self.kernel
        dx = np.zeros_like(x)
        dx[:, :-2] += k[0] * d
        dx[:, 1:-1] += k[1] * d
        dx[:, 2:] += k[2] * d
        self.dkernel = np.stack(
            [(d * x[:, :-2]).sum(), (d * x[:, 1:-1]).sum(), (d * x[:, 2:]).sum()]
        )
        return dx


class ConvolutionTurned(Convolution):
    def backward(self, d):
        super().backward(d)
        k = self.kernel
        dx = np.zeros_like(self.x)
        dx[:, :-2] += k[2] * d
        dx[:, 1:-1] += k[1] * d
        dx[:, 2:] += k[0] * d
        return dx


class Returned:
    """The gradients of its own parameters are returned beside that of x."""

    def __init__(self, W=None):
        self.W = np.ones((4, 3)) if W is None else W

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, d):
        return d @ self.W.T, self.x.T @ d


class ReturnedHalf(Returned):
    def backward(self, d):
        return d @ self.W.T, self.x.T @ d / 2


class RnnCell:
    def __init__(self, n=3, h=4):
        self.Wx, self.Wh, self.bh = np.zeros((n, h)), np.eye(h), np.zeros(h)

    def forward(self, x, h_prev):
        self.x, self.h_prev = x, h_prev
        self.h = np.tanh(x @ self.Wx + h_prev @ self.Wh + self.bh)
        return self.h

    def backward(self, dh):
        dz = dh * (1 - self.h**2)
        self.dWx, self.dWh, self.dbh = self.x.T @ dz, self.h_prev.T @ dz, dz.sum(0)
        return dz @ self.Wx.T, dz @ self.Wh.T


class RnnCellTransposed(RnnCell):
    def backward(self, dh):
        dx, _ = super().backward(dh)
        return dx, dh * (1 - self.h**2) @ self.Wh


class WidthOfAnother:
    """A bias as wide as the weights that the constructor is given."""

    def __init__(self, W):
        self.W, self.b = W, np.zeros(W.shape[1])

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, d):
        self.dW, self.db = self.x.T @ d, d.sum(0)
        return d @ self.W.T


class WidthOfAnotherMean(WidthOfAnother):
    def backward(self, d):
        dx = super().backward(d)
        self.db = d.mean(0)
        return dx


class CausalMask:
    """A table that nobody learns, called a mask."""

    def __init__(self, n=4):
        self.mask = np.triu(np.full((n, n), -1e9), 1)

    def forward(self, s):
        e = np.exp(s + self.mask)
        self.p = e / e.sum(-1, keepdims=True)
        return self.p

    def backward(self, d):
        return self.p * (d - (d * self.p).sum(-1, keepdims=True))


class CausalMaskDiagonal(CausalMask):
    def backward(self, d):
        return d * self.p * (1 - self.p)


class ByIdentity:
    """The identity is meant: with another matrix the code would be wrong."""

    def __init__(self, n=3):
        self.eye = np.eye(n)

    def forward(self, x):
        e = np.exp(x)
        self.p = e / e.sum(1, keepdims=True)
        return self.p @ self.eye

    def backward(self, d):
        jacobian = self.p[:, :, None] * (self.eye[None] - self.p[:, None, :])
        return np.einsum("bi,bij->bj", d, jacobian)


class ByIdentityWithoutP(ByIdentity):
    def backward(self, d):
        return np.einsum("bi,bij->bj", d, self.p[:, :, None] * (self.eye[None] - 1))


class Lazy:
    """Made when forward is first called."""

    def __init__(self):
        self.W = None

    def forward(self, x):
        if self.W is None:
            self.W, self.b = np.eye(x.shape[1]), np.zeros(x.shape[1])
        self.x = x
        return x @ self.W + self.b

    def backward(self, d):
        self.dW, self.db = self.x.T @ d, d.sum(0)
        return d @ self.W.T


class LazyTransposed(Lazy):
    def backward(self, d):
        super().backward(d)
        return d @ self.W


class InSlots:
    __slots__ = ("W", "dW", "x")

    def __init__(self):
        self.W = np.eye(3)

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, d):
        self.dW = self.x.T @ d
        return d @ self.W.T


class InSlotsTransposed(InSlots):
    __slots__ = ()

    def backward(self, d):
        super().backward(d)
        return d @ self.W


class Private:
    def __init__(self):
        self.__w, self._dw = np.ones(3, dtype=np.float32), None

    def forward(self, x):
        self.x = x
        return x * self.__w

    def backward(self, d):
        self._dw = (d * self.x).sum(0)
        return d * self.__w


class PrivateForgotten(Private):
    def backward(self, d):
        super().backward(d)
        return d


Pair = namedtuple("Pair", "W b")


class InTuples:
    def __init__(self):
        self.p, self.layers = Pair(np.eye(3), np.zeros(3)), [(np.eye(3), np.zeros(3))]

    def forward(self, x):
        self.x, self.h = x, x @ self.p.W + self.p.b
        return self.h @ self.layers[0][0] + self.layers[0][1]

    def backward(self, d):
        self.dlayers = [(self.h.T @ d, d.sum(0))]
        d = d @ self.layers[0][0].T
        self.dp = Pair(self.x.T @ d, d.sum(0))
        return d @ self.p.W.T


class InTuplesTransposed(InTuples):
    def backward(self, d):
        super().backward(d)
        return d @ self.layers[0][0] @ self.p.W


START = np.eye(3)


class ByDefault:
    def forward(self, x, W=START):
        self.x, self.W = x, W
        return x @ W

    def backward(self, d):
        return d @ self.W.T, self.x.T @ d


class ByDefaultTransposed(ByDefault):
    def backward(self, d):
        return d @ self.W, self.x.T @ d


RIGHT = (
    (Lazy, {"x": "b n"}),
    (InSlots, {"x": "b 3"}),
    (Private, {"x": "b 3"}),
    (InTuples, {"x": "b 3"}),
    (ByDefault, {"x": "b 3"}),
    (Linear, {"x": "b 4"}),
    (Dense, {"x": "b 4"}),
    (DenseGenerator, {"x": "b 4"}),
    (DenseLists, {"x": "b 4"}),
    (Scale, {"x": "b 4"}),
    (LayerNorm, {"x": "b 4"}),
    (BatchNorm, {"x": "b 4"}),
    (Embedding, {"idx": sd.integers("b", below=5)}),
    (TwoLayers, {"x": "b 4"}),
    (OfTheClass, {"x": "b 4"}),
    ((mixed, mixed_back), {"x": "b 4"}),
    (Wrapped, {"x": "b 3"}),
    (PRelu, {"x": "b n"}),
    (Convolution, {"x": "b n"}),
    (Returned, {"x": "b 4"}),
    (RnnCell, {"x": "b 3", "h_prev": "b 4"}),
    (WidthOfAnother, {"x": "b n", "W": "n m"}),
    (CausalMask, {"s": "b 4 4"}),
    (ByIdentity, {"x": "b 3"}),
)
WRONG = (
    (LazyTransposed, {"x": "b n"}, "x"),
    (InSlotsTransposed, {"x": "b 3"}, "x"),
    (PrivateForgotten, {"x": "b 3"}, "x"),
    (InTuplesTransposed, {"x": "b 3"}, "x"),
    (ByDefaultTransposed, {"x": "b 3"}, "x"),
    (LinearTransposed, {"x": "b 4"}, "x"),
    (LinearMeanOfBias, {"x": "b 4"}, "b"),
    (DenseAverages, {"x": "b 4"}, "W"),
    (DenseListsSwapped, {"x": "b 4"}, "params_1"),
    (ScaleForgetsGamma, {"x": "b 4"}, "x"),
    (ScaleForgetsX, {"x": "b 4"}, "gamma"),
    (LayerNormForgetsGain, {"x": "b 4"}, "x"),
    (BatchNormScaleOnce, {"x": "b 4"}, "x"),
    (EmbeddingForgetsScale, {"idx": sd.integers("b", below=5)}, "table"),
    (TwoLayersInnerTransposed, {"x": "b 4"}, "x"),
    (TwoLayersInnerBias, {"x": "b 4"}, "b"),
    (OfTheClassForgotten, {"x": "b 4"}, "x"),
    (WrappedSubtracts, {"x": "b 3"}, "bias"),
    (PReluAllOfX, {"x": "b n"}, "alpha"),
    (ConvolutionTurned, {"x": "b n"}, "x"),
    (ReturnedHalf, {"x": "b 4"}, "W_1"),
    (RnnCellTransposed, {"x": "b 3", "h_prev": "b 4"}, "h_prev"),
    (WidthOfAnotherMean, {"x": "b n", "W": "n m"}, "b"),
    (CausalMaskDiagonal, {"s": "b 4 4"}, "s"),
    (ByIdentityWithoutP, {"x": "b 3"}, "x"),
)
