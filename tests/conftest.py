"""A suite that is run often is short: `@pytest.mark.thinned(4)` leaves every fourth case of a file
in it, and makes the others `long`, which CI runs.
"""

from __future__ import annotations

from collections import Counter

import pytest


@pytest.hookimpl(tryfirst=True)  # before -m selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    seen: Counter[str] = Counter()
    for item in items:
        thinned = item.get_closest_marker("thinned")
        if thinned is None:
            continue
        file = str(item.path)
        if seen[file] % thinned.args[0]:
            item.add_marker(pytest.mark.long)
        seen[file] += 1
