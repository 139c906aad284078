"""Names that are good C: no keyword, none of the kernel's own; sizes and indices that read well."""

from __future__ import annotations

from collections.abc import Iterable

from ...index.dims import Dim, Index, size_name
from ...index.nodes import Tensor
from ...loops.frame import Axis, Frame

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


class Words:
    """One C identifier for each thing that a kernel names."""

    def __init__(self, tensors: Iterable[Tensor], frame: Frame) -> None:
        self.taken = set(RESERVED)
        self.tensors = {t.name: self.new(t.name) for t in sorted(tensors, key=lambda t: t.name)}
        self.index: dict[Axis, str] = {}
        self.size: dict[Axis, str] = {}
        for axis in frame.axes:
            lone_rows = bool(frame.inner) and frame.rows == (axis,)
            self.index[axis] = "row" if lone_rows else self.new(_letter(axis))
            self.size[axis] = "rows" if lone_rows else self.new(_size(axis))

    def new(self, wanted: str) -> str:
        """This name, or with a number behind it where it is taken."""
        name = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in wanted)
        base, count = name, 2
        if is_reserved(base):
            name = f"{base}_"
        while name in self.taken:
            name, count = f"{base}{count}", count + 1
        self.taken.add(name)
        return name

    def tensor(self, tensor: Tensor) -> str:
        """The name of a tensor."""
        if tensor.name not in self.tensors:
            self.tensors[tensor.name] = self.new(tensor.name)
        return self.tensors[tensor.name]

    def length(self, dim: Dim) -> str:
        """The name of the length of one dim."""
        axis: Axis = (dim,)
        if axis not in self.size:
            self.size[axis] = self.new(_size(axis))
        return self.size[axis]


def _letter(axis: Axis) -> str:
    plain = [d for d in axis if not d.is_batch]
    if len(plain) != 1:
        return "i"
    return Index(plain[0], 0).letter


def _size(axis: Axis) -> str:
    if len(axis) > 1:
        return "n"
    name = "batch" if axis[0].is_batch else size_name(axis[0])
    return name.strip("|") if not name.startswith("|") else f"{axis[0].name}_size"
