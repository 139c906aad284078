"""Program to an equal program that does not overflow or cancel, with its trace."""

from .gradients import settled
from .rules import RULES, Rule
from .stabilise import Stabilised, stabilise, stabilise_backward

__all__ = ["RULES", "Rule", "Stabilised", "settled", "stabilise", "stabilise_backward"]
