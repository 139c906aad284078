"""What a module holds that can be audited: classes and functions whose names say that one is the
forward and one the backward."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

METHODS = (
    ("forward", "backward"),
    ("forward_pass", "backward_pass"),
    ("forward_propagation", "backward_propagation"),
    ("fprop", "bprop"),
    ("fwd", "bwd"),
    ("propagate", "backpropagate"),
    ("forward", "backprop"),
    ("forward", "gradient"),
    ("forward", "grad"),
    ("forward", "derivative"),
    ("fn", "grad"),
    ("loss", "grad"),
    ("loss", "gradient"),
    ("loss", "backward"),
    ("function", "derivative"),
    ("f", "df"),
    ("activate", "derivative"),
    ("activation", "derivative"),
    ("calculate", "derivative"),
    ("compute", "gradient"),
    ("value", "gradient"),
    ("__call__", "backward"),
    ("__call__", "gradient"),
    ("__call__", "grad"),
    ("__call__", "derivative"),
)

# a backward's name => what names its forward; {0}, {1} are its parts
_OF_BACKWARD = re.compile(
    r"(?P<stem>\w+?)_?(?:backward|bwd|bprop|backprop|vjp)(?P<more>_\w+)?"
    r"|(?:backward|bwd|back)_(?P<stem2>\w+)"
    r"|(?P<stem3>\w+?)_(?:grad|gradient|prime|derivative|deriv)(?P<more3>_\w+)?"
    r"|(?:grad|gradient|derivative|deriv|d)_(?P<stem4>\w+)"
)
_FORWARDS = ("{0}_forward{1}", "{0}forward{1}", "{0}_fwd{1}", "{0}_fprop{1}", "forward_{0}{1}",
             "{0}_forward", "{0}_fwd", "{0}{1}", "{0}")  # fmt: skip
_LOSS = re.compile(r"(?i)\w*(loss|cost|nll|error|energy|objective)\w*|l|j")
_GRADIENT = re.compile(r"(?i)d[a-z]\w*|\w*grad\w*")
SURROGATE = "symderive_surrogate"  # an attribute: why a gradient is wrong on purpose
_BACKWARDS = {backward for _, backward in METHODS}


@dataclass(frozen=True)
class Found:
    """Something to audit: what `audit` takes, what reports call it, and the place of its backward
    (the line is 0 where it is not known)."""

    name: str
    given: Any
    file: str
    line: int

    @property
    def surrogate(self) -> str:
        """Why its gradient is wrong on purpose; "" where it should be right."""
        parts = self.given if isinstance(self.given, tuple) else (self.given,)
        held = (getattr(p, "__dict__", {}).get(SURROGATE, "") for p in parts)
        return next((str(reason) for reason in held if reason), "")


def pairs_in(module: ModuleType) -> Iterator[Found]:
    """Every pair that the module itself defines, in the order of its lines."""
    own = {n: v for n, v in vars(module).items() if getattr(v, "__module__", "") == module.__name__}
    functions = {n: v for n, v in own.items() if inspect.isfunction(v)}
    found = [f for v in own.values() if isinstance(v, type) for f in of_class(v)]
    found += _of_functions(functions)
    yield from sorted({f.name: f for f in found}.values(), key=lambda f: f.line)


def may_hold_pairs(text: str) -> bool:
    """True for the source of a module that defines something that is named like a backward, or
    returns a loss with gradients: others need not be run. Raises SyntaxError."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and (
            node.name in _BACKWARDS or _OF_BACKWARD.fullmatch(node.name) or _returns_both(node)
        ):
            return True
    return False


def of_class(kind: type) -> Iterator[Found]:
    """The forward and the backward of a class, where it defines at least one of them."""
    if inspect.isabstract(kind):
        return
    for forward, backward in METHODS:
        held = [inspect.getattr_static(kind, n, None) for n in (forward, backward)]
        plain = [getattr(h, "__func__", h) for h in held]
        if not all(map(inspect.isfunction, plain)) or any(map(_is_abstract, plain)):
            continue
        if forward in vars(kind) or backward in vars(kind):
            is_usual = (forward, backward) == METHODS[0] and not isinstance(held[1], property)
            given = kind if is_usual else (kind, forward, backward)
            name = kind.__name__ if is_usual else f"{kind.__name__}.{forward},{backward}"
            yield _at(name, given, plain[1])
        return
    for name, held_one in vars(kind).items():
        if inspect.isfunction(held_one) and _LOSS.fullmatch(name) and _gives_both(held_one):
            yield _at(f"{kind.__name__}.{name}", (kind, name), held_one)


def _is_abstract(function: Any) -> bool:
    """True for a body that only raises NotImplementedError."""
    return bool(function.__code__.co_names == ("NotImplementedError",))


def _of_functions(functions: Mapping[str, Any]) -> Iterator[Found]:
    taken: set[str] = set()
    for name, function in functions.items():
        forward = _forward_of(name, functions)
        if forward:
            taken |= {name, forward}
            yield _at(f"{forward},{name}", (functions[forward], function), function)
    for name, function in functions.items():
        if name not in taken and _gives_both(function):
            yield _at(name, function, function)


def found_at(name: str, given: Any) -> Found:
    """What a user named, with the place of its backward."""
    parts = given if isinstance(given, tuple) else (given,)
    last = parts[-1] if parts[1:] or inspect.isfunction(given) else "backward"
    function = inspect.getattr_static(parts[0], last, None) if isinstance(last, str) else last
    return _at(name.rpartition(":")[2], given, getattr(function, "__func__", function))


def _forward_of(backward: str, functions: Mapping[str, Any]) -> str:
    """The name of the forward; "" where there is none."""
    match = _OF_BACKWARD.fullmatch(backward)
    if match is None:
        return ""
    held = match.groupdict()
    stem = next(v for n, v in held.items() if n.startswith("stem") and v is not None)
    more = held["more"] or held["more3"] or ""
    tried = [form.format(stem, more) for form in _FORWARDS]
    return next((t for t in tried if t in functions and t != backward), "")


def _gives_both(function: Any) -> bool:
    """True where the source returns a loss with gradients beside it."""
    try:
        tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return False
    return any(isinstance(n, ast.FunctionDef) and _returns_both(n) for n in tree.body)


def _returns_both(function: ast.FunctionDef) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
            entries = [
                {n.id for n in ast.walk(e) if isinstance(n, ast.Name)} for e in node.value.elts
            ]
            losses = {n for names in entries for n in names if _LOSS.fullmatch(n)}
            gradients = [names for names in entries if any(map(_GRADIENT.fullmatch, names))]
            if losses and any(names.isdisjoint(losses) for names in gradients):
                return True
    return False


def _at(name: str, given: Any, function: Any) -> Found:
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    return Found(name, given, code.co_filename if code else "", code.co_firstlineno if code else 0)
