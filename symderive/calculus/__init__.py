"""Program to Jacobian, to raw vector-Jacobian product, to closed form, with its trace."""

from .derive import derive

__all__ = ["derive"]
