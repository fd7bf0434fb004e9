"""The verdict on explanations beside their pictures: failed, not assessed, passed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from samd_validate.core.bundle import Bundle, StepRecord
from samd_validate.core.finding import Figure
from samd_validate.core.verdict import Criterion, Outcome, Verdict
from samd_validate.report.build import Numbers
from samd_validate.report.results import explanations
from samd_validate.report.sanity import sanity_of
from samd_validate.report.tree import Paragraph, Picture


def step(name: str) -> StepRecord:
    return StepRecord(
        id=name,
        check=name,
        version=1,
        status="ran",
        why="",
        params={},
        doc="Say it.",
        requirements=("REQ-EXPLANATION",),
    )


def judged(bundle: Bundle, *outcomes: Outcome, tested: bool = True) -> Bundle:
    """Return a record with an explanation, its test, and a criterion for each outcome."""
    picture = Figure(
        id="gradcam-map",
        kind="bars",
        title="t",
        caption="A map.",
        alt="a",
        content={"rows": [{"label": "a", "value": 1.0}]},
    )
    criteria = tuple(
        Criterion(
            id=f"c{number}",
            finding="saliency_sanity/deletion_gain/test/all/device",
            at_least=0,
            rationale="r",
            requirements=("REQ-EXPLANATION",),
        )
        for number in range(len(outcomes))
    )
    verdicts = tuple(
        Verdict(criterion=one.id, outcome=outcome, because="b")
        for one, outcome in zip(criteria, outcomes, strict=True)
    )
    steps = (step("gradcam"), *((step("saliency_sanity"),) if tested else ()))
    return replace(bundle, steps=steps, figures=(picture,), criteria=criteria, verdicts=verdicts)


@pytest.mark.parametrize(
    ("outcomes", "tested", "short", "words"),
    [
        ((), False, "not assessed", "did not test"),
        ((), True, "not assessed", "no criterion"),
        ((Outcome.PASS, Outcome.FAIL), True, "fail", "do not rely"),
        ((Outcome.PASS, Outcome.NOT_ASSESSED), True, "not assessed", "alone"),
        ((Outcome.PASS, Outcome.INCONCLUSIVE), True, "inconclusive", "alone"),
        ((Outcome.PASS, Outcome.PASS), True, "pass", "pass: c0, pass: c1"),
    ],
)
@pytest.mark.requirement("REQ-EXPLANATION")
def test_worst_verdict_stands_above_and_below_the_picture(
    bundle: Bundle, outcomes: tuple[Outcome, ...], tested: bool, short: str, words: str
) -> None:
    here = judged(bundle, *outcomes, tested=tested)
    section = explanations(here, here.steps, Numbers()).sections[0]
    said = [one for one in section.blocks if isinstance(one, Paragraph) and "Sanity" in one.text]
    assert len(said) == 1
    assert words in said[0].text
    assert said[0].look == ("note" if short == "pass" else "warning")
    (shown,) = [one for one in section.blocks if isinstance(one, Picture)]
    assert shown.figure.caption == f"A map. Sanity of the explanation: {short}."


def test_step_that_explains_nothing_has_no_such_verdict(bundle: Bundle) -> None:
    assert sanity_of(step("discrimination"), bundle) is None
