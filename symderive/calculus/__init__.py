"""Program to Jacobian, to raw vector-Jacobian product, to closed form, with its trace."""

from .derive import derive, holds, jacobian_of, jvp_of
from .result import backward_program

__all__ = ["backward_program", "derive", "holds", "jacobian_of", "jvp_of"]
