"""Names that are good C: no keyword, none of the kernel's own."""

from __future__ import annotations

from ...loops.names import Language
from .values import has_name

_WORDS = """
APART BLOCK CACHE I INFINITY LANES NAN NULL PARALLEL PARTS RAISED SHORT abs acos acosh around asin
asinh atan atan2 atanh auto block break case cbrt ceil char const continue copysign cos cosh default
div divided divisor divisor_of do double else entr enum erf erfc erfc_above exp exp2 exp_raised
exp_rest expm1 extern fabs far first float floor floor_divide fma fmod for free from gamma goto
heaviside hypot if index inline inlined int j0 j1 kl_div lane larger last least lgamma log log10
log1p log2 long main malloc modulo omp part parts parts_of pow real real_erf real_erfc real_erfcx
real_exp real_expm1 real_log real_log1mexp real_log1p real_log_ndtr real_logaddexp real_sigmoid
real_tanh register rel_entr restrict return rint round row rows short side sign signed sin sinh
sizeof small_expm1 smaller sqrt square start_of static stream streamed struct switch tan tanh team
tgamma thread threads to trunc typedef union unsigned void volatile while wide within work xlog1py
xlogy y0 y1
"""
# macros that are written small, and what <stdlib.h> declares
_LIBRARY = """
a64l abort abs alloca arc4random atexit atof atoi atol atoll bool bsearch calloc clearenv complex
div drand48 ecvt erand48 errno exit false fcvt free gcvt getenv getloadavg getsubopt grantpt i386
imaginary initstate jrand48 l64a labs ldiv linux llabs lldiv lrand48 malloc mblen mbstowcs mbtowc
mkdtemp mkostemp mkstemp mktemp mrand48 noreturn nrand48 ptsname putenv qecvt qfcvt qgcvt qsort rand
random realloc realpath rpmatch seed48 select setenv setstate srand srandom stderr stdin stdout
strtod strtof strtol strtold strtoll strtoq strtoul strtoull strtouq system true unix unlockpt
unsetenv wcstombs wctomb acoshl ceill drem exp10 fdim finite fmax fmin fmod frexp ilogb isinf
isnan isnormal jn ldexp llrint llround logb lrint lround modf nan nearbyint nextafter nexttoward
pow10 remainder remquo rint scalb scalbln scalbn signbit significand sincos yn
"""
RESERVED = frozenset((*_WORDS.split(), *_LIBRARY.split()))


def is_reserved(name: str) -> bool:
    """True for a name that C or a header may have: macros are written in capitals."""
    capitals = name == name.upper() and sum(c.isalpha() for c in name) > 1
    return name in RESERVED or capitals or name.startswith(("M_", "Py"))


def in_ascii(name: str) -> str:
    """A name in the letters that every compiler reads."""
    return "".join(c if c.isascii() else f"u{ord(c):x}" for c in name)


LANGUAGE = Language(RESERVED, is_reserved, has_name)
