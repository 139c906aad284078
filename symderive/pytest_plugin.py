"""The marker `backward` of pytest: `@pytest.mark.backward(Softmax, x="b n")` audits before the test
runs."""

from __future__ import annotations

import pytest

from .errors import SymderiveError


def pytest_configure(config: pytest.Config) -> None:
    """Say which marker there is, for --strict-markers and --markers."""
    config.addinivalue_line(
        "markers",
        "backward(subject, **dims): fail where the backward of hand-written code is not the "
        "derivative of its forward (symderive.testing.assert_backward)",
    )


def pytest_runtest_call(item: pytest.Item) -> None:
    """Audit what the markers of a test name."""
    for marker in item.iter_markers("backward"):
        from .testing import assert_backward  # suites without the marker pay nothing

        try:
            assert_backward(*marker.args, **marker.kwargs)
        except (AssertionError, SymderiveError) as error:
            pytest.fail(str(error), pytrace=False)
