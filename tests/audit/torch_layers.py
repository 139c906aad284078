"""Functions of torch.autograd, written in array operations. Imported where torch is installed."""

from __future__ import annotations

import torch
import torch.nn.functional as F


class Swish(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        s = torch.sigmoid(x)
        ctx.save_for_backward(x, s)
        return x * s

    @staticmethod
    def backward(ctx, grad_output):
        x, s = ctx.saved_tensors
        return grad_output * (s + x * s * (1 - s))


class SwishWrong(Swish):
    @staticmethod
    def backward(ctx, grad_output):
        x, s = ctx.saved_tensors
        return grad_output * (s + x * s)


class Softmax(torch.autograd.Function):
    """With dim and keepdim, as torch writes axis and keepdims."""

    @staticmethod
    def forward(ctx, x):
        e = torch.exp(x - x.amax(dim=-1, keepdim=True))
        y = e / e.sum(dim=-1, keepdim=True)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return y * (g - (y * g).sum(-1, keepdim=True))


class Linear(torch.autograd.Function):
    """The example of torch's own documentation."""

    @staticmethod
    def forward(ctx, input, weight, bias=None):
        ctx.save_for_backward(input, weight, bias)
        output = input.mm(weight.t())
        if bias is not None:
            output += bias.unsqueeze(0).expand_as(output)
        return output

    @staticmethod
    def backward(ctx, grad_output):
        input, weight, bias = ctx.saved_tensors
        grad_input = grad_weight = grad_bias = None
        if ctx.needs_input_grad[0]:
            grad_input = grad_output.mm(weight)
        if ctx.needs_input_grad[1]:
            grad_weight = grad_output.t().mm(input)
        if bias is not None and ctx.needs_input_grad[2]:
            grad_bias = grad_output.sum(0)
        return grad_input, grad_weight, grad_bias


class Scaled(torch.autograd.Function):
    """A setting that is no tensor has the gradient None; forward and setup_context apart."""

    @staticmethod
    def forward(x, factor):
        return torch.tanh(x) * factor

    @staticmethod
    def setup_context(ctx, inputs, output):
        _, factor = inputs
        ctx.factor = factor
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * (ctx.factor - y**2 / ctx.factor), None


class Relu(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        grad_input = grad_output.clone()
        grad_input[x < 0] = 0
        return grad_input


class ReluInPlace(Relu):
    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        grad_output *= x > 0
        return grad_output


class LayerNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, bias, eps=1e-5):
        mean = x.mean(-1, keepdim=True)
        rstd = torch.rsqrt(x.var(-1, unbiased=False, keepdim=True) + eps)
        ctx.save_for_backward(x, weight, mean, rstd)
        return (x - mean) * rstd * weight + bias

    @staticmethod
    def backward(ctx, dy):
        x, weight, mean, rstd = ctx.saved_tensors
        h = (x - mean) * rstd
        g = dy * weight
        c1 = torch.mean(g * h, dim=-1, keepdim=True)
        c2 = g.mean(dim=-1, keepdim=True)
        return (g - h * c1 - c2) * rstd, (dy * h).sum(0), dy.sum(0), None


class Gelu(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return F.gelu(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        cdf = 0.5 * (1 + torch.erf(x / 2**0.5))
        pdf = torch.exp(-0.5 * x**2) / (2 * torch.pi) ** 0.5
        return g * (cdf + x * pdf)


class Cummax(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return torch.cummax(x, 0).values * 1

    @staticmethod
    def backward(ctx, g):
        return g


CASES = (
    (Swish, {"x": "b n"}, "equal"),
    (SwishWrong, {"x": "b n"}, "different"),
    (Softmax, {"x": "b n"}, "equal"),
    (Linear, {"input": "b n", "weight": "m n", "bias": "m"}, "equal"),
    (Scaled, {"x": "n", "factor": 3.0}, "equal"),
    (Relu, {"x": "n"}, "equal"),
    (ReluInPlace, {"x": "n"}, "unsafe"),
    (LayerNorm, {"x": "b n", "weight": "n", "bias": "n"}, "equal"),
    (Gelu, {"x": "n"}, "equal"),
)
