"""What is measured: the largest errors of a contender, by dtype and by scale of the inputs."""

from __future__ import annotations

from dataclasses import dataclass

SCALES = (1.0, 20.0, 1000.0)  # of the real inputs: moderate, large, past the range of exp
SMALLEST = 0.5  # no result can be expected to be nearer than its own rounding


@dataclass
class Worst:
    """The largest errors of one contender; infinite where a value is not finite although the true
    one is representable. backward: None for a forward alone."""

    forward: float = 0.0
    backward: float | None = None

    @property
    def largest(self) -> float:
        """The larger of the two, and at least the rounding of the result itself."""
        return max(self.forward, self.backward or 0.0, SMALLEST)

    def joined(self, other: Worst) -> Worst:
        """Over the points of both."""
        sides = [b for b in (self.backward, other.backward) if b is not None]
        return Worst(max(self.forward, other.forward), max(sides, default=None))


Key = tuple[str, float]  # a dtype and a scale of the inputs
Figures = dict[str, dict[Key, Worst]]  # by contender
