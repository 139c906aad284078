"""Program to Jacobian, to raw vector-Jacobian product, to closed form, with its trace."""

from .derive import derive, holds, jacobian_of, jvp_of

__all__ = ["derive", "holds", "jacobian_of", "jvp_of"]
