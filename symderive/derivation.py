"""What was derived of one operator, and all that is made of it when somebody asks: code, proof,
certificate.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from . import calculus
from .calculus.result import Derived, Jacobian
from .emit import Kernel, kernel, module_text
from .errors import DerivationError
from .index.limits import bounded
from .program import Program
from .quiet import quiet
from .schedule import Schedule, schedule
from .schedule.bill import Cost, bill
from .stability import Stabilised
from .targets import TARGETS
from .targets.numpy import listed
from .trace import Step

if TYPE_CHECKING:
    from .proofs import Document
    from .verify.once import Once


class PerInput(Mapping[str, Any]):
    """A mapping from each differentiable input to something that is worked out when it is asked
    for.
    """

    def __init__(self, names: tuple[str, ...], make: Callable[[str], Any]) -> None:
        self._names, self._make, self._made = names, make, dict[str, Any]()

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(
                f"'{name}' is not a differentiable input; there are {', '.join(self._names)}"
            )
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        """What was not asked for yet is not worked out to be shown."""
        shown = (f"{name!r}: {self._made.get(name, '...')}" for name in self._names)
        return f"{{{', '.join(shown)}}}"


class Derivation:
    """The derivation of one operator: its mathematics, and the code, proof and certificate that are
    made of it.

    program: the forward as named assignments in index notation, as it was written.
    jacobian, vjp, jvp: by input, SymPy expressions.  steps: by input (and shared cotangent), the
    trace.
    backward: by input, the program of that gradient as a function of inputs and cotangent, which
    may be derived again.
    function: the forward as it was given; None where it was given as a program.
    """

    def __init__(
        self, derived: Derived, stable: Stabilised, function: Callable[..., Any] | None = None
    ) -> None:
        self.derived, self.stable, self.function = derived, stable, function
        names = tuple(a.tensor.name for a in derived.forward.inputs)
        self.jacobians: Mapping[str, Jacobian] = PerInput(
            names, lambda n: calculus.jacobian_of(derived, n)
        )
        self.jacobian: Mapping[str, Any] = PerInput(
            names, lambda n: _sympy(self.jacobians[n].value)
        )
        self.vjp: Mapping[str, Any] = PerInput(names, lambda n: _sympy(self._gradient(n)))
        self.jvp: Mapping[str, Any] = PerInput(
            names, lambda n: _sympy(calculus.jvp_of(derived, n).value)
        )
        self.backward: Mapping[str, Program] = PerInput(
            names, lambda n: calculus.backward_program(derived, n)
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """By its programs; the function only where another process can import it."""
        return Derivation, (self.derived, self.stable, _importable(self.function))

    def __copy__(self) -> Derivation:
        return Derivation(self.derived, self.stable, self.function)

    def __deepcopy__(self, memo: Any) -> Derivation:
        """What a derivation holds never changes."""
        return self.__copy__()

    @property
    def name(self) -> str:
        """The operator's name."""
        return self.derived.written.name

    @property
    def program(self) -> Program:
        """The forward as it was written."""
        return self.derived.written

    @property
    def steps(self) -> Mapping[str, tuple[Step, ...]]:
        """For each input, and each cotangent that inputs share, the steps of its derivation."""
        return self.derived.steps

    @cached_property
    def schedule(self) -> Schedule:
        """Forward and backward as ordered statements, and what the one saves for the other."""
        with bounded(self.name):
            return schedule(self.derived)

    @property
    def cost(self) -> Cost:
        """What the backward costs as an array program."""
        return bill(self.schedule)

    def source(self, target: str = "numpy", *, check: bool = True) -> str:
        """The text of the generated module.

        It has been run once, as in `build`; where the target cannot be run here, the NumPy module
        has. check: False for the text whatever it does.
        """
        with bounded(self.name):
            text = module_text(self.schedule, target)
            if check:
                runs = target if TARGETS[target].runs_here else "numpy"
                self._refuse_faults(runs, lambda: self._quiet(runs))
        return text

    def build(self, target: str = "numpy", *, check: bool = True) -> Kernel:
        """The generated module, live: call it for the output, `fwd` and `bwd` for gradients.

        Value and slope have been compared with the forward's, once for each target, at small
        lengths; a DerivationError says where they differ. check: False for the module as it is.
        """
        with bounded(self.name):
            made = kernel(self.schedule, target)
            if check:
                self._refuse_faults(target, lambda: made)
        return made

    def _quiet(self, target: str) -> Kernel:
        """The module, and no word about how it runs to who asks for its text alone."""
        with quiet():
            return kernel(self.schedule, target)

    def _refuse_faults(self, target: str, build: Callable[[], Kernel]) -> None:
        faults = self._once.faults(target, TARGETS[target].precision, build)
        if faults:
            told = "; ".join(f"{c.name}: {'; '.join(c.detail[:2]) or c.covered}" for c in faults)
            raise DerivationError(
                f"the {target} code of {self.name} is not its forward's ({told}). This is a defect "
                f"of symderive; please report it. build and source give the code all the same "
                f"with check=False."
            )

    @cached_property
    def _once(self) -> Once:
        from .verify.once import Once  # derivatives and closed forms alone need no code

        return Once(self.derived, self.function)

    def verify(
        self, *, quick: bool = False, digits: int = 50, seed: int = 0, target: str = "numpy"
    ) -> Any:
        """The certificate: every step checked, the gradient of the code for a target checked."""
        from .verify import (
            verify,
        )  # the certificate loads mpmath and SymPy; code alone does not need them

        jacobians = () if quick else self._short_jacobians()
        return verify(
            self.derived, self.build(target, check=False), jacobians, function=self.function,
            digits=digits, seed=seed, quick=quick,
        )  # fmt: skip

    def proof(self, lang: str = "en", *, short: bool = False) -> Document:
        """The proof as a document, in a language: "en" or "zh". short: the theorem and the key
        steps.
        """
        from .proofs import document, parts_of  # prose and typesetting are for those who read

        parts = parts_of(
            self.derived,
            stability=self.stable.steps,
            jacobians=self._short_jacobians(),
            plan=self.schedule,
            code=listed(self.schedule),
            certificate=self.verify(quick=True),
        )
        return document(parts, lang, short)

    def latex(self, lang: str = "en", *, short: bool = False) -> str:
        """The proof as a self-contained LaTeX file."""
        return _rendered(self.proof(lang, short=short), "tex")

    def markdown(self, lang: str = "en", *, short: bool = False) -> str:
        """The proof as Markdown, as code hosting sites and notebooks show it."""
        return _rendered(self.proof(lang, short=short), "md")

    def html(self, lang: str = "en", *, short: bool = False) -> str:
        """The proof as one HTML file that needs no network."""
        return _rendered(self.proof(lang, short=short), "html")

    def _repr_html_(self) -> str:
        """A notebook shows the proof."""
        from .proofs import fragment

        return fragment(self.proof())

    def _short_jacobians(self) -> tuple[Jacobian, ...]:
        """Jacobians of an operator that is short enough to be told through them."""
        short = len(self.derived.forward.assignments) <= 12
        return tuple(self.jacobians.values()) if short else ()

    def _gradient(self, name: str) -> Any:
        inputs = [a.tensor.name for a in self.derived.forward.inputs]
        output = self.derived.backward.outputs[inputs.index(name)].tensor
        return next(a.value for a in self.derived.backward.assignments if a.tensor == output)


def _rendered(proof: Document, form: str) -> str:
    from .proofs import render

    return render(proof, form)


def _sympy(expr: Any) -> Any:
    from .index.bridge import to_sympy  # SymPy expressions are made for those who ask for them

    return to_sympy(expr)


def _importable(function: Callable[..., Any] | None) -> Callable[..., Any] | None:
    """The function, where its module has it under its name; not a lambda, nor one of a script."""
    place, name = (getattr(function, key, None) or "" for key in ("__module__", "__name__"))
    found = getattr(sys.modules.get(place), name, None)
    return function if found is function and place != "__main__" else None
