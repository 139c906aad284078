"""Layers whose backward is subtly wrong, each with a word that the report finds for the mistake."""

from __future__ import annotations

import numpy as np

import symderive as sd
from tests.audit import right
from tests.audit.helpers import cross_entropy_error, softmax

LABELS = sd.integers("b", below="n")


class SoftmaxWrongSign(right.Softmax):
    """Several posts print this one."""

    def backward(self, dout):
        dx = self.out * dout
        return dx + self.out * np.sum(dx, axis=1, keepdims=True)


class SoftmaxDiagonal(right.Softmax):
    def backward(self, dout):
        return dout * self.out * (1 - self.out)


class SoftmaxWrongAxis(right.Softmax):
    def backward(self, dout):
        dx = self.out * dout
        dx -= self.out * np.sum(dx, axis=0, keepdims=True)
        return dx


class SoftmaxSumOverAll(right.Softmax):
    def backward(self, dout):
        dx = self.out * dout
        return dx - self.out * dx.sum()


class SoftmaxMeanForSum(right.Softmax):
    def backward(self, dout):
        dx = self.out * dout
        return dx - self.out * dx.mean(axis=1, keepdims=True)


class SoftmaxByLoopsSign(right.SoftmaxByLoops):
    def backward(self, dout):
        p = self.s
        jacobian = np.zeros((len(p), len(p)))
        for i in range(len(p)):
            for j in range(len(p)):
                jacobian[i, j] = p[i] * (1 - p[i]) if i == j else p[i] * p[j]
        return jacobian @ dout


class LogSoftmaxForgetsP(right.LogSoftmax):
    def backward(self, dout):
        return dout - dout.sum(axis=-1, keepdims=True)


class SigmoidForgetsCotangent(right.Sigmoid):
    def backward(self, dout):
        return self.out * (1 - self.out)


class SigmoidOfInput(right.Sigmoid):
    """δ for σ: the slope of the line."""

    def backward(self, dout):
        return dout * self.out


class TanhNotSquared(right.Tanh):
    def backward(self, dout):
        return dout * (1 - self.out)


class TanhSign(right.Tanh):
    def backward(self, dout):
        return dout * (self.out**2 - 1)


class ReluInverted(right.Relu):
    def backward(self, dout):
        return dout * self.mask


class LeakyReluForgetsSlope(right.LeakyRelu):
    def backward(self, dout):
        return dout * (self.x > 0)


class SwishForgetsProduct(right.Swish):
    def backward(self, dout):
        return dout * self.s * (1 - self.s)


class SoftplusReturnsOutput(right.Softplus):
    def backward(self, dout):
        return dout * np.log(1 + self.e)


class MatMulNotScaled(right.MatMul):
    """Each of two gradients has its own verdict: that of x is right, that of W is not."""

    def backward(self, dout):
        (W,) = self.params
        self.grads[0][...] = np.dot(self.x.T, dout) / self.x.shape[0]
        return np.dot(dout, W.T)


class AffineMeanOfBias(right.Affine):
    def backward(self, dout):
        dx = super().backward(dout)
        self.db = np.mean(dout, axis=0)
        return dx


class AffineTransposed(right.Affine):
    def backward(self, dout):
        dx = super().backward(dout)
        self.dW = self.dW.T
        return dx


class AffineKeepsAxis(right.Affine):
    def backward(self, dout):
        dx = super().backward(dout)
        self.db = np.sum(dout, axis=0, keepdims=True)
        return dx


class SquareNotTransposed:
    """A square W, so that NumPy does not complain."""

    def __init__(self, W):
        self.W = W

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW = self.x.T @ dout
        return dout @ self.W


class LayerNormDropsWeight(right.LayerNorm):
    """The weight is dropped on the way to x, as published posts do."""

    def backward(self, dout):
        super().backward(dout)
        means = dout.mean(axis=-1, keepdims=True), (dout * self.h).mean(axis=-1, keepdims=True)
        return (dout - means[0] - self.h * means[1]) * self.rstd


class LayerNormOneMean(right.LayerNorm):
    """Only the path through the variance."""

    def backward(self, dout):
        super().backward(dout)
        g = dout * self.gamma
        return (g - self.h * (g * self.h).mean(axis=-1, keepdims=True)) * self.rstd


class LayerNormForgetsCentre(right.LayerNorm):
    """Only the path through the mean."""

    def backward(self, dout):
        super().backward(dout)
        g = dout * self.gamma
        return (g - g.mean(axis=-1, keepdims=True)) * self.rstd


class LayerNormScaleOfBeta(right.LayerNorm):
    """∂y/∂β = 1/σ."""

    def backward(self, dout):
        dx = super().backward(dout)
        self.dbeta = (dout * self.rstd).sum(axis=0)
        return dx


class BatchNormPower(right.BatchNorm):
    """σ in place of σ² in the path through the standard deviation."""

    def backward(self, dout):
        dxn = self.gamma * dout
        dxc = dxn / self.std
        dstd = -np.sum((dxn * self.xc) / self.std, axis=0)
        dvar = 0.5 * dstd / self.std
        dxc += (2.0 / self.batch_size) * self.xc * dvar
        dmu = np.sum(dxc, axis=0)
        self.dgamma = np.sum(self.xn * dout, axis=0)
        self.dbeta = dout.sum(axis=0)
        return dxc - dmu / self.batch_size


class RMSNormBracket(right.RMSNorm):
    """The bracket of a kernel library's docstring: the mean is of m alone."""

    def backward(self, dy):
        m = dy * self.w
        self.dw = np.sum(dy * self.x * self.r, axis=0)
        return self.r * (m - self.x * self.r**2 * np.mean(m, axis=-1, keepdims=True) * self.x)


class EmbeddingRows(right.Embedding):
    """Adds the cotangent once for the whole batch: the same row for every label."""

    def backward(self, dout):
        (dW,) = self.grads
        dW[...] = 0
        np.add.at(dW, self.idx, dout.mean(axis=0))
        return None


class CrossEntropyForgetsBatch(right.CrossEntropy):
    def backward(self, dout=1):
        dx = self.y.copy()
        dx[np.arange(self.batch_size), self.t] -= 1
        return dx * dout


class CrossEntropyDividedByY(right.CrossEntropyOneHot):
    """The gradient of cross entropy alone, with the softmax forgotten."""

    def backward(self, dout):
        return -dout * self.t / self.y / self.y.shape[0]


class CrossEntropyOneRow:
    """reduction='none': the cotangent of the first row is used for all rows."""

    def forward(self, x, t):
        self.y, self.t = softmax(x), t
        return -(t * np.log(self.y)).sum(axis=1)

    def backward(self, dout):
        total = self.t.sum(axis=1, keepdims=True)
        return dout[0] * (self.y * total - self.t)


class SoftmaxWithLoss:
    """Of "Deep Learning from Scratch": the loss has log(y + 1e-7), the backward forgets it."""

    def __init__(self):
        self.loss, self.y, self.t = None, None, None

    def forward(self, x, t):
        self.t = t
        self.y = softmax(x)
        self.loss = cross_entropy_error(self.y, self.t)
        return self.loss

    def backward(self, dout=1):
        batch_size = self.t.shape[0]
        if self.t.size == self.y.size:
            return (self.y - self.t) / batch_size
        dx = self.y.copy()
        dx[np.arange(batch_size), self.t] -= 1
        return dx / batch_size


class MeanSquaredErrorHalf(right.MeanSquaredError):
    def backward(self, dout=1):
        g = self.d * dout / self.d.size
        return g, -g


class MeanSquaredErrorBatchOnly(right.MeanSquaredError):
    def backward(self, dout=1):
        g = 2 * self.d * dout / self.d.shape[0]
        return g, -g


class NormaliseForgetsProjection(right.Normalise):
    def backward(self, dout):
        return dout / self.r


class AttentionForgetsD(right.Attention):
    def backward(self, dO):
        dV = self.P.T @ dO
        dS = self.P * (dO @ self.V.T)
        return dS @ self.K * self.scale, dS.T @ self.Q * self.scale, dV


class AttentionForgetsScale(right.Attention):
    def backward(self, dO):
        dQ, dK, dV = super().backward(dO)
        return dQ, dK / self.scale, dV


class CumsumForwards(right.Cumsum):
    def backward(self, dout):
        return np.cumsum(dout, axis=1)


class DifferenceOneSide(right.Difference):
    def backward(self, dout):
        dx = np.zeros_like(self.x)
        dx[:, 1:] += dout
        return dx


class DropoutForgetsRatio:
    def forward(self, x, mask, ratio=0.25):
        self.mask = mask
        return x * mask / (1.0 - ratio)

    def backward(self, dout):
        return dout * self.mask


class DropoutInvertedOnce(right.DropoutInverted):
    def backward(self, dout):
        return dout * (self.mask > 0)


class DropoutDrawsAgain(right.DropoutDraws):
    def backward(self, dout):
        return dout * (np.random.rand(*dout.shape) > self.p)


class NoisyScaleStronger(right.NoisyScale):
    def backward(self, dout):
        return dout * np.exp(self.noise)


class RowMaximumEverywhere(right.RowMaximum):
    def backward(self, dout):
        return np.ones_like(self.x) * dout[:, None]


class ClipOneSide(right.Clip):
    def forward(self, x):
        self.inside = x < 1
        return np.clip(x, -1, 1)


class GatedSwapped(right.Gated):
    def backward(self, dout):
        return dout * self.a * self.s * (1 - self.s), dout * self.s


class PolynomialOffByOne(right.Polynomial):
    def backward(self, dout):
        super().backward(dout)
        dx = np.zeros_like(self.x)
        for k in range(1, 3):
            dx += dout * self.c[k] * self.x ** (k - 1)
        return dx


class BackwardDoesNotLineUp(right.Affine):
    """Fails on real arrays, too."""

    def backward(self, dout):
        return np.dot(dout, self.W)


def conv_backward(dout, cache):
    x, w = cache
    dx = np.zeros_like(x)
    dx[:, :-2] += dout * w[2]
    dx[:, 1:-1] += dout * w[1]
    dx[:, 2:] += dout * w[0]
    dw = np.stack([(dout * x[:, k : x.shape[1] - 2 + k]).sum() for k in range(3)])
    return dx, dw


class MaskedForgotten:
    """Equality with a number is meant: it is no accident that mask is 0."""

    def forward(self, x, mask):
        return np.where(mask == 0, 0.0, x)

    def backward(self, dout):
        return dout * 1.0


class IgnoredTargetCounts:
    """Targets of -1 are to be ignored."""

    def forward(self, x, t):
        self.d = x - t
        return np.sum((t != -1) * self.d**2)

    def backward(self, dout):
        return 2 * dout * self.d


class Relu6OneSide:
    """No random input is beyond 6."""

    def forward(self, x):
        self.x = x
        return np.minimum(np.maximum(x, 0), 6)

    def backward(self, dout):
        return dout * (self.x > 0)


class HardSigmoidEverywhere:
    def forward(self, x):
        return np.clip(x / 6 + 0.5, 0, 1)

    def backward(self, dout):
        return dout / 6


class HuberOfSquares:
    def __init__(self, delta=10.0):
        self.delta = delta

    def forward(self, x):
        self.x, a, d = x, np.abs(x), self.delta
        return np.sum(np.where(a < d, 0.5 * x**2, d * (a - 0.5 * d)))

    def backward(self, dout=1):
        return dout * self.x


class SquareWithClippedGradient:
    def forward(self, x):
        self.x = x
        return x**2

    def backward(self, dout):
        return np.clip(2 * self.x * dout, -5, 5)


CASES = (
    (SoftmaxWrongSign, {"x": "b n"}, "sign"),
    (SoftmaxDiagonal, {"x": "b n"}, "diagonal only"),
    (SoftmaxWrongAxis, {"x": "b n"}, "wrong axis"),
    (SoftmaxSumOverAll, {"x": "b n"}, ""),
    (SoftmaxMeanForSum, {"x": "b n"}, "mean"),
    (SoftmaxByLoopsSign, {"x": "n"}, ""),
    (LogSoftmaxForgetsP, {"x": "b n"}, "factor"),
    (SigmoidForgetsCotangent, {"x": "b n"}, "dout is left out"),
    (SigmoidOfInput, {"x": "b n"}, "term"),
    (TanhNotSquared, {"x": "b n"}, "out"),
    (TanhSign, {"x": "b n"}, "sign"),
    (ReluInverted, {"x": "b n"}, ""),
    (LeakyReluForgetsSlope, {"x": "n"}, ""),
    (SwishForgetsProduct, {"x": "n"}, ""),
    (SoftplusReturnsOutput, {"x": "n"}, ""),
    (MatMulNotScaled, {"x": "b n", "W": "n m"}, "batch factor"),
    (AffineMeanOfBias, {"x": "b n", "W": "n m", "b": "m"}, "batch factor"),
    (AffineTransposed, {"x": "b n", "W": "n m", "b": "m"}, "transposed"),
    (AffineKeepsAxis, {"x": "b n", "W": "n m", "b": "m"}, "shape"),
    (SquareNotTransposed, {"x": "b n", "W": "n n"}, "transposed"),
    (LayerNormDropsWeight, {"x": "b n", "gamma": "n", "beta": "n"}, "gamma"),
    (LayerNormOneMean, {"x": "b n", "gamma": "n", "beta": "n"}, "missing"),
    (LayerNormForgetsCentre, {"x": "b n", "gamma": "n", "beta": "n"}, "missing"),
    (LayerNormScaleOfBeta, {"x": "b n", "gamma": "n", "beta": "n"}, ""),
    (BatchNormPower, {"x": "b n", "gamma": "n", "beta": "n"}, ""),
    (RMSNormBracket, {"x": "b n", "w": "n"}, ""),
    (EmbeddingRows, {"W": "v n", "idx": sd.integers("b", below="v")}, ""),
    (CrossEntropyForgetsBatch, {"x": "b n", "t": LABELS}, "batch factor"),
    (CrossEntropyDividedByY, {"x": "b n", "t": sd.simplex("b n")}, ""),
    (CrossEntropyOneRow, {"x": "b n", "t": "b n"}, ""),
    (SoftmaxWithLoss, {"x": "b n", "t": LABELS}, ""),
    (MeanSquaredErrorHalf, {"x": "b n", "t": "b n"}, "factor"),
    (MeanSquaredErrorBatchOnly, {"x": "b n", "t": "b n"}, "batch factor"),
    (NormaliseForgetsProjection, {"x": "b n"}, "missing"),
    (AttentionForgetsD, {"Q": "q d", "K": "k d", "V": "k v"}, "missing"),
    (AttentionForgetsScale, {"Q": "q d", "K": "k d", "V": "k v"}, ""),
    (CumsumForwards, {"x": "b n"}, ""),
    (DifferenceOneSide, {"x": "b n"}, ""),
    (DropoutForgetsRatio, {"x": "b n", "mask": "b n"}, ""),
    (DropoutInvertedOnce, {"x": "b n"}, ""),
    (NoisyScaleStronger, {"x": "n"}, ""),
    (RowMaximumEverywhere, {"x": "b n"}, ""),
    (ClipOneSide, {"x": "n"}, ""),
    (GatedSwapped, {"a": "b n", "b": "b n"}, ""),
    (PolynomialOffByOne, {"x": "n", "c": "3"}, ""),
    (BackwardDoesNotLineUp, {"x": "b n", "W": "n m", "b": "m"}, ""),
    (MaskedForgotten, {"x": "b n", "mask": "b n"}, "missing factor"),
    (IgnoredTargetCounts, {"x": "b n", "t": "b n"}, ""),
    (Relu6OneSide, {"x": "n"}, "missing factor"),
    (HardSigmoidEverywhere, {"x": "n"}, ""),
    (HuberOfSquares, {"x": "n"}, ""),
    (SquareWithClippedGradient, {"x": "n"}, ""),
    ((right.conv_forward, conv_backward), {"x": "b n", "w": "3"}, ""),
)
