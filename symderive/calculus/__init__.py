"""Program to Jacobian, to raw vector-Jacobian product, to closed form, with its trace."""

from .derive import derive, jacobian_of, jvp_of

__all__ = ["derive", "jacobian_of", "jvp_of"]
