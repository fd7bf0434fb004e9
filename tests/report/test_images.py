"""A report on images speaks of images and lesions, one on stays of stays and events."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest
from example_records import finding, number

from samd_validate.core.bundle import Bundle
from samd_validate.report.build import Numbers
from samd_validate.report.closing import limitations
from samd_validate.report.opening import summary
from samd_validate.report.people import populations
from samd_validate.report.results import step_section


@pytest.fixture(scope="module")
def of_images(bundle: Bundle) -> Bundle:
    """Return the record of a run as if its units were images, with a check of their masks."""
    cohorts = tuple(
        replace(one, flow=tuple(replace(row, counted="images") for row in one.flow))
        for one in bundle.cohorts
    )
    plain = replace(number(0.9, 0.02, n=40), n_events=None)
    lesions = replace(number(0.7, 0.1, n=40), n_events=51)
    found = (
        finding("discrimination", "dice", "test", plain),
        finding("discrimination", "lesion_sensitivity", "test", lesions),
    )
    criterion = replace(bundle.criteria[0], finding=found[1].key)
    return replace(bundle, cohorts=cohorts, findings=found, criteria=(criterion,))


def words(part: object) -> str:
    return json.dumps(asdict(part), default=str, ensure_ascii=False)  # type: ignore[call-overload]


def test_summary_of_a_device_that_marks_images(of_images: Bundle) -> None:
    text = words(summary(of_images, Numbers()))
    assert " marks: " in text
    assert " images of " in text
    assert "lesions 51" in text
    assert " stays of " not in text
    assert " predicts: " not in text


def test_summary_of_a_device_that_predicts_for_stays(bundle: Bundle) -> None:
    text = words(summary(bundle, Numbers()))
    assert " predicts: " in text
    assert " stays of " in text
    assert " images" not in text


def test_counts_by_part_name_images_or_units(bundle: Bundle, of_images: Bundle) -> None:
    for one, expected in (
        (of_images, "Images, patients and outcomes"),
        (bundle, "Units, patients"),
    ):
        assert expected in words(populations(one, (), Numbers()))


def test_table_of_findings_has_a_column_of_events_only_where_there_are_any(
    of_images: Bundle,
) -> None:
    step = next(one for one in of_images.steps if one.id == "discrimination")
    only_dice = replace(of_images, findings=of_images.findings[:1])
    assert '"Lesions"' in words(step_section(step, of_images, Numbers()))
    text = words(step_section(step, only_dice, Numbers()))
    assert '"Lesions"' not in text
    assert '"Events"' not in text


def test_few_lesions_are_called_lesions_among_the_limitations(of_images: Bundle) -> None:
    text = words(limitations(of_images))
    assert "Fewer than 100 lesions" in text
    assert "Fewer than 100 events" not in text
