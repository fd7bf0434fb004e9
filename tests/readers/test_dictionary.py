"""The variable dictionary: what is refused, and that what is shipped fits the other readers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samd_validate.core.cohort import Variable
from samd_validate.core.errors import CannotRun
from samd_validate.readers.eicu.measured import LONG, WIDE
from samd_validate.readers.events.dictionary import (
    Dictionary,
    has_loinc_check_digit,
    load_dictionary,
    shipped_dictionary,
)
from samd_validate.readers.physionet.variables import VARIABLES
from samd_validate.readers.simulation.variables import SIMULATED

HEAD = """schema_version: 1
spellings: {"mm[Hg]": [mmHg]}
conversions:
  - {from: "[degF]", to: Cel, factor: 0.5555555555555556, offset: -17.77777777777778}
variables:
"""
ONE = """  - name: {name}
    label: A label
    loinc: "{loinc}"
    unit: Cel
    limits: {limits}
    aggregate: {aggregate}
    sources: {{mimic_iv: [{{table: chartevents, key: 1, unit: "{unit}"}}{more}]}}
"""
SOUND = {
    "name": "warmth",
    "loinc": "8310-5",
    "limits": "[25, 45]",
    "aggregate": "mean",
    "unit": "[degF]",
    "more": "",
}


def written(place: Path, *changes: dict[str, str]) -> Path:
    path = place / "variables.yaml"
    path.write_text(HEAD + "".join(ONE.format(**SOUND | change) for change in changes))
    return path


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"loinc": "8310-6"}, "check digit"),
        ({"limits": "[45, 25]"}, "limits in the wrong order"),
        ({"unit": "kg"}, "a conversion to 'Cel'"),
        ({"aggregate": "median"}, "aggregate"),
        ({"limits": "[25, x]"}, "limits"),
        ({"more": ", {table: chartevents, key: 1, unit: Cel}"}, "an item twice"),
        ({"more": ", {table: chartevents, key: 2, unit: Cel, part: a}"}, "with and without a part"),
        ({"more": ", {table: chartevents, key: 2, unit: Cel, side: a}"}, "unknown key 'side'"),
    ],
)
def test_fault_is_told_with_its_line(tmp_path: Path, change: dict[str, str], words: str) -> None:
    with pytest.raises(CannotRun) as stopped:
        load_dictionary(written(tmp_path, {}, {"name": "second"} | change))
    assert words in str(stopped.value)
    assert all(problem.where.startswith("variables.yaml:") for problem in stopped.value.problems)


def test_total_beside_its_parts_is_allowed_where_the_last_value_stands(tmp_path: Path) -> None:
    more = ", {table: chartevents, key: 2, unit: Cel, part: a}"
    path = written(tmp_path, {"aggregate": "last", "more": more})
    assert load_dictionary(path).variables[0].parts("mimic_iv") == ("a",)


def test_tables_of_eicu_are_those_its_reader_knows() -> None:
    named = {
        item.table
        for one in shipped_dictionary().variables
        for item in one.sources.get("eicu_crd", ())
    }
    assert named == {"patient", *WIDE, *(one.table for one in LONG)}


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    with pytest.raises(CannotRun) as stopped:
        load_dictionary(written(tmp_path, {"unit": "kg"}, {"limits": "[9, 1]"}))
    found = [problem.found for problem in stopped.value.problems]
    assert len(found) == 3
    assert any("the name a second time" in one for one in found)


def test_variable_that_a_source_lacks_names_the_nearest() -> None:
    with pytest.raises(CannotRun, match="did you mean 'heart_rate'"):
        shipped_dictionary().chosen("mimic_iv", ("heart_rat",))


def test_unit_without_a_way_has_no_conversion(tmp_path: Path) -> None:
    dictionary = load_dictionary(written(tmp_path, {}))
    assert dictionary.conversion(dictionary.variables[0], "kg") is None


@settings(deadline=None)
@given(st.floats(-60, 60))
def test_fahrenheit_comes_to_celsius(celsius: float) -> None:
    dictionary = shipped_dictionary()
    (one,) = dictionary.chosen("mimic_iv", ("temperature",))
    way = dictionary.conversion(one, dictionary.ucum("°F"))
    assert way is not None
    assert way.factor * (celsius * 9 / 5 + 32) + way.offset == pytest.approx(celsius, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "unit", "value", "expected"),
    [
        ("creatinine", "umol/L", 88.42, 1.0),  # conversion of the SI tables of clinical chemistry
        ("glucose", "mmol/L", 5.551, 100.0),
        ("bilirubin", "umol/L", 17.1, 1.0),
        ("haemoglobin", "mmol/L", 6.206, 10.0),
        ("bun", "mmol/L", 0.357, 1.0),
        ("cholesterol", "mmol/L", 2.586, 100.0),
        ("calcium", "mmol/L", 2.495, 10.0),
        ("phosphate", "mmol/L", 0.3229, 1.0),
        ("magnesium", "mmol/L", 0.4114, 1.0),
        ("lactate", "mg/dL", 9.008, 1.0),
        ("pao2", "kPa", 13.332, 100.0),
        ("fio2", "%", 40, 0.4),
        ("weight", "[lb_av]", 100, 45.36),
        ("albumin", "g/L", 35, 3.5),
        ("troponin_t", "ng/L", 14, 0.014),
    ],
)
def test_conversion_agrees_with_published_factors(
    name: str, unit: str, value: float, expected: float
) -> None:
    dictionary = shipped_dictionary()
    one = next(one for one in dictionary.variables if one.name == name)
    way = dictionary.conversion(one, unit)
    assert way is not None
    assert way.factor * value + way.offset == pytest.approx(expected, rel=2e-3)


def by_name(dictionary: Dictionary) -> dict[str, Variable]:
    return {one.name: one.variable() for one in dictionary.variables}


def test_variables_of_the_challenge_have_the_same_name_unit_and_limits() -> None:
    known = by_name(shipped_dictionary())
    for one in VARIABLES:
        assert known[one.name].unit == one.unit
        assert (known[one.name].low, known[one.name].high) == (one.low, one.high)


@pytest.mark.parametrize("source", ["mimic_iv", "eicu_crd"])
def test_simulated_variables_are_those_of_the_dictionary_and_can_be_written(source: str) -> None:
    for one in SIMULATED:
        assert one.entry.items(source, one.entry.sources[source][0].table)
        low, high = one.entry.limits
        assert low <= one.usual <= high


def test_limits_are_plausible_themselves() -> None:
    for one in shipped_dictionary().variables:
        assert np.isfinite(one.limits).all()
        assert one.loinc is None or has_loinc_check_digit(one.loinc)
