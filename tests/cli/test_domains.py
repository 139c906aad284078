"""`--dims` reads as the public functions do, and refuses with a sentence what it cannot read."""

from __future__ import annotations

import pytest

from symderive.cli.domains import domains_of
from symderive.errors import InputError
from symderive.index.domains import Domain, integers, positive, real, simplex


@pytest.mark.parametrize(
    ("spec", "domain"),
    [
        ("x=b n", real("b n")),
        ("x=", real("")),
        ("x=... n", real("... n")),
        ("x = real b n", real("b n")),
        ("x=positive n", positive("n")),
        ("x=positive", positive("")),
        ("x=integers b below n", integers("b", below="n")),
        ("x=integers b below 10", integers("b", below=10)),
        ("x=simplex b n", simplex("b n")),
        ("x=simplex b n axis 0", simplex("b n", axis=0)),
        ("x=simplex b n axis -1", simplex("b n", axis=-1)),
    ],
)
def test_a_spec_means_what_the_public_function_means(spec: str, domain: Domain) -> None:
    assert domains_of([spec]) == {"x": domain}


def test_each_argument_has_its_own_spec() -> None:
    assert domains_of(["x=b n", "w=n"]) == {"x": real("b n"), "w": real("n")}


@pytest.mark.parametrize(
    ("specs", "said"),
    [
        (["b n"], "ARGUMENT=DIMS"),
        (["2x=b n"], "ARGUMENT=DIMS"),
        (["x=b n", "x=n"], "twice"),
        (["x=b-n"], "'b-n'"),
        (["x=b ... n"], "'...'"),
        (["t=integers b"], "bound"),
        (["t=integers b below"], "one word after 'below'"),
        (["t=integers b below n m"], "one word after 'below'"),
        (["q=simplex b n axis last"], "whole number"),
        (["t=integer b"], "Did you mean 'integers'"),
        (["x=postive n"], "Did you mean 'positive'"),
    ],
)
def test_a_wrong_spec_is_refused_with_the_way_out(specs: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        domains_of(specs)


def test_one_axis_may_be_of_several_dims() -> None:
    assert domains_of(["x=b (h d)"])["x"].dims == "b (h d)"
