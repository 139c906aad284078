"""A place that is proved to lie within its axis does, whatever the lengths are."""

from __future__ import annotations

from random import Random

import pytest

from symderive.index import nodes
from symderive.index.dims import Dim, Index
from symderive.index.nodes import Expr, Tensor, idx, num
from symderive.index.places import is_there, not_negative, outside

W = Dim("w")
LATER = Dim("p", None, (("w", 1), ("", -2)))  # two elements less
X = Tensor("x", (W,))
W_SIZE = nodes.size(W)
PLACE, P = Index(W), Index(LATER)


def value(form: Expr, i: int, w: int) -> int:
    """A linear form of the index i (or p) and the length w."""
    if isinstance(form, nodes.Num):
        return int(form.value)
    if isinstance(form, nodes.Idx):
        return i
    if isinstance(form, nodes.Size):
        return w
    values = [value(a, i, w) for a in form.args]
    return sum(values) if isinstance(form, nodes.Add) else values[0] * values[1]


def condition_holds(condition: Expr, i: int, w: int) -> bool:
    left, right = (value(a, i, w) for a in condition.args)
    relation = getattr(condition, "relation", "eq")
    return {"gt": left > right, "ge": left >= right, "eq": left == right, "ne": left != right}[
        relation
    ]


def bracket(relation: str, left: Expr, right: Expr) -> Expr | None:
    made = nodes.bracket(relation, left, right)
    return made if isinstance(made, nodes.Bracket | nodes.Delta) else None


def random_form(random: Random, index: Index) -> Expr:
    return (
        idx(index) * random.choice([-1, 1, 1, 1])
        + W_SIZE * random.choice([-1, 0, 0, 1])
        + (random.randint(-3, 3))
    )


def test_what_is_proved_is_so() -> None:
    random, proved = Random(0), 0
    for _ in range(3000):
        index = random.choice([PLACE, P])
        place = random_form(random, index)
        drawn = [
            bracket(
                random.choice(["gt", "ge", "ge", "eq", "ne"]),
                random_form(random, index),
                random_form(random, index) if random.random() < 0.3 else num(random.randint(-2, 2)),
            )
            for _ in range(random.randint(0, 3))
        ]
        conditions = [c for c in drawn if c is not None]
        if outside(X[place], conditions):
            continue
        proved += 1
        for w in range(1, 8):
            for i in range(w if index is PLACE else w - 2):
                if all(condition_holds(c, i, w) for c in conditions):
                    assert 0 <= value(place, i, w) < w, (place, conditions, i, w)
    assert proved > 100


@pytest.mark.parametrize(
    ("place", "conditions"),
    [
        (idx(P) + 2, []),  # x[2:]
        (idx(P) + 1, []),
        (idx(P), []),
        (idx(PLACE) - 1, [("ge", idx(PLACE), num(1))]),
        (idx(PLACE) - 2, [("ge", idx(PLACE) - 1, num(1))]),  # shifted twice
        (W_SIZE - 1 - idx(PLACE), []),  # x[::-1]
        (idx(PLACE) + W_SIZE - 1, [("gt", num(1), idx(PLACE))]),  # around the end
        (idx(PLACE), [("ne", idx(PLACE), num(1))]),
    ],
)
def test_the_usual_places_are_proved(place: Expr, conditions: list[tuple[str, Expr, Expr]]) -> None:
    assert is_there(X[place], [nodes.bracket(*c) for c in conditions])


def test_a_roll_by_two_wants_two_elements() -> None:
    around, when = idx(PLACE) + W_SIZE - 2, nodes.bracket("gt", num(2), idx(PLACE))
    assert outside(X[around], [when]) == [0]
    assert not outside(X[around], [when, *not_negative([W_SIZE - 2])])


@pytest.mark.parametrize("place", [idx(PLACE) - 1, idx(PLACE) + 1, idx(P) + 3, idx(PLACE) * 2])
def test_what_may_be_outside_is_not_proved(place: Expr) -> None:
    assert outside(X[place], []) == [0]


def test_each_axis_is_told() -> None:
    square = Tensor("s", (W, W))
    assert outside(square[idx(PLACE) + 1, idx(PLACE)], []) == [0]
    assert outside(square[idx(PLACE), idx(PLACE) - 1], []) == [1]
