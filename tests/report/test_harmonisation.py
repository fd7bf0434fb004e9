"""Variables by data set: what was found, converted, missing, and what nobody told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from samd_validate.core.bundle import Bundle
from samd_validate.report.build import Numbers
from samd_validate.report.harmonisation import harmonisation
from samd_validate.report.tree import Grid, Paragraph, Section

pytestmark = pytest.mark.requirement("REQ-DATA-QUALITY")


def variable(name: str, used: int, lost: int = 0, status: str = "found") -> dict[str, object]:
    reasons = {"outside plausible limits": lost} if lost else {}
    return {
        "name": name,
        "unit": "Cel" if name == "temperature" else "/min",
        "loinc": "8310-5",
        "status": status,
        "values_used": used,
        "values_not_used": reasons,
    }


def item(name: str, factor: float | None = 1.0, **more: object) -> dict[str, object]:
    return {
        "variable": name,
        "table": "chartevents",
        "item": 223761,
        "unit_written": "°F",
        "unit_assumed": None,
        "unit": "Cel",
        "rows_in_table": 1234,
        "factor": factor,
        "offset": 0.0,
        **more,
    }


def told(*variables: object, items: tuple[object, ...] = ()) -> dict[str, object]:
    return {"dictionary": "sha256:0", "variables": list(variables), "items": list(items)}


def section(bundle: Bundle, **accounts: object) -> Section:
    attachments = {f"harmonisation_{name}": account for name, account in accounts.items()}
    made = harmonisation(replace(bundle, attachments=attachments), Numbers())
    assert made is not None
    return made


def cells(part: Section, name: str) -> list[list[str]]:
    (table,) = [block for block in part.blocks if isinstance(block, Grid) and block.id == name]
    return [[cell.text for cell in row] for row in table.rows]


def test_run_in_which_no_reader_told_has_no_such_section(bundle: Bundle) -> None:
    assert harmonisation(bundle, Numbers()) is None


def test_data_set_that_tells_nothing_is_named(bundle: Bundle) -> None:
    part = section(bundle, hospital_a=told(variable("temperature", 10)))
    words = [block.text for block in part.blocks if isinstance(block, Paragraph)]
    assert "Without an account of its variables: hospital_b." in words


def test_found_converted_missing_and_not_asked_for_stand_side_by_side(bundle: Bundle) -> None:
    fahrenheit = item("temperature", 0.5556, offset=-17.78)
    part = section(
        bundle,
        hospital_a=told(
            variable("temperature", 1000, 30), variable("pulse", 9), items=(fahrenheit,)
        ),
        hospital_b=told(variable("temperature", 0, status="missing")),
    )
    assert cells(part, "harmonisation") == [
        ["temperature", "Cel", "8310-5", "converted: 1\u202f000 (30 not)", "missing"],
        ["pulse", "/min", "8310-5", "found: 9", "not asked for"],
    ]
    (row,) = cells(part, "items-hospital_a")
    assert row[3:6] == ["°F", "Cel", "× 0.5556 − 17.78"]


def test_unit_without_a_conversion_is_shown_as_not_used(bundle: Bundle) -> None:
    strange = item("temperature", None, unit_written="K", offset=None)
    part = section(bundle, hospital_a=told(variable("temperature", 0, 8), items=(strange,)))
    (row,) = cells(part, "items-hospital_a")
    assert row[5] == "no conversion, not used"


def test_unit_assumed_to_be_another_is_shown_and_the_dictionarys_own_is_counted(
    bundle: Bundle,
) -> None:
    bare = {"unit_written": None, "unit": "Cel"}
    other = item("temperature", 0.5556, unit_assumed="[degF]", **bare)
    part = section(bundle, hospital_a=told(variable("temperature", 1), items=(other,)))
    (row,) = cells(part, "items-hospital_a")
    assert row[3] == "none, taken as [degF]"
    own = item("temperature", unit_assumed="Cel", **bare)
    part = section(bundle, hospital_a=told(variable("temperature", 1), items=(own,)))
    words = [block.text for block in part.blocks if isinstance(block, Paragraph)]
    assert any("1 of them state none in their rows" in text for text in words)
