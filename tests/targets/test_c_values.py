"""Values as C: the text has the value of the tree, with no parentheses that C does not need."""

from __future__ import annotations

import random
import re
from fractions import Fraction
from typing import Any

import pytest

from symderive.loops import nodes
from symderive.loops.nodes import Name, Real, Value, Whole
from symderive.targets.c.layout import WIDTH, Row, laid_out
from symderive.targets.c.values import Spelling

NAMES = {name: k / 7 for name, k in zip("abcd", (3, 12, -5, 29), strict=True)}  # any order tells


def tree(seeded: random.Random, depth: int) -> Value:
    """A random value of sums, products, quotients, negatives and choices."""
    if depth == 0:
        return seeded.choice([*map(Name, NAMES), Whole(-2), Real(Fraction(3)), Real(Fraction(-4))])
    sides = [tree(seeded, depth - seeded.randint(1, depth)) for _ in range(3)]
    made = [
        nodes.Sum(tuple(sides)), nodes.Product(tuple(sides)), nodes.Quotient(*sides[:2]),
        nodes.Negative(sides[0]), nodes.Choice(nodes.Compare("gt", *sides[:2]), *sides[1:]),
        nodes.Choice(nodes.All((nodes.Compare("ne", *sides[:2]),)), *sides[:2]),
    ]  # fmt: skip
    return seeded.choice(made)


def value(node: Any) -> Any:
    """What a tree is worth, by its own meaning."""
    if isinstance(node, Name):
        return NAMES[node.name]
    if isinstance(node, Whole | Real):
        return float(node.value)
    if isinstance(node, nodes.Negative):
        return -value(node.value)
    if isinstance(node, nodes.Sum):
        return sum(map(value, node.terms))
    if isinstance(node, nodes.Product):
        first, *rest = map(value, node.factors)
        for factor in rest:
            first *= factor
        return first
    if isinstance(node, nodes.Quotient):
        return value(node.above) / value(node.below)
    if isinstance(node, nodes.Choice):
        return value(node.then if value(node.test) else node.otherwise)
    if isinstance(node, nodes.All):
        return all(map(value, node.tests))
    left, right = value(node.left), value(node.right)
    return left > right if node.relation == "gt" else left != right


class Reader:
    """C's own grammar for what is written, by recursive descent."""

    def __init__(self, text: str) -> None:
        self.tokens = re.findall(r"\d+|\w+|[-+*/?:()]|[>!&=]+", text)

    def take(self, *signs: str) -> str:
        return self.tokens.pop(0) if self.tokens and self.tokens[0] in signs else ""

    def choice(self) -> Any:
        test = self.both()
        if not self.take("?"):
            return test
        then = self.choice()
        assert self.take(":")
        otherwise = self.choice()
        return then if test else otherwise

    def both(self) -> Any:
        found = self.compared()
        while self.take("&&"):
            other = self.compared()
            found = found and other
        return found

    def compared(self) -> Any:
        left = self.added()
        sign = self.take(">", "!=")
        if not sign:
            return left
        right = self.added()
        return left > right if sign == ">" else left != right

    def added(self) -> Any:
        found = self.multiplied()
        while sign := self.take("+", "-"):
            other = self.multiplied()
            found = found + other if sign == "+" else found - other
        return found

    def multiplied(self) -> Any:
        found = self.signed()
        while sign := self.take("*", "/"):
            other = self.signed()
            found = found * other if sign == "*" else found / other
        return found

    def signed(self) -> Any:
        if self.take("-"):
            return -self.signed()
        if self.take("("):
            found = self.choice()
            assert self.take(")")
            return found
        token = self.tokens.pop(0)
        return NAMES[token] if token in NAMES else float(token)


@pytest.mark.parametrize("seed", range(200))
def test_the_text_is_worth_what_the_tree_is(seed: int) -> None:
    made = tree(random.Random(seed), 5)
    try:
        expected = value(made)
    except ZeroDivisionError:
        return
    pieces = Spelling().write(made)
    reader = Reader(" ".join(pieces))
    assert reader.choice() == expected, " ".join(pieces)
    assert not reader.tokens


@pytest.mark.parametrize("seed", range(40))
def test_a_broken_line_says_the_same_within_the_width(seed: int) -> None:
    pieces = Spelling().write(tree(random.Random(seed), 7))
    lines = laid_out([Row(pieces, depth=3)])
    assert " ".join(line.strip() for line in lines) == " ".join(pieces)
    longest = max(map(len, pieces)) + 16
    assert all(len(line) <= max(WIDTH, longest) for line in lines)
