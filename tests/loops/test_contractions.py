"""Contractions stand alone; what is element by element in an operand has a name."""

from __future__ import annotations

from symderive.index import nodes
from symderive.index.dims import Dim, Index
from symderive.index.nodes import Tensor
from symderive.index.text import text
from symderive.index.walk import walk
from symderive.loops.contractions import apart
from symderive.schedule import Statement


def test_one_operand_of_two_products_is_made_once() -> None:
    """x_md² z_md in one product, z_md x_md² by other letters and dims first in another."""
    m, n, d = (Dim(name) for name in "mnd")
    x, z, w = Tensor("x", (d, m)), Tensor("z", (m, d)), Tensor("w", (n, d))
    v = Tensor("v", (n, m))
    i, j, k, other = Index(m), Index(n), Index(d), Index(d, 4)

    def operand(row: Index, column: Index) -> nodes.Expr:
        return nodes.mul(nodes.ref(x, column, row), nodes.ref(z, row, column))

    first = nodes.sum_((other,), nodes.mul(operand(i, other), nodes.ref(w, j, other)))
    second = nodes.sum_((i,), nodes.mul(operand(i, k), nodes.ref(v, j, i)))
    statements = [
        Statement(Tensor("y", (m, n)), (i, j), first),
        Statement(Tensor("u", (n, d)), (j, k), second),
    ]
    done = apart(statements, {"x", "z", "w", "v", "y", "u"}, lambda s: True)
    assert [s.name for s in done] == ["y_factor", "y", "u"]
    for s in done[1:]:
        (made,) = [r for r in walk(s.value) if getattr(r, "tensor", None) == done[0].tensor]
        assert [a.index.dim for a in made.args] == list(done[0].tensor.dims)  # type: ignore[attr-defined]


def test_numbers_and_scaling_inside_a_contraction_are_kept() -> None:
    """Σ_d 3 a x_md² z_nd + 1, as no derivation states it: numbers come out of their Σ before."""
    m, n, d = (Dim(name) for name in "mnd")
    i, j, k = Index(m), Index(n), Index(d)
    a, x, z = Tensor("a"), Tensor("x", (m, d)), Tensor("z", (n, d))
    square = nodes.power(nodes.ref(x, i, k), nodes.num(2))
    body = nodes.mul(nodes.num(3), nodes.ref(a), square, nodes.ref(z, j, k))
    product = nodes.sum_((k,), body)
    whole = Statement(Tensor("y", (m, n)), (i, j), nodes.add(product, nodes.num(1)))
    bare = Statement(Tensor("y", (m, n)), (i, j), product)
    for statement in (whole, bare):
        done = apart([statement], {"a", "x", "y", "z"}, lambda s: True)
        assert [text(s.value) for s in done[:2]] == ["x_md²", "Σ_d y_factor_md z_id"]
        assert text(done[2].value).endswith("3 a sum_y_mi")
