"""`python -m tests.random_statements.fuzz 60`: for so many seconds, formulas and functions made of
bytes that are led by coverage; the first exception that is no SymderiveError ends it, with the
input that raised it.

Needs Atheris: python -m pip install 'symderive[fuzz]'.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import warnings
from collections.abc import Callable

import symderive as sd
from symderive.errors import SymderiveError

from .generator import Writer

TOKENS = (
    "x", "z", "t", "1", "2", "0", "0.5", "1e400", "-", "+", " * ", " / ", "**", "(", ")", "[", "]",
    ":", ",", "None", "...", "axis=-1", "keepdims=True", " @ ", "%", " < ", " == ", "~", " & ", "'",
    "exp(", "log(", "sum(", "max(", "where(", "sqrt(", "abs(", "cumsum(", "maximum(", "reshape(",
    "einsum('ij,j->i', ", "concatenate([", "])", "x.T", "x[0]", "x[t]", "x[:, 1:]", "lambda: ", "é",
)  # fmt: skip
DIMS = {"x": "b n", "z": "n", "t": sd.integers("b", below="n")}
MOST_TOKENS, MOST_STATEMENTS = 24, 6


class Bytes(random.Random):
    """Decisions read off bytes, one after the other; 0 where they end."""

    def __init__(self, data: bytes) -> None:
        super().__init__(0)
        self._left = iter(data)

    def getrandbits(self, k: int) -> int:
        found = 0
        for _ in range((k + 7) // 8):
            found = found << 8 | next(self._left, 0)
        return found & ((1 << k) - 1)

    def random(self) -> float:
        return self.getrandbits(8) / 2**8

    def choice(self, seq):  # type: ignore[no-untyped-def]
        """By the remainder: choosing again until a number fits would never end at the bytes'."""
        return seq[self.getrandbits(8) % len(seq)]


def formula(data: bytes) -> str:
    """The text that these bytes stand for."""
    decisions = Bytes(data)
    count = 1 + decisions.getrandbits(8) % MOST_TOKENS
    return "".join(decisions.choice(TOKENS) for _ in range(count))


def parse_and_derive(data: bytes) -> None:
    """A formula is derived or refused; nothing else may be raised."""
    text = formula(data)
    _or_refused(lambda: sd.derive(sd.parse(text, **DIMS)).source(), text)


def derive_function(data: bytes) -> None:
    """A function is derived or refused; nothing else may be raised."""
    function = Writer(Bytes(data)).write(1 + len(data) % MOST_STATEMENTS)
    _or_refused(
        lambda: sd.derive(function.compiled(), **function.domains).source(), function.source
    )


def _or_refused(work: Callable[[], object], text: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            work()
    except SymderiveError as error:
        if "defect" in str(error):
            raise AssertionError(f"{error}\n{text}") from error
    except Exception as error:
        raise AssertionError(f"{type(error).__name__}: {error}\n{text}") from error


def either(data: bytes) -> None:
    """The first bit says which."""
    (parse_and_derive if data[:1] < b"\x80" else derive_function)(data[1:])


def main() -> None:
    """Fuzz for so many seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=int)
    parser.add_argument("--corpus", default=None, help="a folder to begin with and to add to")
    options = parser.parse_args()
    import atheris  # an extra: the functions above are tested without it

    folder = tempfile.mkdtemp(prefix="fuzz-")
    flags = [f"-max_total_time={options.seconds}", "-timeout=60", "-rss_limit_mb=4096"]
    flags += [f"-artifact_prefix={folder}/", "-max_len=120", "-len_control=0"]
    sd.derive("softmax").source()  # what is loaded when it is first used has to be there
    atheris.instrument_all()
    atheris.Setup([sys.argv[0], *flags, *filter(None, [options.corpus])], either)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
