"""What readers ask, each asked only where the derivation at hand raises it."""

from __future__ import annotations

from ..calculus.result import Jacobian
from ..index import nodes
from ..index.nodes import Expr
from ..index.text import factors_of
from ..index.walk import walk
from .cases import is_diagonal, split
from .context import Context, slope
from .layout import Symbol
from .tree import Block, Inline, Math, Question


def about_cases(c: Context, column: Math) -> list[Block]:
    """Why the Jacobian has two cases."""
    answer = c.language.say("ask.cases_answer", column=column, delta=Math(Symbol("δ")))
    return [Question(c.language.say("ask.cases"), answer)]


def about_chain(c: Context, jacobian: Jacobian) -> list[Block]:
    """Why there is a sum at all, and where the batch axis went."""
    asked: list[Block] = []
    cases = split(jacobian)
    if cases is not None and not is_diagonal(jacobian):
        diagonal = Jacobian(
            jacobian.output, jacobian.input, jacobian.rows, jacobian.rows, jacobian.value
        )
        answer = c.language.say(
            "ask.sum_answer",
            input=Math(c.element(jacobian.input, jacobian.columns)),
            diagonal=Math(slope(c, diagonal)),
        )
        asked.append(Question(c.language.say("ask.sum"), answer))
    if any(i.dim.is_batch for i in jacobian.rows) and not c.names.row_letter:
        asked.append(Question(c.language.say("ask.batch"), c.language.say("ask.batch_answer")))
    return asked


def about_steps(c: Context) -> list[Block]:
    """Why as many means as statistics, why a difference, why a sum over the rows."""
    return [*_summed_rows(c), *_means(c), *_difference(c)]


def _summed_rows(c: Context) -> list[Block]:
    if not c.names.row_letter:
        return []
    shared = [
        a.tensor
        for a in c.forward.arguments
        if a.differentiable and not any(d.is_batch for d in a.tensor.dims)
    ]
    if not shared:
        return []
    listed: Inline = ()
    for tensor in shared:
        listed += (
            (c.language.word("document.comma"), Math(c.name(tensor)))
            if listed
            else (Math(c.name(tensor)),)
        )
    answer = c.language.say(
        "ask.batch_summed", tensors=listed, index=Math(Symbol(c.names.row_letter))
    )
    return [Question(c.language.say("ask.batch"), answer)]


def _means(c: Context) -> list[Block]:
    """Asked where a gradient holds several means, and the forward takes as many means."""
    statistics = len([a for a in c.forward.assignments if any(_is_mean(n) for n in walk(a.value))])
    for a in c.backward.assignments:
        found = {n for n in walk(a.value) if _is_mean(n)}
        if len(found) >= 2 and len(found) == statistics:
            count = c.language.get(f"count.{len(found)}") or str(len(found))
            return [
                Question(
                    c.language.say("ask.means", count=count),
                    c.language.say("ask.means_answer", count=count),
                )
            ]
    return []


def _is_mean(node: Expr) -> bool:
    """1/n Σ, whatever else is multiplied."""
    if not isinstance(node, nodes.Mul):
        return False
    sizes = {
        nodes.power(f, nodes.MINUS_ONE)
        for f in node.args
        if isinstance(nodes.base_exp(f)[0], nodes.Size)
    }
    sums = [f for f in node.args if isinstance(f, nodes.Reduce) and f.op == "sum"]
    return any(nodes.size(b.dim) in sizes for f in sums for b in f.bound)


def _difference(c: Context) -> list[Block]:
    """Asked where a gradient is a multiple of p - t, with p computed on the way and t given, and a logarithm was taken."""
    computed = {a.tensor for a in c.forward.assignments}
    logarithm = any(
        isinstance(n, nodes.Call) and n.function == "log"
        for a in c.forward.assignments
        for n in walk(a.value)
    )
    if not logarithm:
        return []
    for a in c.backward.assignments:
        for factor in factors_of(a.value):
            if isinstance(factor, nodes.Add) and len(factor.args) == 2:
                first = [
                    t for t in factor.args if isinstance(t, nodes.Ref) and t.tensor in computed
                ]
                if first and _is_target(next(t for t in factor.args if t is not first[0]), c):
                    value = Math(c.layout(first[0]))
                    return [
                        Question(
                            c.language.say("ask.difference"),
                            c.language.say("ask.difference_answer", value=value),
                        )
                    ]
    return []


def _is_target(term: Expr, c: Context) -> bool:
    """-t for an argument t, or minus a δ or bracket that compares with labels."""
    count, rest = nodes.coefficient(term)
    given = {a.tensor for a in c.forward.arguments}
    return (
        count == -1
        and isinstance(rest, (nodes.Ref, nodes.Delta, nodes.Bracket))
        and bool(rest.tensors & given)
    )
