"""The dims and settings of code that nobody gave: by the names of its arguments, and by trying on
small real arrays which of them run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Any

from ..errors import InputError, SymderiveError
from ..index.domains import Domain, integers, simplex
from ..verify.sampling import RANGES
from .caught import Caught
from .entry import subject_of
from .generators import following_generators
from .instance import Instance
from .numeric import ORDERS, arguments_of, drawn_in, instance, sizes_of
from .real import RealRun, run_real
from .subjects import Formal, Subject

MOST_TRIED = 1500
LENGTHS = (4, 5, 6, 7)


@dataclass(frozen=True)
class Setting:
    """A plain value, which might else be taken for dims."""

    value: Any


Option = str | Domain | Setting


@dataclass(frozen=True)
class Guess:
    """domains: of the arrays.  settings: of the rest.  fits: False where backward runs, and gives a
    gradient that has not the shape of its argument."""

    domains: Mapping[str, str | Domain]
    settings: Mapping[str, Any]
    fits: bool

    def __str__(self) -> str:
        said = [f"{n}={_dims(d)}" for n, d in self.domains.items()]
        return ", ".join([*said, *(f"{n}={v!r}" for n, v in self.settings.items())])


class NotImplementedHere(InputError):
    """The code is abstract: its forward is left to others."""


def _dims(given: str | Domain) -> str:
    if isinstance(given, str):
        return given or "a scalar"
    if given.kind == "simplex":
        return f"{given.dims}, rows that sum to 1"
    return f"labels {given.dims} below {given.below}" if given.below else given.dims


def one_hot(guess: Guess) -> Guess | None:
    """The same, targets being one-hot or probabilities; None where there are none."""
    targets = [n for n, d in guess.domains.items() if d == "b n" and _LABEL.fullmatch(n)]
    if not targets:
        return None
    return replace(guess, domains={**guess.domains, **{n: simplex("b n") for n in targets}})


_WHOLE = re.compile(
    r"(n|num|in|out|input|output|hidden)_?\w*(dim|size|feature|channel|unit|node|neuron|head)s?\w*"
    r"|(n|num|d)_\w+|\w+_(dim|size|units|features|channels|num|len)|(hidden|units|size|dim|fan_in"
    r"|fan_out|input|output|channels|features|neurons|depth|width|height|groups|heads|vocab)s?"
    r"|\w*shape|n_?(in|out)|kernel\w*|pool\w*|filter\w*|stride\w*|pad\w*|axis|[a-z]{1,2}_(in|out)|[dhn]"
)
_FRACTION = re.compile(
    r"eps(ilon)?|(drop(out)?_?)?(rate|ratio|prob\w*)|p|lr|learning_rate|alpha|momentum|lamb?da\w*"
    r"|slope|negative_slope|reg(ularization)?|decay|weight_decay|margin|delta|beta1|beta2|temperature"
    r"|tau|threshold|leak\w*|drop\w*|keep_prob|scale|smoothing"
)
_FLAG = re.compile(r"train\w*|is_\w+|\w*_flg|use_\w+|inplace|test|verbose|with_\w+|average")
_OPTIONS = re.compile(r"\w*(param|config|cfg|option|opt|setting|hparam|kwarg)s?")
_SPECIAL = {"axis": -1}
_SMALL = re.compile(r"stride\w*|groups?|n?_?heads?")
_KERNEL = re.compile(r"kernel\w*|pool\w*|filter_(h|w|size)|\w*(fh|fw)")

_WEIGHT = re.compile(r"(?i)w\w{0,2}|\w*weights?\w*|kernel|theta|u|v|wx|wh|\w*_w|filters?")
_BIAS = re.compile(r"(?i)b\d?|\w*bias\w*|beta|gamma|scale|shift|\w*_b|mu|mean|var|sigma")
_LABEL = re.compile(r"(?i)(y|t)(_?true)?|\w*(label|target)s?|idx|index|indices|classes|gt|truth")

_INPUT = ("b n", "n", "n m", "b t n", "b c h w", "b m", "")
_BY_NAME = (
    (_LABEL, (integers("b", below="n"), "b n", "n", "b", "", integers("n", below="m"))),
    (_BIAS, ("m", "n", "1 m", "b n", "")),
    (_WEIGHT, ("n m", "m n", "n", "b n", "m", "")),
)


def guesses(
    given: Any,
    dims: Mapping[str, str | Domain],
    settings: Mapping[str, Any],
) -> list[Guess]:
    """The likely dims and settings with which the code runs, the likeliest first.

    dims, settings: what is known; of arguments that this code has not it says nothing.
    Raises InputError where none runs, with what the last attempts raised.
    """
    bare = subject_of(given, {})
    formals = [f for f in bare.formals if f.required or f.name in dims or f.name in settings]
    for formal in formals:
        if _OPTIONS.fullmatch(formal.name) and formal.name not in {*dims, *settings}:
            raise InputError(f"{formal.name} holds settings: say them (--set, settings=)")
    whole = [f for f in formals if _is_whole(f) and f.name not in {*dims, *settings}]
    lengths = {f.name: LENGTHS[k % len(LENGTHS)] for k, f in enumerate(whole)}
    options = [tuple(_options(f, dims, settings, lengths)) for f in formals]
    found: list[Guess] = []
    failures: dict[str, int] = {}
    for chosen in islice(_by_rank(options), MOST_TRIED):
        names = [f.name for f in formals]
        guess, failure = _tried(given, dict(zip(names, chosen, strict=True)))
        if guess is not None:
            found.append(guess)
        else:
            failures[failure] = failures.get(failure, 0) + 1
        if guess is not None and guess.fits:
            break
    if found:
        return found
    raise _none_runs([f.name for f in formals], failures)


def _none_runs(names: Sequence[str], failures: Mapping[str, int]) -> InputError:
    if failures and all("NotImplementedError" in f for f in failures):
        return NotImplementedHere("it is abstract")
    first = next(iter(failures), "it takes no array")
    return InputError(f"no dims of {', '.join(names) or 'its input'} were found that run ({first})")


def _by_rank(options: Sequence[Sequence[Option]]) -> Iterator[tuple[Option, ...]]:
    """Every choice of one option each, the likeliest first."""
    ranks = product(*(range(len(o)) for o in options))
    for chosen in sorted(islice(ranks, 50_000), key=sum):
        yield tuple(o[k] for o, k in zip(options, chosen, strict=True))


def _is_whole(formal: Formal) -> bool:
    if formal.kind == "int":
        return True
    return not formal.kind and not formal.of_forward and bool(_WHOLE.fullmatch(formal.name.lower()))


def _options(
    formal: Formal,
    dims: Mapping[str, str | Domain],
    settings: Mapping[str, Any],
    lengths: Mapping[str, int],
) -> Iterator[Option]:
    """What an argument may be, the likeliest first."""
    name = formal.name
    if name in dims or name in settings:
        yield dims[name] if name in dims else Setting(settings[name])
        return
    if name in lengths:
        yield from _whole(name, lengths[name])
        return
    if formal.kind == "bool" or _FLAG.fullmatch(name):
        yield from (Setting(True), Setting(False))
        return
    if not formal.of_forward and (formal.kind == "float" or _FRACTION.fullmatch(name)):
        yield from (Setting(0.25), "")
        return
    yield from _arrays(formal, tuple(lengths.values()))


def _whole(name: str, length: int) -> Iterator[Option]:
    if name in _SPECIAL:
        yield Setting(_SPECIAL[name])
    elif _SMALL.fullmatch(name):
        yield from (Setting(1), Setting(2))
    elif _KERNEL.fullmatch(name):
        yield from (Setting(2), Setting(3))
    elif name.startswith("pad"):
        yield from (Setting(0), Setting(1))
    else:
        yield Setting(length)


def _arrays(formal: Formal, lengths: Sequence[int]) -> Iterator[Option]:
    if formal.kind == "float":
        yield ""
    if formal.of_forward:
        for length in lengths:
            yield from (f"b {length}", f"b t {length}", f"{length}", f"b {length} h w")
    if formal.of_forward and _LABEL.fullmatch(formal.name):
        yield from (integers("b", below=length) for length in lengths)
    kinds = [layouts for names, layouts in _BY_NAME if names.fullmatch(formal.name)]
    likely = kinds[0] if kinds else _INPUT
    yield from (*likely, *(o for o in _INPUT if o not in likely))
    if not formal.of_forward:
        yield from (Setting(LENGTHS[0]), Setting(0.25))


def _tried(given: Any, chosen: Mapping[str, Option]) -> tuple[Guess | None, str]:
    """The guess where forward and backward run at two sizes, or what was raised."""
    domains = {n: o for n, o in chosen.items() if not isinstance(o, Setting)}
    settings = {n: o.value for n, o in chosen.items() if isinstance(o, Setting)}
    if not domains:
        return None, "it takes no array"
    with Caught() as caught:
        subject = subject_of(given, settings)
        with following_generators(subject.functions):
            runs = [_run(subject, domains, order) for order in ORDERS[:2]]
    if caught.error is not None:
        if isinstance(caught.error, SymderiveError) and not isinstance(caught.error, InputError):
            raise caught.error
        return None, caught.sentence
    failed = [why for why in runs if isinstance(why, str)]
    if failed:
        return None, failed[0]
    return Guess(domains, settings, all(run is True for run in runs)), ""


def _run(subject: Subject, domains: Mapping[str, str | Domain], order: Any) -> bool | str:
    """Whether every gradient has the shape of its argument, at one choice of lengths; what went
    wrong, where something did."""
    arguments = arguments_of(domains)
    sizes = sizes_of(arguments, order)
    made: Instance | RealRun = RealRun(failure="no range of numbers was tried")
    for drawn in RANGES:  # a logarithm is finite for some of them alone
        made = instance(subject, arguments, sizes, drawn_in(drawn), 0)
        if isinstance(made, Instance) or made.stage != "values":
            break
    if isinstance(made, RealRun):
        return made.failure
    wanted = [a.tensor.name for a in arguments if a.differentiable]
    if not wanted:  # labels alone: what is learned, the code holds by itself
        return True
    run = run_real(subject, made.values, made.cotangent, wanted)
    if run.failure:
        return run.failure
    shapes = {n: g.shape == made.values[n].shape for n, g in run.gradients.items()}
    return all(shapes.values()) if shapes else "backward gives no gradient"
