"""The rules that a derivation may use: name, reason, side condition and an example, in every
language of the proofs.

Adding a rule is one entry here. A rule with a `rewrite` is applied to whole expressions; one
without names a step that the search or the reverse pass takes by the program's own equations. A
test fires every rewrite on its example and checks that it keeps the value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..index.nodes import Expr
from . import rewrites
from .rewrites import Example


@dataclass(frozen=True)
class Rule:
    """One rule: its title and its reason by language code, its equation in LaTeX, its side
    condition.
    """

    key: str
    title: Mapping[str, str]
    because: Mapping[str, str]
    latex: str
    condition: str = ""
    rewrite: Callable[[Expr], Expr] | None = None
    example: Callable[[], Example] | None = field(default=None)


def _rule(
    key: str,
    latex: str,
    en: tuple[str, str],
    zh: tuple[str, str],
    *,
    condition: str = "",
    rewrite: Callable[[Expr], Expr] | None = None,
    example: Callable[[], Example] | None = None,
) -> Rule:
    return Rule(
        key,
        {"en": en[0], "zh": zh[0]},
        {"en": en[1], "zh": zh[1]},
        latex,
        condition,
        rewrite,
        example,
    )


RULES: dict[str, Rule] = {
    rule.key: rule
    for rule in (
        _rule(
            "differentiate",
            r"\frac{\partial f(u)}{\partial x} = f'(u)\,\frac{\partial u}{\partial x}",
            (
                "differentiate",
                "Differentiate the assignment itself, with the chain rule for what it is made of.",
            ),
            ("求导", "对这一赋值本身求导，其组成部分按链式法则处理。"),
        ),
        _rule(
            "chain rule",
            r"\bar x_k = \sum_i \bar y_i\,\frac{\partial y_i}{\partial x_k}",
            (
                "chain rule",
                "The input acts on the loss through every output element, "
                "so all their contributions add up.",
            ),
            ("链式法则", "输入通过每一个输出元素影响损失，因此要把所有路径的贡献相加。"),
        ),
        _rule(
            "split",
            r"\sum_i (a_i + b_i) = \sum_i a_i + \sum_i b_i",
            (
                "linearity of Σ",
                "A product with a sum is expanded, and the sum of a sum is the sum of the sums.",
            ),
            ("求和的线性", "把乘积展开，和的求和等于求和的和。"),
            rewrite=rewrites.split,
            example=rewrites.split_example,
        ),
        _rule(
            "sift",
            r"\sum_i \delta_{ik} f_i = f_k",
            (
                "sifting of δ",
                "δ is 1 for one index and 0 for all others, so one term of the sum is left.",
            ),
            ("δ 的筛选性", "δ 只在一个下标处为 1，其余为 0，所以求和只剩一项。"),
            condition="the value of the index lies within its axis",
            rewrite=rewrites.sift,
            example=rewrites.sift_example,
        ),
        _rule(
            "pull out",
            r"\sum_i c\,f_i = c \sum_i f_i",
            (
                "pull out of Σ",
                "A factor that does not depend on the summed index stands outside the sum.",
            ),
            ("提出求和号", "与求和下标无关的因子可以提到求和号外面。"),
            condition="the factor is free of the bound index",
            rewrite=rewrites.pull_out,
            example=rewrites.pull_out_example,
        ),
        _rule(
            "normalise",
            r"a(b + c) = ab + ac",
            ("normal form", "Expand, sift and collect until every term stands by itself."),
            ("化为范式", "展开、筛选并合并同类项，直到每一项各自独立。"),
            rewrite=rewrites.normalise,
            example=rewrites.split_example,
        ),
        _rule(
            "fold",
            r"e_i / s \to o_i",
            ("fold", "The forward has already computed this: use its name."),
            ("折叠", "前向过程已经算出了它：直接用它的名字。"),
            condition="the equation of the forward that is used",
        ),
        _rule(
            "eliminate",
            r"o_i = e_i / s \;\Rightarrow\; e_i = o_i s",
            (
                "read an equation backwards",
                "An equation of the forward, solved for one of its terms, removes a name.",
            ),
            ("反向使用等式", "把前向的一个等式对其中一项求解，从而消去一个名字。"),
            condition="nothing is divided by that the forward does not divide by",
        ),
        _rule(
            "unfold",
            r"o_i \to e_i / s",
            (
                "use a definition",
                "Write a name of the forward out, so that other parts can cancel.",
            ),
            ("代入定义", "把前向的一个名字按定义写开，以便其他部分相消。"),
            condition="the equation of the forward that is used",
        ),
        _rule(
            "factor",
            r"a b + a c = a (b + c)",
            ("factor", "What the terms share is taken out; this is the cheapest form to compute."),
            ("提取公因子", "提出各项的公共因子；这是计算代价最小的形式。"),
        ),
        _rule(
            "name",
            r"\bar P_{ij} := \ldots",
            ("give a name", "A cotangent that others share is computed once, under a name."),
            ("命名", "被多处使用的余切只计算一次，并给它一个名字。"),
        ),
        _rule(
            "rearrange",
            r"a = b",
            (
                "the cheaper of two equal forms",
                "Both sides have the same normal form; the right one is cheaper.",
            ),
            ("两个相等形式中代价较小者", "两边的范式相同，右边计算代价更小。"),
            condition="both sides have one normal form, or agree at random points",
        ),
        _rule(
            "no path",
            r"\frac{\partial y}{\partial x} = 0",
            (
                "the output does not depend on it",
                "No path leads from this input to the output: its gradient is zero.",
            ),
            ("输出与它无关", "没有路径从这个输入通向输出：它的梯度为零。"),
        ),
    )
}
