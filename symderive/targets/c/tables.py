"""Polynomials of the helpers, and how they are written.

Each is the best approximation of relative error on its interval, or nearly, found with 40 digits,
as coefficients of 1, x, x², ... The largest relative error stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

EXP_SINGLE = (  # (exp(r) - 1 - r) / r², |r| <= log(2) / 2: 1e-7, which is 7e-9 of exp(r)
    "0.49999999552f", "0.16666577214f", "0.0416668534298f", "0.00836315414937f",
    "0.00139012972995f",
)  # fmt: skip
EXP_DOUBLE = (  # 2e-16, which is 1.2e-17 of exp(r)
    "0.50000000000000010173", "0.16666666666666643907", "0.041666666666624255",
    "0.0083333333333562090932", "0.0013888888917160792928", "1.9841269784670452533e-4",
    "2.4801521366452143935e-5", "2.7557355477478030612e-6", "2.7620059101008135622e-7",
    "2.5068186800518370989e-8",
)  # fmt: skip
LOG_SINGLE = (  # (2 artanh(s) - 2 s) / s³ in z = s², |s| <= 0.1716: 8e-9 of log(1 + f)
    "0.666666852197f", "0.399887152082f", "0.295827237117f",
)  # fmt: skip
LOG_DOUBLE = (  # 1e-19
    "0.6666666666666666646", "0.40000000000000893504", "0.28571428570793721877",
    "0.22222222393914739591", "0.18181795408614018973", "0.15386252127960523081",
    "0.13268444228470185475", "0.13090030914558935103",
)  # fmt: skip
ERF_SINGLE = (  # erf(x) / x - 1 in z = x², |x| <= 1: 1.2e-9 of erf(x)
    "0.12837916573f", "-0.376126258375f", "0.112835852486f", "-0.0268538145821f",
    "0.00518833048259f", "-8.01020269927e-4f", "7.85384982843e-5f",
)  # fmt: skip
ERF_DOUBLE = (  # 7e-18
    "0.12837916709551256568", "-0.37612638903183520025", "0.11283791670944200308",
    "-0.026866170643113413715", "0.0052239776061308421667", "-8.5483259297662442975e-4",
    "1.2055293586936949976e-4", "-1.4924712439534814108e-5", "1.6447132699786621009e-6",
    "-1.6206318752969209004e-7", "1.3710988704190523118e-8", "-7.7794629717615968919e-10",
)  # fmt: skip
# exp(x²) erfc(x) as a quotient of polynomials in x without a negative coefficient, so that nothing
# cancels, 0 <= x <= 10.2: 6e-9
ERFC_SINGLE_ABOVE = (
    "1.00000000582f", "1.23916217703f", "0.732388964005f", "0.22959188038f", "0.0328744362271f",
)  # fmt: skip
ERFC_SINGLE_BELOW = (
    "1", "2.36754193049f", "2.40386449216f", "1.32683323989f", "0.406967038843f",
    "0.058267735528f",
)  # fmt: skip
ERFC_DOUBLE_ABOVE = (  # 0 <= x <= 27.5: 5e-17
    "0.9999999999999999491606", "2.191458048651750531808", "2.375741855098716768831",
    "1.636264999325780407447", "0.7813108099758362642112", "0.2671345521709859265105",
    "0.06539216351738306879192", "0.01108933843722673778557", "0.001191163914508332673434",
    "6.264856662736890118559e-5",
)  # fmt: skip
ERFC_DOUBLE_BELOW = (
    "1", "3.319837215747248917445", "5.121777007496923952552", "4.847987035399226368958",
    "3.127258143942470416713", "1.441733941791932186046", "0.4832558185899747140472",
    "0.1169602334516761412224", "0.01971086146685711389977", "0.002111283067281232390965",
    "1.110416931727242731994e-4",
)  # fmt: skip


def horner(name: str, variable: str, coefficients: Sequence[str]) -> list[str]:
    """The statements that make `name` the polynomial in a variable."""
    highest, *rest = reversed(coefficients)
    return [f"real {name} = {highest};"] + [
        f"{name} = fma({name}, {variable}, {'(real)1' if number == '1' else number});"
        for number in rest
    ]


def lowered(coefficients: Sequence[str], power: int) -> tuple[str, ...]:
    """The same polynomial divided by 2^power, for the product with what is raised by as much."""
    return tuple(
        f"{Decimal(c.rstrip('f')) / 2**power:.22g}{'f' * c.endswith('f')}" for c in coefficients
    )


POLYNOMIALS = {
    "exp_single": horner("p", "r", EXP_SINGLE),
    "exp_double": horner("p", "r", EXP_DOUBLE),
    "log_single": horner("p", "z", LOG_SINGLE),
    "log_double": horner("p", "z", LOG_DOUBLE),
    "erf_single": horner("p", "z", ERF_SINGLE),
    "erf_double": horner("p", "z", ERF_DOUBLE),
    "erfcx": horner("p", "near", ERFC_DOUBLE_ABOVE) + horner("q", "near", ERFC_DOUBLE_BELOW),
    "erfc_single": horner("p", "x", lowered(ERFC_SINGLE_ABOVE, 64))
    + horner("q", "x", ERFC_SINGLE_BELOW),
    "erfc_double": horner("p", "x", lowered(ERFC_DOUBLE_ABOVE, 512))
    + horner("q", "x", ERFC_DOUBLE_BELOW),
}
