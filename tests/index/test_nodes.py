"""Nodes are interned: what is equal is one object, and what differs is not."""

from __future__ import annotations

from symderive.index import nodes
from symderive.index.domains import POSITIVE, Integers, Positive
from symderive.index.nodes import Tensor


def test_a_parameter_and_an_input_of_one_name_are_two_tensors() -> None:
    fixed = Tensor("c", (), Positive(fixed=True))
    plain = Tensor("c", (), POSITIVE)
    assert nodes.ref(fixed) is not nodes.ref(plain)
    assert nodes.ref(fixed).tensor.domain.fixed and not nodes.ref(plain).tensor.domain.fixed


def test_places_that_differ_are_chosen_by_one_bracket() -> None:
    assert nodes.bracket("ne", 1, 2) is nodes.ONE and nodes.bracket("ne", 1, 1) is nodes.ZERO
    t, u = (Tensor(n, (), Integers())[()] for n in "tu")
    assert nodes.bracket("ne", t, u) is nodes.bracket("ne", u, t)
