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
    """Asked where the gradients hold several means, and the forward takes as many means."""
    statistics = {n for a in c.forward.assignments for n in _averaged(a.value)}
    found = {n for a in c.backward.assignments for n in _averaged(a.value)}
    if len(found) < 2 or len(found) != len(statistics):
        return []
    count = c.language.get(f"count.{len(found)}") or str(len(found))
    answer = c.language.say("ask.means_answer", count=count)
    return [Question(c.language.say("ask.means", count=count), answer)]


def _averaged(value: Expr) -> set[Expr]:
    """The sums that are divided by the length of their axis, by themselves or together."""
    found: set[Expr] = set()
    for product in walk(value):
        if isinstance(product, nodes.Mul):
            lengths = {nodes.power(f, nodes.MINUS_ONE) for f in product.args if _is_inverse(f)}
            sums = (n for n in walk(product) if isinstance(n, nodes.Reduce) and n.op == "sum")
            found |= {n for n in sums if any(nodes.size(b.dim) in lengths for b in n.bound)}
    return found


def _is_inverse(factor: Expr) -> bool:
    return isinstance(nodes.base_exp(factor)[0], nodes.Size) and isinstance(factor, nodes.Pow)


def _difference(c: Context) -> list[Block]:
    """Asked where a gradient is a multiple of p - t, p computed and t given, and the forward took a
    logarithm."""
    taken = (node for a in c.forward.assignments for node in walk(a.value))
    if not any(isinstance(n, nodes.Call) and n.function in ("log", "logaddexp") for n in taken):
        return []
    sums = [f for a in c.backward.assignments for f in factors_of(a.value)]
    for first, second in (f.args for f in sums if isinstance(f, nodes.Add) and len(f.args) == 2):
        for value, target in ((first, second), (second, first)):
            if _is_target(c, target) and _is_computed(c, value):
                shown = Math(c.layout(value))
                answer = c.language.say("ask.difference_answer", value=shown)
                return [Question(c.language.say("ask.difference"), answer)]
    return []


def _is_target(c: Context, term: Expr) -> bool:
    """-t for an argument t, or minus a δ or bracket that compares with labels."""
    count, rest = nodes.coefficient(term)
    given = {a.tensor for a in c.forward.arguments}
    compared = isinstance(rest, (nodes.Ref, nodes.Delta, nodes.Bracket))
    return count == -1 and compared and bool(rest.tensors & given)


def _is_computed(c: Context, term: Expr) -> bool:
    """p, or e/s: made of what the forward computed, and not of what it was given."""
    computed = {a.tensor for a in c.forward.assignments}
    single = not any(isinstance(n, (nodes.Add, nodes.Reduce)) for n in walk(term))
    return (
        single
        and nodes.coefficient(term)[0] == 1
        and term.tensors <= computed
        and bool(term.tensors)
    )
