"""Words that no run can support are found; what denies, quotes or tests them is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from samd_validate.core.claims import claims_in, texts_of
from samd_validate.protocol.folders import shipped

pytestmark = pytest.mark.requirement("SW-REPORT-CLAIMS")


@pytest.mark.parametrize(
    "words",
    [
        "An FDA approved device.",
        "FDA-cleared software",
        "cleared by the FDA in 2024",
        "It is CE marked.",
        "The device has a CE mark.",
        "Fully compliant with the MDR.",
        "It complies with ISO 14971.",
        "Safe and effective.",
        "Not only fast, but safe.",
        "Clinically proven.",
        "An unbiased device, free of bias.",
        "Performance was significantly better.",
        'The "FDA cleared" device.',
        "\uff26\uff24\uff21 approved",
        "It has no alarms. It is safe.",
    ],
)
def test_claim_is_found(words: str) -> None:
    assert claims_in(words)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "Unsafe use is a hazard to patient safety; safeguards exist.",
        "A thread-safe reader, safe harbor rules, on the safe side.",
        "It is neither FDA approved nor CE marked.",
        "No state says that the device is compliant.",
        "Whether it is safe is for the manufacturer to show.",
        "Non-compliant files are refused.",
        "The difference was statistically significant (p = 0.03).",
        "No significant difference was expected.",
        "Rounded to three significant figures.",
        "An unbiased estimator of the variance, and an unbiased estimate.",
        "Provenance of unproven data.",
        'The rule says "devices shall be safe and effective for their use".',
        "Submission to the FDA; the CE marking procedure is planned.",
        "It isn't safe to use below 18 years.",
    ],
)
def test_denial_quotation_or_other_sense_is_no_claim(words: str) -> None:
    assert claims_in(words) == ()


def test_each_claim_says_what_to_write_instead() -> None:
    (claim,) = claims_in("The device is FDA approved.")
    assert claim.found == "FDA approved"
    assert "submission" in claim.instead


def test_list_of_what_a_device_is_not_for_is_not_read() -> None:
    assert list(texts_of({"not_for": ["safe"], "b": {"c": ["d"]}})) == [(("b", "c", 0), "d")]


@pytest.mark.parametrize("name", sorted(one.name for one in shipped("protocols").glob("*.yaml")))
def test_protocol_of_the_project_claims_nothing(name: str) -> None:
    content = yaml.safe_load((shipped("protocols") / name).read_text())
    assert [claims_in(text) for _, text in texts_of(content) if claims_in(text)] == []


def _words_of_the_project() -> list[Path]:
    package = Path(__file__).parents[2] / "samd_validate"
    printed = [*(package / "checks").rglob("*.py"), *(package / "report").rglob("*.py")]
    return [*printed, *(package / "models").rglob("*.py"), *shipped("templates").iterdir()]


def test_own_templates_and_texts_claim_nothing() -> None:
    assert len(_words_of_the_project()) > 50
    for path in _words_of_the_project():
        text = path.read_text(encoding="utf-8").replace("|safe", "")
        found = [claims_in(" ".join(part.split())) for part in re.split(r"\n\s*\n", text)]
        assert not any(found), f"{path.name}: {[one for one in found if one]}"
