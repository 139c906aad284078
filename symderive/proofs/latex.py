"""Typeset mathematics → LaTeX, and text that is safe inside a LaTeX document whatever a user
wrote."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

from .layout import (
    Bar,
    Big,
    Cases,
    Fence,
    Fraction,
    Gap,
    Layout,
    Root,
    Row,
    Script,
    Symbol,
    Words,
    height,
)

_GREEK_NAMES = (
    "alpha",
    "beta",
    "gamma",
    "delta",
    "varepsilon",
    "zeta",
    "eta",
    "theta",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "pi",
    "rho",
    "sigma",
    "tau",
    "phi",
    "chi",
    "psi",
    "omega",
    "Gamma",
    "Theta",
    "Lambda",
    "Phi",
    "Psi",
    "Omega",
    "Delta",
)
_GREEK_SIGNS = "αβγδεζηθκλμνξπρστφχψωΓΘΛΦΨΩΔ"
_GREEK = {sign: f"\\{name}" for sign, name in zip(_GREEK_SIGNS, _GREEK_NAMES, strict=True)}
MATH_SIGNS: dict[str, str] = _GREEK | {
    "Σ": r"\sum",
    "Π": r"\prod",
    "∂": r"\partial",
    "∞": r"\infty",
    "≥": r"\ge",
    "≤": r"\le",
    "≠": r"\ne",
    "·": r"\cdot",
    "×": r"\times",
    "→": r"\to",
    "⌊": r"\lfloor",
    "⌋": r"\rfloor",
    "⌈": r"\lceil",
    "⌉": r"\rceil",
    "|": "|",
    "′": r"\prime",
    "∈": r"\in",
    "ℝ": r"\mathbb{R}",
    "…": r"\dots",
    "≈": r"\approx",
    "²": "^2",
    "√": r"\surd",
    "ᵀ": r"^{\mathsf T}",
    "⇒": r"\Rightarrow",
    "−": "-",
    "{": r"\{",
    "}": r"\}",
}
_FUNCTIONS = frozenset(
    [
        "exp",
        "log",
        "tanh",
        "sinh",
        "cosh",
        "sin",
        "cos",
        "tan",
        "arcsin",
        "arccos",
        "arctan",
        "max",
        "min",
    ]
)
_ESCAPED = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "'": r"\textquotesingle{}",
}
_TEXT_SIGNS = {
    "Σ": r"\ensuremath{\Sigma}",
    "Π": r"\ensuremath{\Pi}",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "–": "--",
    "—": "---",
    "§": r"\S{}",
    "²": r"\ensuremath{{}^2}",
    "…": r"\dots{}",
    " ": "~",
    "₀": r"\ensuremath{{}_0}",
    "₁": r"\ensuremath{{}_1}",
    "₂": r"\ensuremath{{}_2}",
    "⁻": r"\ensuremath{{}^-}",
}


def is_wide(character: str) -> bool:
    """True for the Chinese, Japanese and Korean characters that want a font of their own."""
    return unicodedata.east_asian_width(character) in "WF" and ord(character) < 0x1F000


def escape(text: str, typed: bool = False) -> str:
    """Text that LaTeX prints as it stands. typed: as typed in a program, so quotes stay straight
    and hyphens apart."""
    return "".join(_escaped(c, typed) for c in text)


def _escaped(character: str, typed: bool) -> str:
    if character == "-" and typed:
        return "-{}"
    if character in "'`\"" and not typed:
        return character if character != '"' else r"\textquotedbl{}"
    if character in _ESCAPED:
        return _ESCAPED[character]
    if character.isascii():
        return character if character.isprintable() else " "
    if character in _TEXT_SIGNS:
        return _TEXT_SIGNS[character]
    if character in MATH_SIGNS:
        return rf"\ensuremath{{{MATH_SIGNS[character]}}}"
    if is_wide(character) or (
        unicodedata.name(character, "").startswith("LATIN") and ord(character) < 0x180
    ):
        return character
    return rf"\textsc{{u+{ord(character):x}}}"  # no font is sure to have it


def bookmark(text: str) -> str:
    """Text for a PDF's outline, which holds no mathematics: Greek letters by their names."""
    spelled = (MATH_SIGNS[c].strip("\\ ") if c in _GREEK_SIGNS else c for c in text)
    return escape("".join(spelled))


def latex(layout: Layout, compact: bool = False) -> str:
    """The layout as LaTeX for math mode. compact: in running text or inside a fraction, where sums
    are small."""
    return _PRINT[type(layout)](layout, compact)


def _symbol(s: Symbol, compact: bool) -> str:
    if s.text == "mod" and s.role == "operator":  # an array may be called so, too
        return r"\bmod "
    if s.text in MATH_SIGNS:
        return MATH_SIGNS[s.text] + (" " if MATH_SIGNS[s.text][-1].isalpha() else "")
    if s.role == "upright":
        return rf"\{s.text}" if s.text in _FUNCTIONS else _name(s.text)
    if s.role == "variable" and not (s.text.isascii() and s.text.isalnum()):
        return _name(s.text)
    if s.role.endswith("big"):
        grown = r"\Bigl" if s.role == "open big" else r"\Bigr"
        return grown + _DELIMITER.get(s.text, s.text)
    if s.role in ("operator", "relation", "punctuation", "number"):
        return s.text if s.text not in _ESCAPED or s.text in "<>|" else _ESCAPED[s.text]
    return s.text


def _name(text: str) -> str:
    wrapped = r"\text" if any(is_wide(c) for c in text) else r"\mathrm"
    return rf"{wrapped}{{{_math_name(text)}}}"


def _math_name(text: str) -> str:
    """A name inside \\mathrm: no text commands, since they are not all allowed in math mode."""
    return "".join(
        c if (c.isascii() and c.isalnum()) or is_wide(c) else _name_sign(c) for c in text
    )


def _name_sign(character: str) -> str:
    if character in MATH_SIGNS:
        return rf"{MATH_SIGNS[character]}{{}}"
    return rf"\mbox{{{escape(character)}}}" if character not in r"_$%&#{}" else rf"\{character}"


def _script(s: Script, compact: bool) -> str:
    base = latex(s.base, compact).strip()
    if isinstance(s.base, (Row, Fraction)):
        base = f"{{{base}}}"
    if s.below is None and isinstance(s.above, Symbol) and set(s.above.text) == {"′"}:
        return base + "'" * len(s.above.text)
    below = _attached("_", s.below) if s.below else ""
    return base + below + (_attached("^", s.above) if s.above else "")


def _attached(sign: str, layout: Layout) -> str:
    inner = latex(layout, True).strip()
    return f"{sign}{inner}" if len(inner) == 1 else f"{sign}{{{inner}}}"


_DELIMITER = {"⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil "}
_SIZES = (("", ""), (r"\Bigl", r"\Bigr"), (r"\biggl", r"\biggr"))
_COMPACT_SIZES = (("", ""), (r"\bigl", r"\bigr"), (r"\Bigl", r"\Bigr"))


def _fence(f: Fence, compact: bool) -> str:
    left, right = (_DELIMITER.get(side, side) for side in (f.left, f.right))
    grown = (_COMPACT_SIZES if compact else _SIZES)[height(f.inner, compact)]
    return f"{grown[0]}{left}{latex(f.inner, compact).strip()}{grown[1]}{right}"


def _cases(c: Cases, compact: bool) -> str:
    rows = r" \\ ".join(
        rf"{latex(value, True)} & {latex(condition, True)}" for value, condition in c.rows
    )
    return rf"\begin{{cases}} {rows} \end{{cases}}"


_GAPS = {"thin": r"\,", "wide": r"\qquad ", "break": r"\allowbreak "}
_BIG = {"Σ": r"\sum", "Π": r"\prod"}


def _fraction(f: Fraction, compact: bool) -> str:
    return rf"\frac{{{latex(f.top, True).strip()}}}{{{latex(f.bottom, True).strip()}}}"


def _big(b: Big, compact: bool) -> str:
    return rf"{_BIG.get(b.operator, chr(92) + b.operator)}_{{{latex(b.below, True).strip()}}} "


def _bar(b: Bar, compact: bool) -> str:
    short = isinstance(b.inner, Symbol) and len(b.inner.text) == 1
    return rf"\{'bar' if short else 'overline'}{{{latex(b.inner, compact).strip()}}}"


_PRINT: dict[type[Layout], Callable[[Any, bool], str]] = {
    Symbol: _symbol,
    Words: lambda w, compact: rf"\text{{{escape(w.text)}}}",
    Row: lambda r, compact: _row(r, compact),
    Script: _script,
    Fraction: _fraction,
    Root: lambda r, compact: rf"\sqrt{{{latex(r.inner, compact).strip()}}}",
    Fence: _fence,
    Big: _big,
    Bar: _bar,
    Gap: lambda g, compact: _GAPS[g.width],
    Cases: _cases,
}


def _row(r: Row, compact: bool) -> str:
    written = ""
    for part in r.parts:
        piece = latex(part, compact)
        if isinstance(part, Symbol) and part.role in ("operator", "relation"):
            written = written.rstrip()
            piece = _spaced(piece.strip(), bool(written))
        written += piece
    return written


def _spaced(sign: str, between: bool) -> str:
    """A sign between two things has spaces; at the start a command's name needs one after it."""
    if between:
        return f" {sign} "
    return f"{sign} " if len(sign) > 1 else sign
