"""Which inputs need no gradient: targets, masks, tables and statistics are data."""

from __future__ import annotations

import re

_DATA = re.compile(
    r"t|ts|y|ys|yt|gt|truth|actual|expected|desired|observed"
    r"|(\w*_)?(target|label|true|mask|eye|identity|ident|noise|running|moving"
    r"|position|positional|encoding|prev|state|previous|init|initial|keep|drop)s?(_\w*|s)?"
    r"|mask\w*|\w*mask|running\w*|moving\w*|pe|pos\w*|h_?0|c_?0|\w+_avg|\w+_ema",
    re.IGNORECASE,
)


def is_data(name: str) -> bool:
    """True for what is given beside the inputs and learned by nothing, as far as its name tells:
    a target, a mask, a running mean."""
    return _DATA.fullmatch(name.strip("_")) is not None
