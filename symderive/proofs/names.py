"""How the names of a program are printed: Greek for greek names, a bar for a cotangent, readable
letters for indices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..index.dims import BATCH, Dim, Index, letter
from .layout import COMMA, Bar, Layout, Row, Script, Symbol, joined

GREEK: dict[str, str] = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "eps": "ε",
    "epsilon": "ε",
    "zeta": "ζ",
    "eta": "η",
    "theta": "θ",
    "kappa": "κ",
    "lam": "λ",
    "lambda_": "λ",
    "mu": "μ",
    "nu": "ν",
    "xi": "ξ",
    "rho": "ρ",
    "sigma": "σ",
    "tau": "τ",
    "phi": "φ",
    "chi": "χ",
    "psi": "ψ",
    "omega": "ω",
    "Gamma": "Γ",
    "Theta": "Θ",
    "Lambda": "Λ",
    "Phi": "Φ",
    "Psi": "Ψ",
    "Omega": "Ω",
}
ROW_LETTERS = ("r", "b", "q", "u", "v")
PRIME = "′"


@dataclass(frozen=True)
class Names:
    """The printed form of each name of one document.

    printed: tensors by name.  row_letter: the index that stands for all leading axes, "" where
    every equation is about one row and the leading axes are left out.
    """

    printed: Mapping[str, Layout] = field(default_factory=dict)
    row_letter: str = ""

    def tensor(self, name: str) -> Layout:
        """A tensor's name without indices."""
        return self.printed.get(name) or plain_name(name)

    def index(self, written: str) -> Layout | None:
        """An index as `index/dims.py` writes it ("i", "b'", "…"), or None where leading axes are
        left out."""
        base = written.rstrip("'")
        primes = len(written) - len(base)
        if base == letter(Dim(BATCH), 0):
            if not self.row_letter:
                return None
            base = self.row_letter
        symbol = Symbol(base, "variable" if len(base) == 1 else "upright")
        return Script(symbol, above=Symbol(PRIME * primes, "operator")) if primes else symbol

    def subscript(self, indices: Iterable[Layout | None]) -> Layout | None:
        """Indices side by side, with commas where one is longer than a letter; None where none is
        left."""
        kept = [i for i in indices if i is not None]
        if not kept:
            return None
        return Row(tuple(kept)) if all(_is_short(i) for i in kept) else joined(kept, COMMA)

    def element(self, name: str, indices: Iterable[Layout | None]) -> Layout:
        """A tensor's element."""
        below = self.subscript(indices)
        return Script(self.tensor(name), below=below) if below else self.tensor(name)

    def length(self, dim: Dim) -> Layout:
        """The length of a dim: n for `n`, N_b for any other, so that it is not taken for the index
        b."""
        if dim.name == "n":
            return Symbol("n")
        return Script(Symbol("N"), below=self.index(letter(dim, 0)) or Symbol("r"))


def _is_short(index: Layout) -> bool:
    inner = index.base if isinstance(index, Script) else index
    return isinstance(inner, Symbol) and len(inner.text) == 1


def plain_name(name: str) -> Layout:
    """One letter slanted, Greek where the name is a Greek letter's, anything longer upright."""
    if name in GREEK:
        return Symbol(GREEK[name])
    return Symbol(name) if len(name) == 1 else Symbol(name, "upright")


def names_of(
    plain: Iterable[str], cotangents: Mapping[str, str], row_letter: bool = False
) -> Names:
    """Names for a document. plain: names in order of appearance; cotangents: the name of each
    cotangent (`dy`) with what it is the cotangent of (`y`). Two names never print alike: the later
    one stays as it is in the code."""
    printed: dict[str, Layout] = {}
    for name in plain:
        printed.setdefault(name, _apart(name, printed))
    for name, of in cotangents.items():
        printed[name] = Bar(printed.get(of) or plain_name(of))
    taken = {p.text for p in printed.values() if isinstance(p, Symbol)}
    letters = [c for c in ROW_LETTERS if c not in taken]
    return Names(
        printed, letters[0] if row_letter and letters else ROW_LETTERS[0] if row_letter else ""
    )


def _apart(name: str, printed: Mapping[str, Layout]) -> Layout:
    """The first way to print a name that no other name has: mathematics, as in the code, with
    primes."""
    taken = {_ink(layout) for layout in printed.values()}
    ways = (plain_name(name), Symbol(name, "upright"))
    free = next((way for way in ways if _ink(way) not in taken), None)
    primes = 1
    while free is None:
        primed = Script(ways[0], above=Symbol(PRIME * primes, "operator"))
        free = None if _ink(primed) in taken else primed
        primes += 1
    return free


def _ink(layout: Layout) -> object:
    """What is seen of a name: one letter looks the same by any role."""
    return layout.text if isinstance(layout, Symbol) else layout


def readable(
    indices: Iterable[Index], around: Mapping[Index, str] | None = None
) -> dict[Index, str]:
    """Letters for free indices: their own, or the first that is not taken where an index is a
    machine's."""
    chosen = dict(around or {})
    ordered = sorted(i for i in indices if i not in chosen)
    for index in [i for i in ordered if 0 <= i.serial < 100]:
        chosen[index] = index.letter
    for index in [i for i in ordered if not 0 <= i.serial < 100]:
        serial = 0
        while letter(index.dim, serial) in chosen.values():
            serial += 1
        chosen[index] = letter(index.dim, serial)
    return chosen
