"""What the audited code raises becomes one sentence with its line: it must not end the audit."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from ..errors import Place, SymderiveError
from ..frontends.context import is_machinery


class Caught:
    """`with Caught() as caught:` runs code of the user's; `caught.sentence` says what it raised.

    A KeyboardInterrupt and the like go on; so do the signals of the front end.
    """

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.place: Place | None = None

    def __enter__(self) -> Caught:
        return self

    def __exit__(
        self, kind: object, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self.error = error
        while trace is not None:
            if not is_machinery(trace.tb_frame):
                self.place = Place(trace.tb_frame.f_code.co_filename, trace.tb_lineno)
            trace = trace.tb_next
        return True

    @property
    def sentence(self) -> str:
        """The error in one line, with its place; "" where nothing was raised."""
        if self.error is None:
            return ""
        first = next(iter(str(self.error).splitlines()), "")
        if isinstance(self.error, SymderiveError):
            return _short(first)
        said = ": ".join(part for part in (type(self.error).__name__, first) if part)
        return _short(f"{self.place}: {said}" if self.place else said)


def _short(sentence: str) -> str:
    """The sentence with the file's name in place of its path, and without a list of everything
    there is."""
    sentence = sentence.split(" Supported are")[0]
    place, colon, rest = sentence.partition(": ")
    file, mark, line = place.rpartition(":")
    return f"{Path(file).name}:{line}: {rest}" if mark and colon and line.isdigit() else sentence
