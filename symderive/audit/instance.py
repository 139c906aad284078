"""Real arrays at which code is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..verify.layouts import Sizes

Array = Any


@dataclass(frozen=True)
class Instance:
    """Real arrays for every argument, at these sizes, and a cotangent of the output's shape."""

    sizes: Sizes
    values: Mapping[str, Array]
    cotangent: Array
