"""Bad input is one sentence that says the way out; good input may be given in several ways."""

from __future__ import annotations

import numpy as np
import pytest

import symderive as sd
from symderive.errors import InputError, InputTypeError
from tests.audit import right

SOURCE = """
class Square:
    def forward(self, x):
        self.x = x
        return x * x

    def backward(self, dout):
        return 2 * self.x * dout
"""


def test_the_text_of_a_class_is_audited() -> None:
    assert sd.audit(SOURCE, x="n").kind == "equal"
    verdict = sd.audit(SOURCE.replace("2 *", "3 *"), x="n")
    assert verdict.kind == "different"
    assert verdict.code[0].place == "<audited code>:8"


def test_a_text_that_does_not_run_says_why() -> None:
    with pytest.raises(InputError, match=r"does not run: .*SyntaxError"):
        sd.audit("class Broken(:", x="n")
    with pytest.raises(InputError, match="0 classes"):
        sd.audit("x = 1", x="n")


def test_an_object_is_not_a_class() -> None:
    with pytest.raises(InputTypeError, match="give the class"):
        sd.audit(right.Sigmoid(), x="n")
    with pytest.raises(InputTypeError, match="forward and backward"):
        sd.audit(np.tanh, x="n")


def test_a_class_without_the_methods() -> None:
    class OneWay:
        def forward(self, x):
            return x

    with pytest.raises(InputError, match="OneWay has no backward"):
        sd.audit(OneWay, x="n")


def test_missing_dims_are_named_with_their_place() -> None:
    with pytest.raises(InputError, match=r"x \(forward\), W \(constructor\), b \(constructor\)"):
        sd.audit(right.Affine)
    with pytest.raises(InputError, match=r"W \(constructor\)"):
        sd.audit(right.Affine, x="b n", b="m")


def test_dims_of_what_is_no_argument() -> None:
    with pytest.raises(InputError, match="no argument 'y'; it takes x"):
        sd.audit(right.Sigmoid, x="n", y="n")


def test_dims_that_the_forward_cannot_take() -> None:
    with pytest.raises(InputError, match="do not match in a product"):
        sd.audit(right.MatMul, x="b n", W="m n")


def test_a_loss_may_take_no_cotangent() -> None:
    class Loss:
        def forward(self, x):
            self.x = x
            return np.mean(x**2)

        def backward(self):
            return 2 * self.x / self.x.size

    class Half(Loss):
        def backward(self):
            return self.x / self.x.size

    class Layer(Loss):
        def forward(self, x):
            self.x = x
            return x**2

        def backward(self):
            return 2 * self.x

    verdict = sd.audit(Loss, x="b n")
    assert verdict.kind == "equal"
    assert any("cotangent dout is 1" in a for a in verdict.assumed)
    assert sd.audit(Half, x="b n").kind == "different"
    assert sd.audit(Layer, x="b n").kind == "different"


def test_one_entry_for_each_argument_tells_a_wrong_shape() -> None:
    def forward(x, w, eps):
        h = x / np.sqrt((x**2).mean(-1, keepdims=True) + eps)
        return h * w, (h, x, w, eps)

    def backward(dout, cache):
        h, x, w, eps = cache
        r = np.sqrt((x**2).mean(-1, keepdims=True) + eps)
        g = dout * w
        return (g - h * (g * h).mean(-1, keepdims=True)) / r, dout * h, None  # dw lacks its sum

    verdict = sd.audit((forward, backward), x="b n", w="n", eps=1e-5)
    assert verdict.kind == "different"
    assert {f.argument: f.verdict for f in verdict.findings} == {"x": "equal", "w": "different"}


def test_a_backward_with_what_nobody_knows() -> None:
    class Curious:
        def forward(self, x):
            return x * 1

        def backward(self, dout, learning_rate):
            return dout * learning_rate

    with pytest.raises(InputError, match="'learning_rate'"):
        sd.audit(Curious, x="n")


def test_settings_reach_constructor_and_forward() -> None:
    class Power:
        def __init__(self, p, sign="plus"):
            self.p, self.sign = p, 1 if sign == "plus" else -1

        def forward(self, x, scale=1):
            self.x, self.scale = x, scale
            return self.sign * scale * x**self.p

        def backward(self, dout):
            return self.sign * self.scale * self.p * self.x ** (self.p - 1) * dout

    assert sd.audit(Power, x="n", p=3, scale=2).kind == "equal"
    verdict = sd.audit(Power, x="n", p=3, settings={"sign": "minus"})
    assert verdict.kind == "equal"
    assert "-x_i³" in verdict.forward[-1].equation


def test_running_statistics_are_a_branch_of_their_own() -> None:
    given = {"x": "b n", "gamma": "n", "beta": "n", "running_mean": "n"}
    verdict = sd.audit(right.BatchNorm, **given, running_var=sd.positive("n"), train_flg=False)
    assert verdict.kind == "different", "backward wants what only training saves"
    assert "AttributeError" in verdict.obstacle


def test_no_gradient_at_all() -> None:
    class Silent:
        def forward(self, x):
            return x * 2

        def backward(self, dout):
            self.secret = dout * 2

    verdict = sd.audit(Silent, x="n")
    assert verdict.kind == "cannot tell"
    assert "no gradient of x was found" in verdict.obstacle


def test_a_backward_may_take_the_input_and_the_output() -> None:
    def forward(x, w):
        return np.tanh(x * w)

    def backward(x, w, y, dy):
        slope = dy * (1 - y * y)
        return slope * w, np.sum(slope * x, axis=0)

    verdict = sd.audit((forward, backward), x="b n", w="n")
    assert verdict.kind == "equal", verdict.text()


def test_more_gradients_than_arguments() -> None:
    class Generous(right.Sigmoid):
        def backward(self, dout):
            dx = super().backward(dout)
            return dx, dx, dx

    verdict = sd.audit(Generous, x="n")
    assert verdict.kind == "cannot tell"
    assert "3 values" in verdict.obstacle
