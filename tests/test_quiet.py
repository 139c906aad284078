"""Nothing that a derivation keeps quiet is quiet in another thread, nor afterwards."""

from __future__ import annotations

import threading
import warnings

import numpy as np
import pytest

import symderive as sd
from symderive.quiet import quiet


def elsewhere(work: object) -> None:
    assert callable(work)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def speak() -> None:
    warnings.warn("from another thread", RuntimeWarning, stacklevel=1)


def test_what_is_quiet_here_is_heard_from_elsewhere() -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with quiet():
            warnings.warn("from here", RuntimeWarning, stacklevel=1)
            elsewhere(speak)
        warnings.warn("from here again", RuntimeWarning, stacklevel=1)
    assert [str(w.message) for w in heard] == ["from another thread", "from here again"]


def test_overlapping_quiet_leaves_the_filters_as_they_were() -> None:
    before = list(warnings.filters)
    first, second = quiet(), quiet()
    first.__enter__()
    elsewhere(lambda: None)
    second.__enter__()
    second.__exit__(None, None, None)
    first.__exit__(None, None, None)
    assert list(warnings.filters) == before

    inside, leave = threading.Event(), threading.Event()

    def stay() -> None:
        with quiet():
            inside.set()
            leave.wait(60)

    thread = threading.Thread(target=stay)
    thread.start()
    inside.wait(60)
    with quiet():
        leave.set()
        thread.join()
    assert list(warnings.filters) == before


def test_a_certificate_does_not_warn_and_silences_nobody() -> None:
    def centred(x: np.ndarray) -> np.ndarray:
        return x - np.mean(x, axis=-1, keepdims=True)

    heard = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        derivation = sd.derive(centred, x="b n")

        def verify() -> None:
            heard.append(derivation.verify().ok)

        thread = threading.Thread(target=verify)
        thread.start()
        while thread.is_alive():
            with pytest.raises(RuntimeWarning, match="another thread"):
                speak()
        thread.join()
    assert heard == [True]
