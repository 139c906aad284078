"""What a verdict says: the proof, the counterexample, the assumptions, in text and in JSON."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np

import symderive as sd
from symderive.index.text import text
from tests.audit import right, wrong


def test_the_proof_goes_from_the_code_to_the_closed_form() -> None:
    verdict = sd.audit(right.Softmax, x="b n")
    (finding,) = verdict.findings
    proof = finding.proof
    assert [s.rule for s in proof[:3]] == ["unfold"] * 3
    assert all(a.after is b.before for a, b in pairwise(proof))
    assert finding.closed.startswith("dx_bi = out_bi (dout_bi - Σ_j ")
    said = verdict.text()
    assert "right.py, line " in said and "From forward to the same closed form" in said
    assert "dims b, n are distinct and longer than 1" in said
    assert "no two values that are compared are equal" in said


def test_labels_and_domains_are_assumed() -> None:
    verdict = sd.audit(right.CrossEntropy, x="b n", t=sd.integers("b", below="n"))
    assert any("t holds labels" in a for a in verdict.assumed)
    verdict = sd.audit(right.CrossEntropyOneHot, x="b n", t=sd.simplex("b n"))
    assert any("t sums to 1 along its axis -1" in a for a in verdict.assumed)


def test_a_default_cotangent_is_assumed_where_another_would_be_wrong() -> None:
    given = {"x": "b n", "t": sd.integers("b", below="n")}
    plain = sd.audit(right.CrossEntropyDefaultCotangent, **given)
    assert any("the cotangent dout is 1, its default" in a for a in plain.assumed)
    general = sd.audit(right.CrossEntropy, **given)
    assert not any("its default" in a for a in general.assumed)


def test_the_constant_inside_the_logarithm_is_said_to_be_the_difference() -> None:
    verdict = sd.audit(wrong.SoftmaxWithLoss, x="b n", t=sd.integers("b", below="n"))
    (finding,) = verdict.findings
    assert verdict.kind == "different" and finding.limit == "1e-07"
    assert "become equal as the constant 1e-07 goes to 0" in verdict.text()
    assert finding.counterexample is not None


def test_a_constant_too_small_to_be_seen_is_still_a_difference() -> None:
    """1e-13 makes a difference that no random point in float64 shows."""
    source = """
    class Root:
        def forward(self, x):
            self.y = np.sqrt(x * x + 1 + 1e-13)
            self.x = x
            return self.y

        def backward(self, dout):
            return dout * self.x / np.sqrt(self.x * self.x + 1)
    """
    verdict = sd.audit(source, x="n")
    assert verdict.kind == "different"
    assert verdict.findings[0].limit == "1e-13"
    right_one = source.replace(
        "dout * self.x / np.sqrt(self.x * self.x + 1)", "dout * self.x / self.y"
    )
    assert sd.audit(right_one, x="n").kind == "equal"


def test_the_counterexample_is_small_and_can_be_run() -> None:
    verdict = sd.audit(wrong.SoftmaxDiagonal, x="b n")
    example = verdict.findings[0].counterexample
    assert example is not None
    layer = wrong.SoftmaxDiagonal()
    layer.forward(np.array(example.inputs["x"], float))
    dx = layer.backward(np.array(example.inputs["dout"], float))
    place = tuple(int(k) for k in example.element[3:-1].split(","))
    assert dx[place] == example.code
    assert np.size(example.inputs["x"]) <= 4


def test_the_verdict_of_each_gradient_is_its_own() -> None:
    verdict = sd.audit(wrong.MatMulNotScaled, x="b n", W="n m")
    assert {f.argument: f.verdict for f in verdict.findings} == {"x": "equal", "W": "different"}


def test_json_holds_all_that_the_text_says() -> None:
    for subject in (right.Softmax, wrong.SoftmaxDiagonal):
        verdict = sd.audit(subject, x="b n")
        held = json.loads(verdict.json())
        assert held["verdict"] == verdict.kind
        assert held["gradients"][0]["argument"] == "x"
        assert bool(held["gradients"][0]["proof"]) == verdict.ok
        assert held["assumed"] == list(verdict.assumed)


def test_the_same_code_has_the_same_report() -> None:
    for subject in (right.LayerNorm, wrong.LayerNormOneMean):
        given = {"x": "b n", "gamma": "n", "beta": "n"}
        assert sd.audit(subject, **given).text() == sd.audit(subject, **given).text()


class Scaled:
    """x times a mask, and no gradient of the mask; `unused` has none but 0."""

    def forward(self, x, mask, unused):
        self.mask = mask
        return x * mask + 0 * unused

    def backward(self, dout):
        return dout * self.mask, None, None


def test_the_headline_says_for_which_inputs_it_holds() -> None:
    verdict = sd.audit(Scaled, x="n", mask="n", unused="n")
    assert verdict.kind == "equal" and verdict.exit_code == 0
    assert verdict.unjudged == ("mask",)
    assert verdict.text().startswith(
        "Scaled: equal. backward is the derivative of forward with respect to x; it gives no "
        "gradient of mask, and nothing is said about that.\n"
    )
    assert json.loads(verdict.json())["unjudged"] == ["mask"]
    assert any("gradient of unused was found; it is 0" in n for n in verdict.notes)


def test_the_headline_of_what_has_no_other_input_is_plain() -> None:
    assert "derivative of forward.\n" in sd.audit(right.Softmax, x="b n").text()
    labels = sd.integers("b", below="n")
    assert "derivative of forward.\n" in sd.audit(right.CrossEntropy, x="b n", t=labels).text()


def test_a_default_cotangent_is_1_in_every_line() -> None:
    verdict = sd.audit(right.MeanOfProducts, p="b n", x="b n")
    assert verdict.kind == "equal"
    assert not any("dout" in line.equation for line in verdict.code)
    for finding in verdict.findings:
        assert not any("dout" in text(step.after) for step in finding.derivation)
