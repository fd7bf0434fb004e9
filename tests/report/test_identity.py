"""What headers tell of identity is in the report by name and count."""

from __future__ import annotations

from dataclasses import replace

import pytest

from samd_validate.core.bundle import Bundle
from samd_validate.report.build import Numbers
from samd_validate.report.identity import identity
from samd_validate.report.tree import Grid, Paragraph, Section
from samd_validate.report.words import count_words

pytestmark = pytest.mark.requirement("REQ-ETHICS-PRIVACY")


def section(bundle: Bundle, **accounts: object) -> Section | None:
    attachments = {f"identity_{name}": account for name, account in accounts.items()}
    return identity(replace(bundle, attachments=attachments), Numbers())


def account(*attributes: tuple[str, int, int]) -> dict[str, object]:
    named = [
        {"name": name, "images": n, "images_not_marked_as_removed": bare}
        for name, n, bare in attributes
    ]
    stated = {"yes": 1, "no": 0, "not_told": 1200}
    return {
        "attributes": named,
        "patient_identity_removed": stated,
        "burned_in_annotation": stated,
    }


def test_run_without_headers_has_no_such_section(bundle: Bundle) -> None:
    assert section(bundle) is None


def test_attributes_stand_beside_each_other_by_data_set(bundle: Bundle) -> None:
    first, second = (cohort.id for cohort in bundle.cohorts[:2])
    told = {
        first: account(("PatientName", 1201, 1200), ("StudyDate", 5, 0)),
        second: account(("StudyDate", 7, 7)),
    }
    made = section(bundle, **told)
    assert made is not None
    grids = [block for block in made.blocks if isinstance(block, Grid)]
    rows = [[[cell.text for cell in row] for row in one.rows] for one in grids]
    assert rows[0][0] == [first, "Identity of the patient removed", "1", "0", count_words(1200)]
    many = f"{count_words(1201)} ({count_words(1200)})"
    assert rows[1] == [["PatientName", many, "0 (0)"], ["StudyDate", "5 (0)", "7 (7)"]]


def test_headers_that_tell_nothing_are_said_to(bundle: Bundle) -> None:
    made = section(bundle, **{bundle.cohorts[0].id: account()})
    assert made is not None
    assert isinstance(made.blocks[-1], Paragraph)
    assert "No identifying attribute" in made.blocks[-1].text
