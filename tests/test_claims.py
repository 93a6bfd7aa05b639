import json

import pytest

from progtx_core.tools.claims import METADATA_KEY, ClaimFailed, Claims
from progtx_core.tools.execution import defaults_of

CHAPTER = "01_logistic_regression"


@pytest.fixture
def defaults():
    return defaults_of(CHAPTER)


@pytest.mark.parametrize(
    ("value", "bounds", "holds"),
    [
        (0.98, {"at_least": 0.98}, True),
        (0.979, {"at_least": 0.98}, False),
        (0.6, {"at_most": 0.6}, True),
        (0.61, {"at_most": 0.6}, False),
        (0.5, {"at_least": 0.4, "at_most": 0.6}, True),
        (0.3, {"at_least": 0.4, "at_most": 0.6}, False),
        (float("nan"), {"at_least": 0}, False),
        (float("nan"), {"at_most": 0}, False),
    ],
)
def test_a_judged_claim_holds_or_raises(defaults, shown, value, bounds, holds):
    claims = Claims(CHAPTER, defaults)
    assert not claims.why_not
    if holds:
        claims.check("it works", value, **bounds)
        assert claims.summary() == "1 of 1 claims hold"
    else:
        with pytest.raises(ClaimFailed, match="claim FAILS: it works .* measured"):
            claims.check("it works", value, **bounds)
    assert claims.made[0].verdict == ("holds" if holds else "FAILS")


def test_other_parameters_are_not_judged_and_say_why(defaults, shown):
    claims = Claims(CHAPTER, {**defaults, "steps": 7})
    claims.check("it works", 0.0, at_least=0.98)
    assert claims.made[0].verdict == "not judged"
    assert claims.summary() == "1 claims, none judged: steps is 7, by default 600"
    missing = Claims(CHAPTER, {k: v for k, v in defaults.items() if k != "seed"})
    assert "seed is None" in missing.why_not


def test_a_row_holds_no_measured_digits_but_its_metadata_does(defaults, shown):
    Claims(CHAPTER, defaults).check("a < b & c", 0.987654, at_least=0.5)
    (data, kwargs) = shown[0]
    assert data["text/plain"] == "claim holds: a < b & c (≥ 0.5)"
    assert "a &lt; b &amp; c" in data["text/html"]
    assert "98" not in data["text/plain"] + data["text/html"]
    recorded = kwargs["metadata"][METADATA_KEY]
    assert json.loads(json.dumps(recorded))["value"] == 0.987654


def test_a_claim_needs_a_bound(defaults, shown):
    with pytest.raises(ValueError, match="needs at_least or at_most"):
        Claims(CHAPTER, defaults).check("it works", 1.0)
    assert not shown


@pytest.mark.parametrize("parameters", [None, ["seed"], "globals"])
def test_what_holds_no_parameters_is_refused(parameters):
    with pytest.raises(TypeError, match="parameters must be of the class dict"):
        Claims("01_logistic_regression", parameters)
