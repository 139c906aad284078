"""`parse("exp(x) / sum(exp(x), axis=-1)", {"x": "b n"})`: read a text by its syntax tree, never
evaluate it.

Only what the tables here name is understood: numbers, arithmetic, the functions of the registry
(bare or as `np.exp`), a few attributes, and assignments `e = exp(x); e / sum(e)`.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import InputError, InputTypeError, NotSupportedError, nearest
from ..index.domains import Domain
from ..program import Program
from .array import Array, apply
from .assemble import program_of
from .broadcasting import as_array
from .context import Context, tracing
from .dispatch import run
from .masked import refuse_reals_as_masks
from .names import give
from .operators import AS_METHODS
from .plan import Plan, argument_of, array_of, dim_names, restarted
from .registry import METHODS, RULES

_LONGEST = 10_000  # characters: a formula, not a program
_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Pow: "power",
    ast.MatMult: "matmul",
    ast.FloorDiv: "floor_divide",
    ast.Mod: "remainder",
    ast.BitAnd: "bitwise_and",
    ast.BitOr: "bitwise_or",
    ast.BitXor: "bitwise_xor",
}
_UNARY: dict[type[ast.unaryop], str] = {
    ast.USub: "negative",
    ast.UAdd: "positive",
    ast.Invert: "invert",
}
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
}
_CONSTANTS: dict[str, Any] = {"pi": math.pi, "inf": math.inf, "e": math.e, "newaxis": None}
_PREFIXES = (
    "np",
    "numpy",
    "math",
    "scipy.special",
    "special",
    "np.linalg",
    "numpy.linalg",
    "linalg",
)
_ATTRIBUTES: dict[str, Callable[[Array], Any]] = {
    "T": lambda a: a.T,
    "mT": lambda a: a.mT,
    "shape": lambda a: a.shape,
    "size": lambda a: a.size,
    "ndim": lambda a: a.ndim,
}
_ALLOWED_METHODS = AS_METHODS | {"reshape", "transpose", "flatten", "copy"}
_SPELLED = {"pow": "power", "abs": "absolute", "fabs": "absolute", "len": "length"}


def parse(text: str, domains: Mapping[str, str | Domain], name: str = "f") -> Program:
    """The program of a formula over arrays with these dims and domains."""
    if not isinstance(text, str):
        raise InputTypeError(f"the formula must be text, not {type(text).__name__}")
    if len(text) > _LONGEST:
        raise InputError(f"the formula has {len(text)} characters; up to {_LONGEST} are read")
    try:
        tree = ast.parse(text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(f"the formula is not a Python expression: {error}") from error
    return restarted(lambda plan: _run(tree, text, domains, name, plan), "the formula")


def _run(
    tree: ast.Module, text: str, domains: Mapping[str, str | Domain], name: str, plan: Plan
) -> Program:
    inputs = [argument_of(key, given, plan) for key, given in domains.items()]
    plan.names |= dim_names(inputs)
    context = Context(plan.refined, frozenset(domains) | dim_names(inputs), places=False)
    context.arguments.update(a.tensor for a in inputs)
    with tracing(context):
        reader = Reader(context, text, {a.tensor.name: array_of(a) for a in inputs})
        try:
            result = reader.module(tree)
        except RecursionError as error:
            raise InputError("the formula is nested too deeply; name its parts with `;`") from error
        program = program_of(context, name, inputs, [], {"": result})
    refuse_reals_as_masks(context, program)
    return program


class Reader:
    """Reads one syntax tree; what no entry covers is an error that shows the piece of text."""

    def __init__(self, context: Context, text: str, names: dict[str, Any]) -> None:
        self.context, self.text, self.names = context, text, names
        self.used: set[str] = set()
        self.inputs = frozenset(names)

    def module(self, tree: ast.Module) -> Array:
        """Assignments, and last the value."""
        if not tree.body:
            raise InputError("the formula is empty")
        *before, last = tree.body
        for statement in before:
            self._assign(statement)
        if not isinstance(last, ast.Expr):
            raise self.refused(last, "the formula must end in an expression")
        result = self.read(last.value)
        if unused := sorted(self.inputs - self.used):
            raise InputError(f"dims are given for '{unused[0]}', which the formula does not use")
        if not isinstance(result, (Array, int, float)):
            raise self.refused(last, "the formula must give one array")
        return as_array(result)

    def _assign(self, statement: ast.stmt) -> None:
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            raise self.refused(
                statement, "only assignments such as e = exp(x) may stand before the value"
            )
        target = statement.targets[0]
        if not isinstance(target, ast.Name):
            raise self.refused(target, "only names are assigned")
        value = self.names[target.id] = self.read(statement.value)
        give(self.context, target.id, value)

    def read(self, node: ast.AST) -> Any:
        """The value of an expression."""
        reading = _READ.get(type(node))
        if reading is None:
            raise self.refused(node, "this is not part of a formula")
        return reading(self, node)

    def refused(self, node: ast.AST, why: str) -> NotSupportedError:
        """The error that shows where in the text it arose."""
        piece = ast.get_source_segment(self.text.strip(), node) or self.text
        return NotSupportedError(f"in the formula, `{piece}`: {why}")

    def name(self, node: ast.Name) -> Any:
        """An array, an assigned name, or a constant."""
        if node.id in self.names:
            self.used.add(node.id)
            return self.names[node.id]
        if node.id in _CONSTANTS:
            return _CONSTANTS[node.id]
        if node.id in RULES:
            raise self.refused(node, f"a function is called, as in {node.id}(x)")
        hint = (
            nearest(node.id, list(self.names))
            or f' Say {node.id}="b n", or {node.id}="" for a scalar.'
        )
        raise InputError(f"the formula uses '{node.id}', whose dims are not given.{hint}")

    def attribute(self, node: ast.Attribute) -> Any:
        """`x.T`, `x.shape`, `np.pi`."""
        if _dotted(node.value) in _PREFIXES and not self._is_array(node.value):
            if node.attr in _CONSTANTS:
                return _CONSTANTS[node.attr]
            raise self.refused(node, "not a known constant")
        value = self.read(node.value)
        if node.attr in _ATTRIBUTES and isinstance(value, Array):
            return _ATTRIBUTES[node.attr](value)
        raise self.refused(node, f"no such attribute; there are {', '.join(_ATTRIBUTES)}")

    def _is_array(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id in self.names

    def call(self, node: ast.Call) -> Any:
        """A function of the registry, or a method of an array."""
        args = [self.read(a) for a in node.args]
        options = {k.arg: self.read(k.value) for k in node.keywords if k.arg}
        if len(options) < len(node.keywords):
            raise self.refused(node, "** is not part of a formula")
        function = node.func
        if isinstance(function, ast.Attribute) and not self._is_prefix(function.value):
            owner = self.read(function.value)
            if function.attr in _ALLOWED_METHODS and isinstance(owner, Array):
                return getattr(owner, function.attr)(*args, **options)
            raise self.refused(
                node, f"no such method; there are {', '.join(sorted(_ALLOWED_METHODS))}"
            )
        name = _dotted(function)
        for prefix in sorted(_PREFIXES, key=len, reverse=True):
            name = name.removeprefix(prefix + ".")
        name = "linalg." + name if "linalg" in _dotted(function) else name
        if name == "len" and len(args) == 1 and isinstance(args[0], Array):
            return METHODS["length"](args[0])
        if name in ("max", "min") and len(args) > 1 and isinstance(function, ast.Name):
            raise self.refused(
                node,
                f"write {name}imum(a, b) for the larger or smaller of two, "
                f"{name}(a, axis=...) to reduce",
            )
        name = _SPELLED.get(name, name)
        if name not in RULES:
            raise self.refused(
                node, f"the function '{name}' is not known.{nearest(name, list(RULES))}"
            )
        return run(name, name, tuple(args), options)

    def _is_prefix(self, node: ast.AST) -> bool:
        return _dotted(node) in _PREFIXES and not self._is_array(node)

    def compare(self, node: ast.Compare) -> Any:
        """`a < b`, `0 < a < 1`."""
        sides = [self.read(node.left), *map(self.read, node.comparators)]
        for operator in node.ops:
            if type(operator) not in _COMPARE:
                raise self.refused(node, "only <, <=, >, >=, == and != compare")
        parts = [
            RULES[_COMPARE[type(o)]](a, b)
            for o, a, b in zip(node.ops, sides, sides[1:], strict=False)
        ]
        result = parts[0]
        for part in parts[1:]:
            result = apply("logical_and", result, part)
        return result

    def subscript(self, node: ast.Subscript) -> Any:
        """`x[..., 0]`, `x.shape[-1]`."""
        value, key = self.read(node.value), self.read(node.slice)
        if isinstance(value, Array):
            return value[key]
        if isinstance(value, tuple) and isinstance(key, (int, slice)):
            try:
                return value[key]
            except IndexError as error:
                raise self.refused(node, "there is no such axis") from error
        raise self.refused(node, "only arrays and their shapes are indexed")

    def constant(self, node: ast.Constant) -> Any:
        """Numbers, None, True, `...`, and the text of an einsum."""
        if isinstance(node.value, (bytes, complex)):
            raise self.refused(node, "only real numbers are supported")
        return node.value

    def binary(self, node: ast.BinOp) -> Any:
        """Arithmetic."""
        if type(node.op) not in _BINARY:
            raise self.refused(node, "this operator is not part of a formula")
        left, right = self.read(node.left), self.read(node.right)
        return RULES[_BINARY[type(node.op)]](self.operand(node, left), self.operand(node, right))

    def unary(self, node: ast.UnaryOp) -> Any:
        """`-x`, and negative numbers, which stay numbers."""
        value = self.read(node.operand)
        if isinstance(node.op, ast.USub) and isinstance(value, (int, float)):
            return -value
        if type(node.op) not in _UNARY:
            raise self.refused(node, "for truth values write ~a, a & b, a | b")
        return RULES[_UNARY[type(node.op)]](self.operand(node, value))

    def operand(self, node: ast.AST, value: Any) -> Any:
        """Arrays and numbers take part in arithmetic."""
        if not isinstance(value, (Array, int, float)):
            raise self.refused(node, "arithmetic is for arrays and numbers")
        return value


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return f"{_dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else "?"


def _slice(reader: Reader, node: ast.Slice) -> slice:
    return slice(*(reader.read(p) if p else None for p in (node.lower, node.upper, node.step)))


_READ: dict[type[ast.AST], Callable[[Reader, Any], Any]] = {
    ast.Name: Reader.name,
    ast.Attribute: Reader.attribute,
    ast.Call: Reader.call,
    ast.Compare: Reader.compare,
    ast.Subscript: Reader.subscript,
    ast.Constant: Reader.constant,
    ast.BinOp: Reader.binary,
    ast.UnaryOp: Reader.unary,
    ast.Slice: _slice,
    ast.Tuple: lambda reader, node: tuple(reader.read(e) for e in node.elts),
    ast.List: lambda reader, node: [reader.read(e) for e in node.elts],
}
