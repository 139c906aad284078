"""Names and texts from users are shown, never obeyed, in every format."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from symderive.proofs import document, render
from symderive.proofs.latex import escape
from symderive.proofs.renderers.markdown import escape as escape_markdown
from tests.proofs.samples import HOSTILE, named

VOID = frozenset({"meta", "input", "br", "link"})


class Checker(HTMLParser):
    """Collects the elements, and what is not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", HOSTILE)
def test_html_holds_no_element_of_the_users(name: str) -> None:
    page = render(document(named(name)), "html")
    checker = Checker()
    checker.feed(page)
    assert not checker.open
    assert not checker.seen & {"script", "a onclick", "iframe", "img"}
    for piece in re.findall(r"<(?:math|svg)\b.*?</(?:math|svg)>", page, flags=re.DOTALL):
        ElementTree.fromstring(piece.replace("\x07", ""))


@pytest.mark.parametrize("name", HOSTILE)
def test_html_asks_the_network_for_nothing(name: str) -> None:
    page = render(document(named(name)), "html")
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#)""", page)
    assert "@import" not in page
    assert "url(http" not in page


@pytest.mark.parametrize("name", HOSTILE)
def test_latex_runs_no_command_of_the_users(name: str) -> None:
    text = render(document(named(name)), "tex")
    assert r"\input{/" not in text
    assert balanced(text)


def balanced(text: str) -> bool:
    """True where braces that are not escaped close in order."""
    depth = 0
    for found in re.finditer(r"\\.|[{}]", text, flags=re.DOTALL):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        assert depth >= 0
    return depth == 0


@pytest.mark.parametrize("name", HOSTILE)
def test_escaped_text_has_no_active_character(name: str) -> None:
    bare = re.sub(r"\\[A-Za-z]+(?:\{[^{}]*\})?|\\.|\{\}", "", escape(name))
    assert not set(bare) & set("\\$&#%_^~{}")


def test_markdown_escapes_its_own_marks() -> None:
    assert escape_markdown("<b> *x* [y](z) `c` $1$ |") == (r"\<b\> \*x\* \[y\](z) \`c\` \$1\$ \|")


@pytest.mark.parametrize("name", HOSTILE)
def test_markdown_holds_no_element_of_the_users(name: str) -> None:
    text = render(document(named(name)), "md")
    outside = re.sub(
        r"`+text.*?\n`+\n|(`+)[^\n]*?\1|\$\$.*?\$\$|\$[^$\n]*\$", "", text, flags=re.DOTALL
    )
    assert not re.search(r"(?<!\\)<\w", outside)
