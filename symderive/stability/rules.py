"""The rules of stability: what each says, why it holds, when it may be used, and a program on
which it fires."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..program import Program
from . import examples


@dataclass(frozen=True)
class Rule:
    """One rewrite of a forward program.

    title, because: in each language, by its code.  latex: the identity.  where: the side condition
    that is checked.
    example: a program on which the rule fires.
    """

    key: str
    title: dict[str, str]
    because: dict[str, str]
    latex: str
    where: dict[str, str]
    example: Callable[[], Program]


Pair = tuple[str, str]


def _rule(
    key: str, title: Pair, because: Pair, latex: str, where: Pair, example: Callable[[], Program]
) -> Rule:
    """A rule from its texts in English and Chinese."""

    def spoken(pair: Pair) -> dict[str, str]:
        return dict(zip(("en", "zh"), pair, strict=True))

    return Rule(key, spoken(title), spoken(because), latex, spoken(where), example)


RULES: dict[str, Rule] = {
    rule.key: rule
    for rule in (
        _rule(
            "shift-by-maximum",
            ("shift by the maximum", "减去最大值"),
            ("The largest exponential is taken out of all of them as a factor, and only what is "
             "left is computed: it does not exceed 1.",
             "把其中最大的指数作为公因子提出，只计算余下的部分：它不超过 1。"),
            r"e^{x_i} = e^{m}\, e^{x_i - m},\qquad m = \max_j x_j",
            ("the factor cancels in every output or is taken up by a logarithm; the maximum "
             "does not depend on a summed "
             "index", "公因子在每个输出中抵消，或被对数吸收；最大值不依赖于求和指标"),
            examples.softmax,
        ),
        _rule(
            "common-factor",
            ("the common factor", "公因子"),
            ("The factor comes out of sums and products; a quotient cancels it, and a logarithm "
             "turns it into a term.",
             "公因子可以提到和与积之外；在商中约去，遇到对数则变成一项。"),
            r"\frac{e^{m}\, e^{x_i - m}}{\sum_j e^{m}\, e^{x_j - m}} "
            r"= \frac{e^{x_i - m}}{\sum_j e^{x_j - m}}",
            ("every output has the same value for any shift", "无论平移量取何值，各输出都不变"),
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
        _rule(
            "log-of-sum",
            ("logarithm of a sum of exponentials", "指数之和的对数"),
            ("The larger exponent is taken out of the logarithm, and what is left lies "
             "between 1 and 2.",
             "把较大的指数提到对数之外，余下的部分介于 1 与 2 之间。"),
            r"\log(e^{a} + e^{b}) = \max(a, b) + \log\bigl(1 + e^{-|a - b|}\bigr)",
            ("an identity for all real numbers", "对一切实数成立的恒等式"),
            examples.softplus,
        ),
        _rule(
            "sigmoid",
            ("sigmoid", "S 型函数"),
            ("A quotient of exponentials that is a sigmoid is computed as one, with an "
             "exponential that cannot overflow "
             "on either side.", "指数之商若是 S 型函数，就按 S 型函数计算，两侧的指数都不会上溢。"),
            r"\frac{e^{a}}{e^{a} + e^{b}} = \sigma(a - b),\qquad 1 - \sigma(u) = \sigma(-u)",
            ("an identity for all real numbers", "对一切实数成立的恒等式"),
            examples.silu,
        ),
        _rule(
            "tanh",
            ("hyperbolic tangent", "双曲正切"),
            ("The quotient of exponentials overflows on both sides and cancels near 0; tanh "
             "does neither.",
             "这个指数之商在两侧上溢、在 0 附近相消；双曲正切函数则不会。"),
            r"\frac{e^{u} - e^{-u}}{e^{u} + e^{-u}} = \tanh u",
            ("an identity for all real numbers", "对一切实数成立的恒等式"),
            examples.tanh,
        ),
        _rule(
            "hyperbolic",
            ("hyperbolic cosine", "双曲余弦"),
            ("The sum of the two exponentials is one function, which is as large as the larger of "
             "them; half way between two sigmoids lies its reciprocal.",
             "两个指数之和是一个函数，其大小与较大者相同；它的倒数正介于两个 S 型函数之间。"),
            r"\frac{2}{e^{u} + e^{-u}} = \frac{1}{\cosh u}",
            ("an identity for all real numbers", "对一切实数成立的恒等式"),
            examples.sech,
        ),
        _rule(
            "product-of-exponentials",
            ("a product of exponentials as one", "指数之积合为一个"),
            ("One factor overflows where the other vanishes, and computed apart their product "
             "would be 0 times infinity; together they stay finite.",
             "一个因子上溢之处，另一个恰好消失，分开计算就成了零乘无穷；合在一起则始终有限。"),
            r"e^{a}\, e^{-e^{a}} = e^{a - e^{a}}",
            ("an identity for all real numbers; one exponent holds the other exponential, or the "
             "quotient is bounded", "对一切实数成立的恒等式；一个指数含有另一个指数函数，或商有界"),
            examples.gumbel,
        ),
        _rule(
            "half-angle",
            ("half the angle", "半角公式"),
            ("Near 0 the cosine is 1 to all digits, and its difference is 0; the sine of half "
             "the angle keeps it.",
             "在 0 附近余弦的每一位数字都与 1 相同，相减得 0；半角的正弦则保留这个差。"),
            r"1 - \cos u = 2 \sin^2 \tfrac{u}{2}",
            ("an identity for all real numbers", "对一切实数成立的恒等式"),
            examples.versine,
        ),
        _rule(
            "conjugate",
            ("the conjugate of a difference with a root", "含根式之差的共轭"),
            ("Where the root is close to the number their difference is what rounding left; what "
             "stands under the root is subtracted first, and nothing is lost.",
             "当根式接近该数时，两者之差只剩舍入误差；先对根号下的量相减，则毫无损失。"),
            r"\sqrt a - c = \frac{a - c^2}{\sqrt a + c}",
            ("c is above 0; used where a and the square of c differ by that square at most",
             "c 为正；只在 a 与 c² 之差不超过 c² 时使用"),
            examples.root_difference,
        ),
        _rule(
            "expm1",
            ("exponential minus one", "指数减一"),
            ("Near 0 the exponential is close to 1, and subtracting 1 would leave only its "
             "rounding error.",
             "在 0 附近指数接近 1，直接减 1 只会剩下舍入误差。"),
            r"e^{u} - 1 = \operatorname{expm1} u",
            ("an identity for all real numbers", "对一切实数成立的恒等式"),
            examples.expm1,
        ),
        _rule(
            "one-exponential",
            ("one exponential for two", "两个指数合为一个"),
            ("The two exponentials may overflow where their quotient does not.",
             "两个指数各自可能上溢，而它们的商却不会。"),
            r"\frac{e^{a}}{e^{b}} = e^{a - b}",
            ("an identity for all real numbers; no array grows",
             "对一切实数成立的恒等式；数组不会变大"),
            examples.quotient,
        ),
        _rule(
            "both-cases",
            ("the two cases agree", "两种情形一致"),
            ("Both branches have the same value, so there is no case to tell.",
             "两个分支的值相同，无须再分情形。"),
            r"[a > b]\, u + [b \ge a]\, u = u",
            ("the two conditions exclude each other and cover all numbers",
             "两个条件互斥，且涵盖一切实数"),
            examples.two_cases,
        ),
        _rule(
            "log1p",
            ("logarithm of one plus", "一加某数的对数"),
            ("Adding 1 to a small number rounds it away; log1p does not.",
             "把很小的数加到 1 上会被舍入掉；log1p 则不会。"),
            r"\log(1 + u) = \operatorname{log1p} u",
            ("1 + u is positive wherever the logarithm is defined", "凡对数有定义处，1 + u 为正"),
            examples.log1p,
        ),
        _rule(
            "variance",
            ("mean of squared deviations", "离差平方的平均"),
            ("Where the mean is large beside the spread, the two means agree in most of "
             "their digits and their difference is noise; the deviations are subtracted first.",
             "当均值远大于离散程度时，两个平均数的大部分数字相同，相减只剩噪声；应当先求离差。"),
            r"\frac1n \sum_i x_i^2 - \Bigl(\frac1n \sum_i x_i\Bigr)^2 "
            r"= \frac1n \sum_i (x_i - \mu)^2",
            ("both sums run over the same index; the second carries minus the first's "
             "coefficient over n",
             "两个和式对同一指标求和；第二个的系数是第一个的负 n 分之一"),
            examples.variance,
        ),
        _rule(
            "erfc",
            ("complementary error function", "互补误差函数"),
            ("Far out erf is 1 to all digits, and the difference would be 0; erfc keeps it.",
             "在远处误差函数的每一位数字都与 1 相同，相减得 0；互补误差函数则保留这个差。"),
            r"1 + \operatorname{erf} u = \operatorname{erfc}(-u)",
            ("an identity for all real numbers", "对一切实数成立的恒等式"),
            examples.gelu,
        ),
        _rule(
            "guarded-logarithm",
            ("logarithm of a probability that may underflow", "可能下溢的概率的对数"),
            ("Where the probability underflows to 0 its logarithm is still known; where both are 0 "
             "nothing is left.",
             "当概率下溢为 0 时，它的对数仍然已知；两者都为 0 时结果为 0。"),
            r"\operatorname{xlogy}(u, p) = u \log p",
            ("p is positive and made of exponentials", "p 为正且由指数构成"),
            examples.weighted_log_of_softmax,
        ),
        _rule(
            "log-of-difference",
            ("logarithm of one minus an exponential", "一减指数的对数"),
            ("Near 0 the difference cancels, far from it the exponential is lost beside 1; each "
             "range has a form that loses nothing.",
             "在 0 附近相减会抵消，远离 0 时指数又被 1 淹没；两个区间各有一个毫无损失的写法。"),
            r"\log(1 - e^{u}) = \operatorname{log1mexp} u = \begin{cases}"
            r"\log(-\operatorname{expm1} u) & u > -\log 2\\"
            r"\operatorname{log1p}(-e^{u}) & \text{else}\end{cases}",
            ("an identity for all real numbers", "对一切实数成立的恒等式"),
            examples.log_of_difference,
        ),
        _rule(
            "log-of-tail",
            ("logarithm of a tail of the normal distribution", "正态分布尾部的对数"),
            ("The tail underflows to 0 where its logarithm is an ordinary number; where it is "
             "almost 1, the other tail tells the logarithm.",
             "尾部下溢为 0 之处，其对数仍是普通的数；当它接近 1 时，则由另一侧的尾部求得对数。"),
            r"\log\bigl(\tfrac12 \operatorname{erfc} u\bigr) "
            r"= \operatorname{log\_ndtr}(-\sqrt2\, u)",
            ("an identity for all real numbers", "对一切实数成立的恒等式"),
            examples.log_of_tail,
        ),
        _rule(
            "scaled-tail",
            ("the scaled tail", "缩放后的尾部"),
            ("One factor overflows or vanishes where the other vanishes, and their product does "
             "neither; the scaled tail is computed as one function.",
             "一个因子上溢或消失之处，另一个也消失，而它们的积却不会；缩放后的尾部作为一个函数计算。"),
            r"e^{u^2} \operatorname{erfc} u = \operatorname{erfcx} u",
            ("an identity for all real numbers", "对一切实数成立的恒等式"),
            examples.hazard,
        ),
        _rule(
            "log-of-mixture",
            ("logarithm of a mixture", "混合概率的对数"),
            ("Where both probabilities underflow to 0, their logarithms are still known.",
             "当两个概率都下溢为 0 时，它们的对数仍然已知。"),
            r"\log(p + q) = \operatorname{logaddexp}(\log p, \log q)",
            ("p and q are quotients of exponentials", "p 与 q 都是指数之商"),
            examples.mixture,
        ),
        _rule(
            "shift-invariant",
            ("a difference of the forward", "利用前向中的差"),
            ("The gradient is the same for x and for x - c, so it is written in the difference "
             "that the forward has, where large numbers have cancelled already.",
             "把 x 换成 x - c 梯度不变，因此改用前向中已有的差：大数在那里已经相消。"),
            r"x_i - \sum_j p_j x_j = z_i - \sum_j p_j z_j,\qquad z = x - c,\ \sum_j p_j = 1",
            ("the two gradients agree at random points of the forward",
             "两种写法在前向的随机点上一致"),
            examples.divergence,
        ),
        _rule(
            "from-the-middle",
            ("about the middle", "从中心量起"),
            ("The gradient depends on the differences of the points alone, so they are measured "
             "from their mean: far from the origin two large terms would leave only rounding.",
             "梯度只依赖点与点之差，因此各点都从均值量起：离原点很远时，两个大数相减只剩舍入误差。"),
            r"x_i \sum_j w_{ij} - \sum_j w_{ij} x_j = u_i \sum_j w_{ij} - \sum_j w_{ij} u_j,"
            r"\qquad u = x - c",
            ("moving every point by the same amount leaves the gradient as it is, by algebra",
             "所有点同移一个量，梯度不变：由代数推出"),
            examples.energy,
        ),
        _rule(
            "sum-of-others",
            ("the sum of the others", "其余各项之和"),
            ("The values sum to one. Where one of them is almost 1, subtracting it from 1 leaves "
             "only rounding; the sum of the others, all of them small, is the same number.",
             "这些值之和为一。当其中一个接近 1 时，用 1 去减只剩舍入误差；"
             "其余各项都很小，它们的和正是同一个数。"),
            r"1 - p_k = \sum_{j \ne k} p_j,\qquad \sum_j p_j = 1,\ p_j \ge 0",
            ("the program's own equations give the sum of one, and no value is below 0",
             "程序自身的等式给出和为一，且各值都不小于 0"),
            examples.odds,
        ),
        _rule(
            "log-near-one",
            ("the logarithm of almost one", "接近一的数的对数"),
            ("Where p is almost 1 its logarithm is almost 0, and a difference of larger numbers "
             "would lose it; what is missing to 1 is known, and tells the logarithm to all digits.",
             "当 p 接近 1 时，其对数接近 0，由较大的数相减会失去它；"
             "而它与 1 之差已经求得，由此可得到对数的全部有效数字。"),
            r"\log p = \operatorname{log1p}(-q),\qquad q = 1 - p < \tfrac12",
            ("the forward has q, the sum of the others", "前向中已有 q，即其余各项之和"),
            examples.focal,
        ),
        _rule(
            "scale-by-largest",
            ("scale by the largest", "按最大值缩放"),
            ("The powers may overflow or underflow where their root does not; divided by the "
             "largest, no power exceeds 1. The result is the same for every scale, so that no "
             "gradient flows through the maximum.",
             "各次幂可能上溢或下溢，而它们之和的方根却不会；除以最大值之后，任何幂都不超过 1。"
             "结果与缩放量无关，因此梯度不会流经最大值。"),
            r"\Bigl(\sum_i v_i^k\Bigr)^{1/k} = c \Bigl(\sum_i (v_i / c)^k\Bigr)^{1/k},"
            r"\qquad c = \max_i |v_i|",
            ("the root undoes the power; v is not below 0, or k is even; where the largest is 0 or "
             "not finite, c is 1",
             "方根与幂互逆；v 不小于 0，或 k 为偶数；当最大值为 0 或非有限时，取 c 为 1"),
            examples.power_mean,
        ),
        _rule(
            "weights",
            ("weights that sum to one", "和为一的权重"),
            ("Where v is large the difference would round u away, although v is taken out "
             "again; as a mean with weights nothing is lost.",
             "当 v 很大时，相减会把 u 舍入掉，尽管随后又加回 v；写成加权平均则毫无损失。"),
            r"s\,(u - v) + v = s\,u + (1 - s)\,v",
            ("s is a sigmoid, so that both weights lie between 0 and 1",
             "s 是 S 型函数值，故两个权重都介于 0 与 1 之间"),
            examples.gate,
        ),
    )
}  # fmt: skip
