"""The rules of stability: what each says, why it holds, when it may be used, and a program on which it fires."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..program import Program
from . import examples


@dataclass(frozen=True)
class Rule:
    """One rewrite of a forward program.

    title, because: in each language, by its code.  latex: the identity.  where: the side condition that is checked.
    example: a program on which the rule fires.
    """

    key: str
    title: dict[str, str]
    because: dict[str, str]
    latex: str
    where: dict[str, str]
    example: Callable[[], Program]


def _rule(key: str, title: tuple[str, str], because: tuple[str, str], latex: str, where: tuple[str, str],
          example: Callable[[], Program]) -> Rule:  # fmt: skip
    def spoken(pair: tuple[str, str]) -> dict[str, str]:
        return dict(zip(("en", "zh"), pair, strict=True))

    return Rule(key, spoken(title), spoken(because), latex, spoken(where), example)


RULES: dict[str, Rule] = {
    rule.key: rule
    for rule in (
        _rule(
            "shift-by-maximum",
            ("shift by the maximum", "减去最大值"),
            ("Every exponential is divided by the largest one; the factor cancels, and no exponential exceeds 1.",
             "每个指数都除以其中最大的一个；这个公因子最终抵消，而指数值不再超过 1。"),
            r"e^{x_i} = e^{m}\, e^{x_i - m},\qquad m = \max_j x_j",
            ("the factor cancels in every output or is taken up by a logarithm; the maximum does not depend on a summed "
             "index", "公因子在每个输出中抵消，或被对数吸收；最大值不依赖于求和指标"),
            examples.softmax,
        ),
        _rule(
            "shift-is-constant",
            ("the shift is a constant", "平移量是常数"),
            ("The outputs do not depend on the shift, so no gradient flows through the maximum.",
             "输出与平移量无关，因此梯度不会流经最大值。"),
            r"\frac{\partial}{\partial m}\, \frac{e^{x_i - m}}{\sum_j e^{x_j - m}} = 0",
            ("the shift cancels from every output, by algebra and at random points",
             "平移量在每个输出中消去：既用代数推出，也在随机点上验证"),
            examples.shifted_softmax,
        ),
        _rule(
            "log-of-product",
            ("logarithm of a product with exponentials", "含指数的乘积的对数"),
            ("The logarithm undoes the exponential before it can underflow to 0 or overflow.",
             "先让对数与指数相消，避免指数下溢为 0 或上溢。"),
            r"\log \frac{e^{u}}{s} = u - \log s",
            ("every factor is positive", "每个因子都为正"),
            examples.log_of_softmax,
        ),
    )
}  # fmt: skip
