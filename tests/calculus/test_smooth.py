"""Kinks that cancel: a line that is smooth as a whole has its slope at its kinks, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd
from tests.oracles.one_sided import function, slopes

Array = Any

X = "x=-2 -1 -0.5 0 0.3 1 3"
PAIR = "a=0 1 2 -1; b=0 1 3 -2"
LOGITS = "x=0 0 0 0.5 -1; t=1 0 0.25 1 0"
FOUR = "x=0 0 1 -1 2 -3 0; y=2 -2 0 0 -1 -1 0"
LINES: dict[str, tuple[str, ...]] = {
    LOGITS: (
        "np.maximum(x,0) - x*t + np.log1p(np.exp(-np.abs(x)))",
        "np.maximum(x,0) - x*t + np.log(1+np.exp(-np.abs(x)))",
    ),
    X: (
        "np.maximum(x,0) + np.minimum(0, np.exp(x)-1)",
        "np.maximum(x,0) + np.minimum(0, 1.5*(np.exp(x/1.5)-1))",
        "np.maximum(x,0) + np.minimum(np.expm1(x),0)",
        "np.where(x>0, x, np.exp(x)-1)",
        "np.where(x>=0, x, np.expm1(x))",
        "np.where(x>0, x, np.expm1(np.minimum(x,0)))",
        "np.maximum(x,0) + np.expm1(np.minimum(x,0))",
        "np.maximum(x,0)+np.log1p(np.exp(-np.abs(x)))",
        "np.maximum(0,x)+np.log(1+np.exp(-np.abs(x)))",
        "np.log1p(np.exp(-np.abs(x)))+np.maximum(x,0.)",
        "np.abs(x)/2 + np.log(2*np.cosh(x/2)) - np.abs(x)/2",
        "np.abs(x) + np.log1p(np.exp(-2*np.abs(x))) - np.log(2)",
        "np.minimum(x,0) - np.log1p(np.exp(-np.abs(x)))",
        "-np.maximum(-x,0) - np.log1p(np.exp(-np.abs(x)))",
        "np.sqrt(x**2)*np.sign(x)",
        "x*np.abs(x)",
        "np.sign(x)*x**2",
        "np.maximum(x,0)**2",
        "np.maximum(x,0)*x",
        "np.maximum(x,0)*np.abs(x)",
        "np.maximum(x,0)-np.maximum(-x,0)",
        "np.maximum(x,0)+np.minimum(x,0)",
        "np.maximum(x,0)**2+np.maximum(-x,0)**2",
        "np.maximum(x,0)**2-np.minimum(x,0)**2",
        "np.abs(x)-2*np.maximum(x,0)",
        "np.abs(x)+2*np.minimum(x,0)",
        "np.maximum(np.maximum(x,0),0)-np.maximum(x,0)",
        "np.maximum(np.maximum(x,0),0)+np.minimum(x,0)",
        "np.abs(np.abs(x))-np.abs(x)",
        "np.abs(np.maximum(x,0))+np.minimum(x,0)",
        "np.maximum(np.abs(x),x)-np.abs(x)+x",
        "np.maximum(np.abs(x),x)-np.abs(x)",
        "np.where(np.abs(x)<=1, 0.5*x**2, np.abs(x)-0.5)",
        "np.where(np.abs(x)<1, 0.5*x**2, np.abs(x)-0.5)",
        "0.5*np.minimum(np.abs(x),1)**2 + np.maximum(np.abs(x)-1,0)",
        "0.5*np.minimum(np.abs(x),1)**2 + (np.abs(x)-np.minimum(np.abs(x),1))",
        "np.clip(x,-1,1)*(x-0.5*np.clip(x,-1,1))",
        "0.5*np.clip(x,-1,1)**2 + np.abs(x-np.clip(x,-1,1))",
        "np.clip(x,-1,1) + np.maximum(x-1,0) + np.minimum(x+1,0)",
        "np.clip(x,-1,1)+np.maximum(x,1)+np.minimum(x,-1)",
        "np.where(x<-1, -1-2*(x+1), np.where(x>1, 0*x+1+2*(x-1), x**2))",
        "np.where(x>=0, 1/(1+np.exp(-np.abs(x))), np.exp(-np.abs(x))/(1+np.exp(-np.abs(x))))",
        "np.where(x>0, 1/(1+np.exp(-x)), np.exp(x)/(1+np.exp(x)))",
        "np.where(x>=0, 1, np.exp(-np.abs(x)))/(1+np.exp(-np.abs(x)))",
        "np.maximum(x,0)+np.minimum(1.7*(np.exp(x)-1),0) - 0.7*np.minimum(np.exp(x)-1,0)",
        "np.maximum(0,x)+np.minimum(0,2*np.expm1(x/2))",
        "np.log1p(np.abs(x)) - np.abs(x) + np.abs(x)**3",
        "x/(1+np.abs(x))",
        "np.sign(x)*np.log1p(np.abs(x))",
        "np.sign(x)*(np.sqrt(np.abs(x)+1)-1)+0.001*x",
        "np.cos(np.abs(x))",
        "np.exp(-np.abs(x))*(1+np.abs(x))",
        "np.exp(-np.abs(x))+np.abs(x)",
        "np.abs(x)**3",
        "np.sinh(np.abs(x))-np.abs(x)",
        "np.tanh(np.maximum(x,0))+np.tanh(np.minimum(x,0))",
        "np.exp(np.maximum(x,0))*np.exp(np.minimum(x,0))",
        "np.exp(np.maximum(x,0))+np.exp(np.minimum(x,0))",
        "np.maximum(x,0)/(1+np.maximum(x,0))+np.minimum(x,0)/(1-np.minimum(x,0))",
        "(np.maximum(x,0)-np.maximum(-x,0))**2",
        "(np.maximum(x,0)+np.maximum(-x,0))**2",
        "np.maximum(x,0)**3-np.maximum(-x,0)**3",
        "np.maximum(x-1,0)-np.maximum(1-x,0)",
        "np.maximum(x,1)+np.minimum(x,1)",
        "np.maximum(2*x,0)-2*np.maximum(x,0)+x",
        "np.maximum(2*x-2,0)+2*np.minimum(x,1)",
        "np.maximum(x**3,0)+np.minimum(x**3,0)+x",
        "np.maximum(np.tanh(x),0)+np.tanh(np.minimum(x,0))",
        "np.maximum(x,0)-np.where(x>0,x,0)+x",
        "np.maximum(x,0)-np.where(x>=0,x,0)+x",
        "np.where(x>0,x,0)+np.where(x<0,x,0)",
        "np.where(x>0,x,0)+np.where(x<=0,x,0)",
        "np.where(x>0,x,0)+np.where(x>=0,0,x)",
        "(x>0)*x+(x<0)*x",
        "(x>0)*x+np.minimum(x,0)",
        "x*(x>0)+np.minimum(np.exp(x)-1,0)",
        "x*(x>=0)+np.minimum(np.exp(x)-1,0)",
        "np.heaviside(x,0)*x + np.heaviside(-x,0)*x",
        "np.abs(x)*np.sign(x)",
        "np.abs(x)*(x>0)-np.abs(x)*(x<0)",
        "(np.abs(x)+x)/2+(x-np.abs(x))/2",
        "np.maximum(x,0)-(np.abs(x)+x)/2+np.sin(x)",
        "np.max(np.stack([x,0*x]),axis=0)-np.maximum(x,0)+x",
        "np.max(np.stack([x,-x]),axis=0)-np.abs(x)+x",
        "np.sum(np.abs(x))-np.sum(np.maximum(x,0))-np.sum(np.maximum(-x,0))+np.sum(x)",
        "np.where(x>1, 2*x-1, np.where(x>0, x**2, 0))",
        "np.where(x<0, 0, np.where(x<1, x**2, 2*x-1))",
        "np.where((x>0)&(x<1), x**2*(3-2*x), (x>=1)*1.0)",
        "np.clip(x,0,1)**2*(3-2*np.clip(x,0,1))",
        "np.maximum(np.minimum(x,1),0)+np.maximum(x-1,0)+np.minimum(x,0)",
        "np.logaddexp(0,x)-np.maximum(x,0)-np.log1p(np.exp(-np.abs(x)))+x",
        "np.maximum(x,0)+np.log1p(np.exp(-np.sqrt(x**2)))",
        "np.sqrt(x**2)+2*np.minimum(x,0)",
        "np.sqrt(x*x)-np.abs(x)+x",
        "np.hypot(x,0)-np.abs(x)+x",
        "np.maximum(x,-x)-np.abs(x)+x",
        "np.maximum(x,-x)+2*np.minimum(x,0)",
        "np.abs(x**2-1)*np.sign(x-1)*np.sign(x+1)",
        "np.abs(x*(x-1)*(x+1))*np.sign(x)*np.sign(x-1)*np.sign(x+1)",
        "np.maximum(np.maximum(x,-1),np.minimum(x,1))+np.minimum(np.maximum(x,-1),np.minimum(x,1))",
    ),
    PAIR: (
        "np.maximum(a,b)+np.minimum(a,b)",
        "np.maximum(a,b)*np.minimum(a,b)",
        "np.maximum(a,b)-np.minimum(a,b)-np.abs(a-b)+a",
        "np.maximum(a,b)+np.log1p(np.exp(-np.abs(a-b)))",
        "np.maximum(a,b)+np.log(np.exp(a-np.maximum(a,b))+np.exp(b-np.maximum(a,b)))",
        "(a+b+np.abs(a-b))/2 + (a+b-np.abs(a-b))/2",
        "np.maximum(a,b) - (a+b+np.abs(a-b))/2 + a",
        "a+np.maximum(b-a,0)+np.minimum(a,b)",
        "np.max(np.stack([a,b]),axis=0)+np.min(np.stack([a,b]),axis=0)",
        "np.max(np.stack([a,b]),axis=0)+np.minimum(a,b)",
    ),
    FOUR: (
        "np.abs(x*y)*np.sign(x)*np.sign(y)",
        "np.abs(x*y)*np.sign(x*y)",
        "np.abs(x)*np.abs(y)*np.sign(x*y)",
        "np.maximum(x*y,0)+np.minimum(x,0)*np.maximum(y,0)+np.maximum(x,0)*np.minimum(y,0)",
        "np.abs(x*y)-np.abs(x)*np.abs(y)+x",
        "np.maximum(x*y,0)-np.maximum(x,0)*np.maximum(y,0)-np.minimum(x,0)*np.minimum(y,0)+x",
        "np.abs(x**2-y**2)*np.sign(x-y)*np.sign(x+y)",
        "np.abs(x*y)*np.sign(x)",
        "np.sqrt(x**2*y**2)*np.sign(x)*np.sign(y)",
        "np.where(x>0,np.abs(x*y),-np.abs(x*y))*np.sign(y)",
        "np.maximum(x*y,x)+np.minimum(x*y,x)",
        "np.maximum(x*y,-x*y)*np.sign(x)*np.sign(y)",
        "np.abs(x/np.exp(y))*np.sign(x)",
        "np.where(y>0, np.maximum(x*y,0)+np.minimum(x*y,0), x*y)",
        "np.abs(x*y+x)*np.sign(x)*np.sign(y+1)",
        "np.sign(x)*np.sign(y)*np.expm1(np.abs(x*y))",
    ),
    "x=0 0 1 2 0.5 0; p=2 1 0 2 0 3": ("x**(p+2)-x*x**(p+1)+x",),
    "a=1 1 2 -1 0; b=1 2 1 -1 0; c=1 1 1 3 0": (
        "np.maximum(a,np.maximum(b,c))-np.maximum(np.maximum(a,b),c)+a",
        "np.maximum(np.maximum(a,b),c)+np.minimum(np.minimum(a,b),c)"
        "+np.maximum(np.minimum(a,b),np.minimum(np.maximum(a,b),c))",
        "np.minimum(np.maximum(a,b),np.maximum(b,c))-np.maximum(b,np.minimum(a,c))+a",
    ),
    "x=0 0 1; a=-2 3 -1": ("np.abs(a*x)*np.sign(x)", "np.abs(a*x)/a*np.sign(x)"),
    "x=1 2 3 2 0": ("np.abs(x*(x-np.mean(x)))*np.sign(x-x.mean())*np.sign(x)",),
    "a=1 1 2 -1; b=1 -1 3 -2": (
        "np.maximum(np.abs(a),np.abs(b))*np.sqrt(1+(np.minimum(np.abs(a),np.abs(b))/np.maximum(np.abs(a),np.abs(b)))**2)",
    ),
    "a=1 1 2 -1 0; b=1 -1 3 -2 2": (
        "np.maximum(np.abs(a),np.abs(b))*np.sqrt((a/np.maximum(np.abs(a),np.abs(b)))**2+(b/np.maximum(np.abs(a),np.abs(b)))**2)",
    ),
    "x=-2 -1 0 1 3": ("np.sign(x)*np.maximum(np.abs(x)-0.3,0)",),
    "x=-3 0 1 3": ("x*np.clip(x+3,0,6)/6 - x*np.maximum(x+3,0)/6 + x*np.maximum(x-3,0)/6",),
    "x=1 -1 0": (
        "np.maximum(np.sum(x),0)+np.minimum(np.sum(x),0)",
        "np.maximum(x.sum()*x,0)+np.minimum(x.sum()*x,0)",
    ),
    "x=1 -1 0; w=0 0 0; t=1": ("np.maximum(x@w,0)-(x@w)*t+np.log1p(np.exp(-np.abs(x@w)))",),
    "x=1 1 2 3 3": ("np.maximum(x,x[::-1])+np.minimum(x,x[::-1])",),
    "x=1 1 2": ("np.sum(np.abs(x[:,None]-x)) - 2*np.sum(np.maximum(x[:,None]-x,0)) + np.sum(x)",),
}
CASES = [(text, places) for places, texts in LINES.items() for text in texts]
SOME = CASES[::9]  # on the other targets: one compilation each
ELEMENTWISE = [
    c for c in CASES if not any(s in c[0] for s in ("sum", "mean", "@", "::", "hypot", "sqrt(1"))
]


def mostly_long(cases: list[tuple[str, str]], step: int = 4) -> list[Any]:
    """One case in so many by default, the rest as long tests."""
    return [
        pytest.param(*c, marks=[pytest.mark.long] if k % step else []) for k, c in enumerate(cases)
    ]


def inputs(places: str, text: str) -> dict[str, Array]:
    """The arrays of `x=0 1; t=1`; what is added to a product of rows is a number."""
    named = (one.strip().split("=") for one in places.split(";"))
    found = {name: np.array([float(v) for v in row.split()]) for name, row in named}
    return {n: x[0] if "@" in text and x.size == 1 else x for n, x in found.items()}


def derived(text: str, given: dict[str, Array]) -> sd.Derivation:
    dims = {name: "n" if np.ndim(x) else "" for name, x in given.items()}
    return sd.derive(function(text, tuple(given)), **dims)


def gradients(derivation: sd.Derivation, target: str, given: dict[str, Array]) -> dict[str, Array]:
    kernel = derivation.build(target)
    arguments = [a.tensor.name for a in derivation.program.arguments]
    rows = max(given.values(), key=np.ndim)
    y, residuals = kernel.fwd(*(given.get(name, np.ones_like(rows)) for name in arguments))
    return dict(zip(arguments, kernel.bwd(residuals, np.ones_like(y)), strict=True))


def assert_right(found: Array, wanted: Array) -> None:
    """Equal wherever there is a slope."""
    np.testing.assert_allclose(
        np.where(np.isnan(wanted), 0, found), np.nan_to_num(wanted), rtol=1e-7, atol=1e-7
    )


@pytest.mark.parametrize(("text", "places"), mostly_long(CASES))
def test_the_slope_of_the_whole_is_the_limit_from_both_sides(text: str, places: str) -> None:
    given = inputs(places, text)
    found = gradients(derived(text, given), "numpy", given)
    for name, wanted in slopes(text, given).items():
        assert_right(found[name], wanted)


@pytest.mark.parametrize("target", ["numpy-tuned", "c"])
@pytest.mark.parametrize(("text", "places"), mostly_long(SOME))
def test_on_every_target(text: str, places: str, target: str) -> None:
    given = inputs(places, text)
    found = gradients(derived(text, given), target, given)
    for name, wanted in slopes(text, given).items():
        assert_right(found[name], wanted)


@pytest.mark.parametrize(("text", "places"), mostly_long(ELEMENTWISE[::4]))
def test_in_second_order(text: str, places: str) -> None:
    given = inputs(places, text)
    name = next(iter(given))
    again = sd.derive(derived(text, given).backward[name])
    assert_right(gradients(again, "numpy", given)[name], slopes(text, given, order=2)[name])


CONVENTIONS = (
    ("np.maximum(x, 0)", 0.0, 0.0),
    ("np.abs(x)", 0.0, 0.0),
    ("np.minimum(x, 0)", 0.0, 0.0),
    ("np.maximum(x, 0) + np.abs(x)", 0.0, 0.0),
    ("np.maximum(1 - x, 0)", 1.0, 0.0),
    ("x * np.clip(x + 3, 0, 6) / 6", -3.0, 0.0),
    ("x * np.clip(x + 3, 0, 6) / 6", 3.0, 1.0),
    ("np.maximum(x, 0.5 * x)", 0.0, 0.75),
    ("np.clip(x, -1, 1)", 1.0, 0.0),
    ("np.where(x == 0, 2, np.expm1(x) / np.where(x == 0, 1, x))", 0.0, 0.0),
    ("np.where(x == 0, 1, np.expm1(np.abs(x)) / np.abs(x))", 0.0, 0.0),
    ("np.where(np.abs(x) < 1e-4, 1 + x / 2, np.expm1(x) / np.where(x == 0, 1, x))", 0.0, 0.5),
)


@pytest.mark.parametrize(("text", "place", "wanted"), CONVENTIONS)
def test_what_has_a_kink_as_a_whole_keeps_its_conventions(
    text: str, place: float, wanted: float
) -> None:
    given = {"x": np.array([place, 0.4])}
    assert gradients(derived(text, given), "numpy", given)["x"][0] == pytest.approx(wanted)


def test_what_cancels_is_gone_from_the_closed_form() -> None:
    line = derived("np.maximum(x, 0) - np.maximum(-x, 0)", {"x": np.zeros(2)})
    assert str(line.backward["x"].assignments[-1]) == "dx_i = dy_i"


@pytest.mark.parametrize(
    "forward",
    [lambda x: x.max(1), lambda x: np.linalg.norm(x, np.inf, axis=-1)],
)
def test_a_function_that_jumps_at_a_tie_has_no_slope_there(forward: Callable[..., Any]) -> None:
    first = sd.derive(forward, x="b n")
    again = sd.derive(first.backward["x"]).build()
    x = np.array([[0.3, 1.2], [-0.4, 2.0]])
    y = np.asarray(forward(x))
    _, residuals = again.fwd(x, np.ones_like(y))
    assert all(np.isfinite(g).all() for g in again.bwd(residuals, np.ones_like(x)))


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_an_equality_that_always_holds_somewhere_is_no_kink(axis: int | None) -> None:
    """y = min x is one of the x everywhere, not on the way over a kink: [y = x] takes no side."""
    derivation = sd.derive(lambda x: x.min(axis), x="b n")
    again = sd.derive(derivation.backward["x"]).build()
    x = np.arange(6.0).reshape(2, 3)
    cotangent = np.ones(np.shape(x.min(axis)))
    dx, residuals = again.fwd(x, cotangent)
    np.testing.assert_array_equal(dx.sum(axis), cotangent)
    np.testing.assert_array_equal(again.bwd(residuals, np.ones_like(x))[-1], cotangent)


def test_a_choice_by_any_of_several_keeps_its_slopes() -> None:
    def forward(x):  # type: ignore[no-untyped-def]
        return np.where(((x > 0) & (x < 1)).any(-1, keepdims=True), x, 2 * x)

    kernel = sd.derive(forward, x="b n").build()
    x = np.array([[0.5, -1.0], [2.0, -1.0]])
    (dx,) = kernel.bwd(kernel.fwd(x)[1], np.ones_like(x))
    np.testing.assert_array_equal(dx, [[1, 1], [2, 2]])
