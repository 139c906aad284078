"""Program to an equal program that does not overflow or cancel, with its trace."""

from .gradients import stabilise_derived
from .rules import RULES, Rule
from .stabilise import Stabilised, stabilise, stabilise_backward

__all__ = ["RULES", "Rule", "Stabilised", "stabilise", "stabilise_backward", "stabilise_derived"]
