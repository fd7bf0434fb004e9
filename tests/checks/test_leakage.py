"""Leakage gate: what is planted is counted, what is clean counts 0, what is not run is no pass."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from leaky import PLAN, MeanModel, appended, hospital, joined, lactate_mean, study

from samd_validate.checks.leakage import MEASURES, LeakageParams, leakage
from samd_validate.checks.leaks.words import outcome_meaning
from samd_validate.checks.model_leakage import MEASURES as OF_MODEL
from samd_validate.checks.model_leakage import ModelLeakageParams, model_leakage
from samd_validate.core.cohort import Cohort, Provenance, Variable
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.inputs import Inputs, Part, Population

pytestmark = pytest.mark.requirement("REQ-DATA-INDEPENDENCE")
HOME, AWAY = hospital("riverside", 1), hospital("hillcrest", 2)
PARAMS, AFTER = LeakageParams(), ModelLeakageParams(stays=100)


def gate(inputs: Inputs, population: str = "away") -> dict[str, Measurement]:
    seen = leakage.run("leakage", inputs, PARAMS).findings
    seen += model_leakage.run("model_leakage", inputs, AFTER).findings
    return {f.measure: f.measurement for f in seen if f.population == population}


def count(measurement: Measurement) -> float:
    assert isinstance(measurement, Estimate), measurement
    return measurement.value


def rows(unit: list[int], time: list[float], variable: int = 0) -> dict[str, np.ndarray]:
    return {
        "unit_index": np.array(unit, dtype=np.int32),
        "time_hours": np.array(time, dtype=np.float32),
        "variable_index": np.full(len(unit), variable, dtype=np.int16),
        "value": np.full(len(unit), 80, dtype=np.float32),
    }


def test_what_cannot_be_run_on_predictions_alone_is_no_number_with_a_reason() -> None:
    whole = study(HOME, AWAY)
    found = gate(replace(whole, model=None, development=None, tuning=None))
    for measure in ("predictions_moved_by_truncation", "preprocessing_beyond_development"):
        assert isinstance(found[measure], NotEstimable)
        assert "cannot be run" in found[measure].reason
    assert isinstance(found["patients_in_two_parts"], NotEstimable)
    assert found["patients_in_two_parts"].code == "no_other_part"


def test_source_without_times_of_storage_or_outcome_leaves_rows_without_a_number() -> None:
    assert AWAY.series is not None
    untold = replace(AWAY, series=replace(AWAY.series, stored_hours=None), numbers={})
    found = gate(study(HOME, untold))
    for measure, code in (
        ("events_stored_late", "no_storage_time"),
        ("intervals_past_prediction", "no_end_time"),
        ("events_after_outcome", "no_outcome_time"),
        ("outcomes_before_prediction", "no_outcome_time"),
    ):
        assert isinstance(found[measure], NotEstimable)
        assert found[measure].code == code


def test_cohort_without_measurements_over_time_is_looked_at_as_far_as_it_goes() -> None:
    bare = replace(AWAY, series=None)
    whole = study(HOME, AWAY)
    population = replace(whole.populations[0], cohort=bare)
    found = gate(replace(whole, populations=(population,)))
    for measure in ("duplicate_patients", "events_after_prediction"):
        assert isinstance(found[measure], NotEstimable)
    assert isinstance(found["predictions_moved_by_truncation"], NotEstimable)
    assert count(found["patients_in_two_parts"]) == 0


def test_model_that_shows_no_preprocessing_is_not_assessed_there() -> None:
    class Box:
        name = "box"
        card: dict[str, object] = {}  # noqa: RUF012

        def predict(self, cohort: Cohort) -> np.ndarray:
            return np.full(cohort.size, 0.5)

        def artefact(self) -> bytes:
            return b""

    found = gate(replace(study(HOME, AWAY), model=Box()))
    measured = found["preprocessing_beyond_development"]
    assert isinstance(measured, NotEstimable)
    assert measured.code == "not_shown"
    assert count(found["predictions_moved_by_truncation"]) == 0


def test_clean_study_counts_nothing_and_every_measure_has_a_row() -> None:
    found = gate(study(HOME, AWAY))
    assert set(found) == {*MEASURES, *OF_MODEL}
    numbers = {name: one for name, one in found.items() if isinstance(one, Estimate)}
    strongest = numbers.pop("strongest_single_auroc")
    assert 0.5 < strongest.low < strongest.value < 0.95
    assert len(numbers) == 13
    assert {name for name, one in numbers.items() if one.value} == set()


def test_patients_stays_and_sites_of_development_in_the_external_set_are_counted() -> None:
    inputs = study(HOME, AWAY)
    assert inputs.development is not None
    taken = inputs.development.take(np.arange(7))
    found = gate(study(HOME, joined(AWAY, taken)))
    assert count(found["patients_in_two_parts"]) == np.unique(taken.patient_id).size
    assert count(found["stays_in_two_parts"]) == 7
    assert count(found["sites_in_two_parts"]) == 1


def test_same_patient_under_another_name_at_the_other_site_is_found() -> None:
    taken = HOME.take(np.arange(9))
    renamed = replace(
        taken,
        unit_id=np.array([f"x{i}" for i in range(9)]),
        patient_id=np.array([f"y{i}" for i in range(9)]),
        site=np.full(9, "hillcrest"),
    )
    found = gate(study(HOME, joined(AWAY, renamed)))
    assert count(found["duplicate_patients"]) == 9
    assert count(found["patients_in_two_parts"]) == 0


def test_twin_of_another_age_is_another_patient() -> None:
    taken = HOME.take(np.arange(9))
    renamed = replace(
        taken,
        unit_id=np.array([f"x{i}" for i in range(9)]),
        patient_id=np.array([f"y{i}" for i in range(9)]),
        numbers={**taken.numbers, "age_years": taken.numbers["age_years"] + 1},
    )
    assert count(gate(study(HOME, joined(AWAY, renamed)))["duplicate_patients"]) == 0


def test_rows_at_and_after_the_prediction_time_are_counted_by_variable() -> None:
    late = appended(AWAY, rows([0, 0, 1], [24.0, 24.5, 30.0]))
    found = gate(study(HOME, late))
    assert count(found["events_after_prediction"]) == 2
    assert count(found["events_at_prediction"]) == 1
    assert AWAY.series is not None
    name = AWAY.series.variables[0].name
    assert f"{name} 2" in found["events_after_prediction"].note  # type: ignore[union-attr]


def test_values_stored_late_and_intervals_running_past_the_prediction_are_counted() -> None:
    series = AWAY.series
    assert series is not None
    stored = np.where(np.arange(series.value.size) < 11, 25.0, series.time_hours)
    until = np.where(np.arange(series.value.size) < 6, 30.0, np.nan)
    told = replace(AWAY, series=replace(series, stored_hours=stored, until_hours=until))
    found = gate(study(HOME, told))
    assert count(found["events_stored_late"]) == 11
    assert count(found["intervals_past_prediction"]) == 6


def test_outcome_that_was_there_before_the_prediction_is_counted() -> None:
    died = np.flatnonzero(AWAY.label == 1)
    hours = np.full(AWAY.size, np.nan)
    hours[died] = 100.0
    hours[died[:3]] = 5.0
    found = gate(study(HOME, replace(AWAY, numbers={**AWAY.numbers, "outcome_hours": hours})))
    assert AWAY.series is not None
    early = np.isin(AWAY.series.unit_index, died[:3]) & (AWAY.series.time_hours >= 5)
    assert count(found["outcomes_before_prediction"]) == 3
    assert count(found["events_after_outcome"]) == early.sum() > 0


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("hospital_expire_flag", "death"),
        ("deathtime", "death"),
        ("Brain dead", "death"),
        ("Comfort Measures Only", "end-of-life care"),
        ("HOSPICE-HOME", "end-of-life care"),
        ("Do-not-resuscitate", "end-of-life care"),
        ("withdrawal of support", "end-of-life care"),
        ("icu_los", "known at discharge only"),
        ("dischtime", "known at discharge only"),
        ("J96.0, Z66", "diagnosis code of death or end-of-life care"),
    ],
)
def test_words_that_tell_of_the_outcome(text: str, meaning: str) -> None:
    assert outcome_meaning(text) == meaning


@pytest.mark.parametrize(
    "text",
    ["close", "lactate", "dead space", "Expired tidal volume", "end_expiratory_pressure", "dose",
     "predicted mortality", "emergency", "losartan", "code blue kit"],
)  # fmt: skip
def test_innocent_words_are_left_alone(text: str) -> None:
    assert outcome_meaning(text) == ""


def test_outcome_under_a_telling_name_and_under_an_innocent_one_are_found() -> None:
    leaky = replace(
        AWAY,
        numbers={**AWAY.numbers, "note_length": AWAY.label * 10.0},
        groups={**AWAY.groups, "went_to": np.where(AWAY.label == 1, "hospice", "home")},
    )
    inputs = study(HOME, leaky, MeanModel(shows=False))
    found = gate(inputs)
    assert count(found["inputs_naming_outcome"]) == 1
    assert count(found["near_perfect_inputs"]) == 2
    output = leakage.run("leakage", inputs, PARAMS)
    (names,) = [table for table in output.tables if table.id == "leakage-names-away"]
    assert names.rows == (("went_to", "hospice", "end-of-life care"),)


def test_column_that_the_device_does_not_use_is_not_its_leak() -> None:
    leaky = replace(AWAY, numbers={**AWAY.numbers, "died": AWAY.label * 1.0})
    found = gate(study(HOME, leaky))
    assert count(found["inputs_naming_outcome"]) == count(found["near_perfect_inputs"]) == 0


def test_label_of_a_variable_is_read_too() -> None:
    series = AWAY.series
    assert series is not None
    named = (Variable(name="v1", unit="1", low=0, high=1, label="Comfort care"),)
    told = replace(series, variables=(*series.variables[:-1], *named))
    found = gate(study(HOME, replace(AWAY, series=told), MeanModel(shows=False)))
    assert count(found["inputs_naming_outcome"]) == 1


def test_model_that_reads_past_the_prediction_is_caught_even_on_a_clean_series() -> None:
    found = gate(study(HOME, AWAY, MeanModel(looks_ahead=True)))
    moved = found["predictions_moved_by_truncation"]
    assert moved.n == 100
    assert count(moved) > 90  # a value drawn may equal the mean
    assert count(found["events_after_prediction"]) == 0


def test_preprocessing_learned_on_all_data_is_caught() -> None:
    everything = lactate_mean(HOME, AWAY)["lactate:mean"]
    found = gate(study(HOME, AWAY, MeanModel(mean=everything)))
    assert count(found["preprocessing_beyond_development"]) == 1


def test_second_run_gives_the_same_findings() -> None:
    inputs = study(HOME, AWAY)
    assert leakage.run("l", inputs, PARAMS) == leakage.run("l", inputs, PARAMS)
    assert model_leakage.run("m", inputs, AFTER) == model_leakage.run("m", inputs, AFTER)


def test_gate_before_training_sees_what_it_sees_after_and_ranks_no_test_label() -> None:
    after = study(HOME, AWAY)
    assert after.tuning is not None
    before = Inputs(
        populations=(),
        intervals=PLAN,
        development=after.development,
        unscored=(
            Part(name="tuning", cohort=after.tuning.cohort),
            Part(name="away", cohort=AWAY, is_external=True),
        ),
        declared=frozenset({"lactate"}),
    )
    early = leakage.run("l", before, PARAMS)
    assert early.findings == leakage.run("l", after, PARAMS).findings
    ranked = {f.population for f in early.findings if f.measure == "strongest_single_auroc"}
    assert ranked == {"development"}


def test_twin_of_the_outcome_in_the_development_part_is_found_before_training() -> None:
    leaky = replace(HOME, numbers={**HOME.numbers, "note_length": HOME.label * 10.0})
    inputs = replace(study(leaky, AWAY), model=None, declared=frozenset({"note_length"}))
    found = gate(inputs, "development")
    assert count(found["near_perfect_inputs"]) == 1


def test_published_split_of_radiographs_that_shares_patients_is_caught(shared: Path) -> None:
    """PROVENANCE of the subset: 8 patients in train and test, 15 in train and valid."""
    images = sorted((shared / "data/nih-chestxray14-subset/images_64px").glob("*/*/*.png"))
    parts = {}
    for part in ("train", "valid", "test"):
        mine = [path for path in images if path.parts[-3] == part]
        parts[part] = Cohort(
            name=part,
            unit_id=np.array([path.stem for path in mine]),
            patient_id=np.array([path.stem.split("_")[0] for path in mine]),
            site=np.full(len(mine), "NIH"),
            label=np.array([path.parts[-2] == "1_abnormal" for path in mine]),
            provenance=Provenance(source="", title="", licence="", citation="", fingerprint=""),
        )
    for part, expected in (("test", 8), ("valid", 15)):
        score = np.full(parts[part].size, 0.5)
        population = Population(name=part, cohort=parts[part], score=score)
        inputs = Inputs(populations=(population,), intervals=PLAN, development=parts["train"])
        assert count(gate(inputs, part)["patients_in_two_parts"]) == expected
