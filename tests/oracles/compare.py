"""How two gradients are compared: by the largest element, so that cancelling ones do not count."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any


def assert_same(
    name: str, found: tuple[Array, ...], expected: tuple[Array, ...], tolerance: float
) -> None:
    """Arrays agree in shape and, to tolerance times scale, in value; names the worst element."""
    assert len(found) == len(expected), f"{name}: {len(found)} gradients, expected {len(expected)}"
    for position, (f, e) in enumerate(zip(found, expected, strict=True)):
        f, e = np.asarray(f), np.asarray(e)
        where = f"{name}, gradient {position}"
        assert f.shape == e.shape, f"{where}: shape {f.shape}, expected {e.shape}"
        if not e.size:
            continue
        scale = max(1e-3, float(np.max(np.abs(e))))
        error = np.where(np.isnan(f) | np.isnan(e), np.inf, np.abs(f - e)) / scale
        worst = np.unravel_index(int(np.argmax(error)), e.shape)
        assert error[worst] <= tolerance, (
            f"{where}: {f[worst]} at {tuple(map(int, worst))}, expected {e[worst]}; "
            f"off by {error[worst]:.2e} of {scale:.3g}"
        )
