"""All of a module: what is found, which dims are guessed, and that nothing stops the rest."""

from __future__ import annotations

import importlib.util
import json

import pytest

from symderive.audit.batch import Options, Outcome, audit_all, exit_code
from symderive.audit.pairs import may_hold_pairs
from symderive.audit.written import FORMATS, written
from symderive.proofs.languages import known

CODE = """
import numpy as np

class Base:
    def forward(self, x):
        raise NotImplementedError
    def backward(self, d):
        raise NotImplementedError

class Dense(Base):
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out)
        self.b = np.zeros(n_out)
    def forward(self, X):
        self.X = X
        return X @ self.W + self.b
    def backward(self, d):
        self.dW, self.db = self.X.T @ d, d.sum(0)
        return d @ self.W.T

class Averaged(Dense):
    def backward(self, d):
        self.dW, self.db = self.X.T @ d, d.mean(0)
        return d @ self.W.T

class Bent:
    def fn(self, z):
        return np.where(z > 0, z, 0.1 * z)
    def grad(self, x):
        return np.where(x > 0, 1.0, 0.1)

def shift_forward(x, b):
    return x + b, None

def shift_backward(d, cache):
    return d, d

def loss(scores, labels):
    n = len(scores)
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    cost = -np.log(p[np.arange(n), labels]).sum() / n
    dscores = p.copy()
    dscores[np.arange(n), labels] -= 1
    return cost, dscores / n

def norm_forward(x, norm_param):
    return x * norm_param["scale"], norm_param

def norm_backward(d, cache):
    return d * cache["scale"]

class Masked:
    def __init__(self, rate=0.5):
        self.rng = np.random.default_rng(3)
        self.rate = rate
    def forward(self, x):
        self.mask = self.rng.random(x.shape) > self.rate
        return x * self.mask
    def backward(self, d):
        return d * self.mask

class Entropy:
    def forward(self, scores, target):
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        self.p, self.target = e / e.sum(axis=1, keepdims=True), target
        return -np.sum(target * np.log(self.p))
    def backward(self):
        return self.p - self.target

class Affine:
    def __init__(self, in_features, out_features):
        self.W = np.random.randn(out_features, in_features)
    def forward(self, A):
        self.A = A
        return A @ self.W.T
    def backward(self, dLdZ):
        self.dLdW = dLdZ.T @ self.A
        return dLdZ @ self.W

class AffineWrong(Affine):
    def backward(self, dLdZ):
        self.dLdW = dLdZ.T @ self.A / len(self.A)
        return dLdZ @ self.W

def ends_forward(x):
    raise SystemExit(3)

def ends_backward(d):
    return d

def fails_forward(x):
    raise ValueError("never")

def fails_backward(d):
    return d

def alone(x):
    return x
"""
WANTED = {
    "Dense": "equal",
    "Averaged": "different",
    "Bent.fn,grad": "equal",
    "shift_forward,shift_backward": "cannot tell",
    "loss": "equal",
    "norm_forward,norm_backward": "not begun",
    "Masked": "equal",
    "Entropy": "equal",
    "Affine": "equal",
    "AffineWrong": "different",
    "ends_forward,ends_backward": "not begun",
    "fails_forward,fails_backward": "not begun",
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    path = tmp_path_factory.mktemp("code") / "layers_of_a_file.py"
    path.write_text(CODE)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(audit_all(module, Options()))


def test_every_pair_has_its_verdict(outcomes: list[Outcome]) -> None:
    assert {o.found.name: o.kind for o in outcomes} == WANTED
    assert exit_code(outcomes) == 1
    assert exit_code([o for o in outcomes if o.kind == "equal"]) == 0


def test_guessed_dims_are_said(outcomes: list[Outcome]) -> None:
    told = {o.found.name: o.guessed for o in outcomes}
    assert told["Dense"] == "X=b 4, n_in=4, n_out=5"
    assert told["Entropy"] == "scores=b n, target=b n, rows that sum to 1"
    assert told["loss"] == "scores=b n, labels=labels b below n"
    for outcome in outcomes:
        assert outcome.verdict is None or outcome.verdict.assumed[0] == f"dims: {outcome.guessed}"


def test_dims_that_may_be_meant_otherwise_are_no_verdict(outcomes: list[Outcome]) -> None:
    (one,) = (o for o in outcomes if o.found.name.startswith("shift"))
    assert one.verdict is not None and "say which dims are meant" in one.verdict.why


def test_what_cannot_begin_says_why(outcomes: list[Outcome]) -> None:
    said = {o.found.name.partition("_")[0]: o.trouble for o in outcomes if o.trouble}
    assert "norm_param holds settings" in said["norm"]
    assert "ValueError: never" in said["fails"]


@pytest.mark.parametrize("lang", known())
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_names_every_pair_that_is_not_right(
    outcomes: list[Outcome], form: str, lang: str
) -> None:
    told = written(outcomes, form, lang)
    for outcome in outcomes:
        if outcome.kind != "equal":
            shown = (outcome.found.name, outcome.found.name.replace(",", ", "))
            assert any(name in told for name in shown)


def test_sarif_has_what_its_schema_requires(outcomes: list[Outcome]) -> None:
    log = json.loads(written(outcomes, "sarif"))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] and all(rule["id"] for rule in driver["rules"])
    assert len(run["results"]) == sum(o.kind != "equal" for o in outcomes)
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        (place,) = result["locations"]
        physical = place["physicalLocation"]
        assert physical["artifactLocation"]["uri"] and physical["region"]["startLine"] >= 1
    wrong = [r for r in run["results"] if r["level"] == "error"]
    assert [r["message"]["text"].partition(":")[0] for r in wrong] == ["Averaged", "AffineWrong"]
    line = wrong[0]["locations"][0]["physicalLocation"]["region"]["startLine"]
    assert CODE.splitlines()[line - 1].strip() == "def backward(self, d):"


def test_a_file_without_pairs_need_not_run() -> None:
    assert may_hold_pairs(CODE)
    assert not may_hold_pairs("def train(x):\n    return x, 1\nraise SystemExit\n")
