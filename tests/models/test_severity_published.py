"""Severity scores against their published tables, worked cases, and the Challenge."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from severity_ward import SCORES, UNITS, at, component, fitted, points, ward
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from samd_validate.core.cohort import Cohort
from samd_validate.core.kinds import ReadRequest
from samd_validate.models import oasis, saps_i, saps_ii
from samd_validate.models.severity.components import (
    Component,
    Level,
    Number,
    OxygenRatio,
    Total,
    UnlessVentilated,
    Ventilation,
    Worst,
)
from samd_validate.models.severity.first_day import first_day
from samd_validate.models.severity.model import total
from samd_validate.protocol.folders import ROOT
from samd_validate.readers.physionet_2012 import Physionet2012Params, physionet_2012

# bands as published: Le Gall 1984 table 1, Le Gall 1993 figure 1, Johnson 2013 table 2.
# one value inside each band and the values on its edges, read from the tables by hand
BY_HAND = [
    ("saps_i", "heart", "heart_rate", {180: 4, 179: 3, 140: 3, 139: 2, 110: 2, 109: 0, 70: 0,
                                       69: 2, 55: 2, 54: 3, 40: 3, 39: 4}),
    ("saps_i", "systolic", "sbp", {190: 4, 189: 2, 150: 2, 149: 0, 80: 0, 79: 2, 55: 2, 54: 4}),
    ("saps_i", "temperature", "temperature", {41: 4, 40.9: 3, 39: 3, 38.9: 1, 38.5: 1, 38.4: 0,
                                              36: 0, 35.9: 1, 34: 1, 33.9: 2, 32: 2, 31.9: 3,
                                              30: 3, 29.9: 4}),
    ("saps_i", "respiration", "resp_rate", {50: 4, 49: 3, 35: 3, 34: 1, 25: 1, 24: 0, 12: 0,
                                            11: 1, 10: 1, 9: 2, 6: 2, 5: 4}),
    ("saps_i", "urine", "urine_output", {5001: 2, 5000: 1, 3500: 1, 3499: 0, 700: 0, 699: 2,
                                         500: 2, 499: 3, 200: 3, 199: 4}),
    ("saps_i", "urea", "bun", {155: 4, 153: 3, 101: 3, 100: 2, 82: 2, 81: 1, 21.1: 1, 20.9: 0,
                               9.9: 0, 9.7: 1}),
    ("saps_i", "haematocrit", "haematocrit", {60: 4, 59.9: 2, 50: 2, 49.9: 1, 46: 1, 45.9: 0,
                                              30: 0, 29.9: 2, 20: 2, 19.9: 4}),
    ("saps_i", "white", "wbc", {40: 4, 39.9: 2, 20: 2, 19.9: 1, 15: 1, 14.9: 0, 3: 0, 2.9: 2,
                                1: 2, 0.9: 4}),
    ("saps_i", "glucose", "glucose", {802: 4, 800: 3, 501: 3, 500: 1, 253: 1, 252: 0, 71: 0,
                                      70: 2, 51: 2, 50: 3, 29: 3, 28: 4}),
    ("saps_i", "potassium", "potassium", {7: 4, 6.9: 3, 6: 3, 5.9: 1, 5.5: 1, 5.4: 0, 3.5: 0,
                                          3.4: 1, 3: 1, 2.9: 2, 2.5: 2, 2.4: 4}),
    ("saps_i", "sodium", "sodium", {180: 4, 179: 3, 161: 3, 160: 2, 156: 2, 155: 1, 151: 1,
                                    150: 0, 130: 0, 129: 2, 120: 2, 119: 3, 110: 3, 109: 4}),
    ("saps_i", "bicarbonate", "bicarbonate", {40: 3, 39.9: 1, 30: 1, 29.9: 0, 20: 0, 19.9: 1,
                                              10: 1, 9.9: 3, 5: 3, 4.9: 4}),
    ("saps_i", "Glasgow", "gcs", {15: 0, 13: 0, 12: 1, 10: 1, 9: 2, 7: 2, 6: 3, 4: 3, 3: 4}),
    ("saps_ii", "heart", "heart_rate", {39: 11, 40: 2, 69: 2, 70: 0, 119: 0, 120: 4, 159: 4,
                                        160: 7}),
    ("saps_ii", "systolic", "sbp", {69: 13, 70: 5, 99: 5, 100: 0, 199: 0, 200: 2}),
    ("saps_ii", "temperature", "temperature", {38.9: 0, 39: 3}),
    ("saps_ii", "urine", "urine_output", {499: 11, 500: 4, 999: 4, 1000: 0}),
    ("saps_ii", "urea", "bun", {27.9: 0, 28: 6, 83: 6, 84: 10}),
    ("saps_ii", "white", "wbc", {0.9: 12, 1: 0, 19.9: 0, 20: 3}),
    ("saps_ii", "potassium", "potassium", {2.9: 3, 3: 0, 4.9: 0, 5: 3}),
    ("saps_ii", "sodium", "sodium", {124: 5, 125: 0, 144: 0, 145: 1}),
    ("saps_ii", "bicarbonate", "bicarbonate", {14: 6, 15: 3, 19: 3, 20: 0}),
    ("saps_ii", "bilirubin", "bilirubin", {3.9: 0, 4: 4, 5.9: 4, 6: 9}),
    ("saps_ii", "Glasgow", "gcs", {5: 26, 6: 13, 8: 13, 9: 7, 10: 7, 11: 5, 13: 5, 14: 0}),
    ("oasis", "Glasgow", "gcs", {7: 10, 8: 4, 13: 4, 14: 3, 15: 0}),
    ("oasis", "heart", "heart_rate", {32: 4, 33: 0, 88: 0, 89: 1, 106: 1, 107: 3, 125: 3,
                                      126: 6}),
    ("oasis", "mean", "map", {20.64: 4, 20.65: 3, 50.99: 3, 51: 2, 61.32: 2, 61.33: 0,
                              143.44: 0, 143.45: 3}),
    ("oasis", "respiration", "resp_rate", {5: 10, 6: 1, 12: 1, 13: 0, 22: 0, 23: 1, 30: 1,
                                           31: 6, 44: 6, 45: 9}),
    ("oasis", "temperature", "temperature", {33.21: 3, 33.22: 4, 35.93: 4, 35.94: 2, 36.39: 2,
                                             36.4: 0, 36.88: 0, 36.89: 2, 39.88: 2, 39.89: 6}),
    ("oasis", "urine", "urine_output", {671: 10, 671.09: 5, 1426.99: 5, 1427: 1, 2544.14: 1,
                                        2544.2: 0, 6896.8: 0, 6897: 8}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("score", "start", "variable", "table"), BY_HAND, ids=lambda one: str(one)[:12]
)
def test_points_are_those_of_the_published_table(
    score: str, start: str, variable: str, table: dict[float, int]
) -> None:
    assert {v: points(score, start, at(variable, v)) for v in table} == table


@pytest.mark.parametrize(
    ("score", "table"),
    [
        ("saps_i", {45: 0, 46: 1, 55: 1, 56: 2, 65: 2, 66: 3, 75: 3, 76: 4}),
        ("saps_ii", {39: 0, 40: 7, 59: 7, 60: 12, 69: 12, 70: 15, 74: 15, 75: 16, 79: 16, 80: 18}),
        ("oasis", {23: 0, 24: 3, 53: 3, 54: 6, 77: 6, 78: 9, 89: 9, 90: 7}),
    ],
)
def test_points_of_age(score: str, table: dict[float, int]) -> None:
    assert {age: points(score, "age", [], ages=[age]) for age in table} == table


def test_points_of_hours_before_intensive_care() -> None:
    table = {0.16: 5, 0.17: 3, 4.94: 3, 4.95: 0, 24: 0, 24.01: 2, 311.8: 2, 311.9: 1}
    found = {h: points("oasis", "hours", [], hours_before_icu=[h]) for h in table}
    assert found == table


def test_value_worth_most_points_counts_whichever_variable_and_hour_it_is_of() -> None:
    rows = [*at("sbp", 120, 95, 130), ("sbp_cuff", 5.0, 65.0)]
    assert points("saps_ii", "systolic", rows) == 13
    assert points("oasis", "temperature", at("temperature", 33.0, 35.0, 36.5)) == 4


def test_urine_is_added_up_over_the_day() -> None:
    rows = [("urine_output", float(hour), 40.0) for hour in range(1, 25)]
    assert points("saps_ii", "urine", rows) == 4  # 960 mL
    assert points("saps_ii", "urine", [*rows, ("urine_output", 25.0, 500.0)]) == 4


def test_ventilation_takes_the_place_of_the_respiration_rate() -> None:
    machine = at("mechanical_ventilation", 1)
    assert points("saps_i", "respiration", [*at("resp_rate", 55), *machine]) == 3
    assert points("oasis", "mechanical", machine) == 9
    assert points("oasis", "mechanical", []) == 0


def test_oxygen_ratio_takes_the_last_fraction_of_the_same_stay_and_counts_for_the_ventilated() -> (
    None
):
    gas = [("fio2", 1.0, 1.0), ("pao2", 2.0, 90.0), ("fio2", 3.0, 0.5), ("pao2", 3.0, 80.0)]
    on = at("mechanical_ventilation", 1)
    stays = [
        [*gas, *on],  # 90 and 160
        gas,
        [("fio2", 3.0, 0.4), ("pao2", 2.0, 30.0), ("pao2", 4.0, 100.0), *on],  # 250; 30 too early
        [("pao2", 5.0, 50.0), *on],  # no fraction of its own
    ]
    scored = component("saps_ii", "PaO2").score(first_day(ward(stays)))
    assert scored.points.tolist() == [11, 0, 6, 0]
    assert scored.known.tolist() == [True, False, True, False]
    assert scored.status == "available"


@pytest.mark.parametrize(
    ("score", "start", "levels", "expected", "status"),
    [
        ("saps_ii", "type", ["elective surgery", "medical", ""], [0, 6, 0], "available"),
        ("saps_ii", "type", ["unscheduled surgery", "emergency", "x"], [8, 6, 0], "partly"),
        ("oasis", "elective", ["elective surgery", "emergency", ""], [0, 6, 0], "available"),
        ("oasis", "elective", ["elective", "observation", ""], [0, 6, 0], "partly"),
        ("oasis", "elective", ["", "", ""], [0, 0, 0], "missing"),
    ],
)
def test_type_of_admission(
    score: str, start: str, levels: list[str], expected: list[int], status: str
) -> None:
    cohort = ward([[], [], []], admission=levels)
    scored = component(score, start).score(first_day(cohort))
    assert (scored.points.tolist(), scored.status) == (expected, status)


def test_worked_case_of_saps_ii() -> None:
    """A ventilated man of 65 after emergency surgery in shock, added up by hand from figure 1.

    12 age, 4 heart rate 130, 13 systolic 65, 3 temperature 39.5, 9 ratio 150, 4 urine 800, 6 urea
    nitrogen 40, 3 white cells 22, 3 potassium 5.2, 0 sodium 140, 3 bicarbonate 18, 0 bilirubin 1,
    7 coma scale 10, 8 unscheduled surgery: 75.
    """
    worst = {
        "heart_rate": 130, "sbp": 65, "temperature": 39.5, "mechanical_ventilation": 1,
        "fio2": 0.6, "pao2": 90, "urine_output": 800, "bun": 40, "wbc": 22, "potassium": 5.2,
        "sodium": 140, "bicarbonate": 18, "bilirubin": 1, "gcs": 10,
    }  # fmt: skip
    stay = [row for name, value in worst.items() for row in at(name, value)]
    cohort = ward([stay], ages=[65], admission=["unscheduled surgery"])
    assert total(saps_ii.COMPONENTS, cohort).tolist() == [75]


def test_worked_case_of_oasis() -> None:
    """A ventilated woman of 80 from the ward, added up by hand from table 2.

    0 after 20 h in hospital, 9 age, 4 coma scale 12, 3 heart rate 110, 2 mean pressure 60, 1
    respiration rate 24, 4 temperature 35.5, 5 urine 1000, 9 ventilation, 6 no elective surgery: 43.
    """
    worst = {
        "gcs": 12, "heart_rate": 110, "map": 60, "resp_rate": 24, "temperature": 35.5,
        "urine_output": 1000, "mechanical_ventilation": 1,
    }  # fmt: skip
    stay = [row for name, value in worst.items() for row in at(name, value)]
    cohort = ward([stay], ages=[80], admission=["medical"], hours_before_icu=[20])
    assert total(oasis.COMPONENTS, cohort).tolist() == [43]


@pytest.mark.parametrize(("score", "most"), [("saps_i", 56), ("saps_ii", 163), ("oasis", 75)])
def test_highest_score_is_that_of_the_publication(score: str, most: int) -> None:
    """SAPS 14 x 4; SAPS II 163 (Le Gall 1993); OASIS 75 (sum of the highest of each line)."""
    assert sum(_highest(one) for one in SCORES[score].COMPONENTS) == most


def _highest(one: Component) -> int:
    if isinstance(one, UnlessVentilated):
        return max(one.points, _highest(one.otherwise))
    if isinstance(one, Ventilation):
        return one.points
    if isinstance(one, Level):
        return max(one.points.values())
    assert isinstance(one, Worst | Total | Number | OxygenRatio)
    return max(band.points for band in one.bands)


def test_risk_of_points_is_the_logistic_fit_of_the_development_part() -> None:
    generator = np.random.default_rng(2)
    scale = generator.integers(3, 16, 300)
    label = (generator.random(300) < 1 / (1 + np.exp(scale - 7))).astype(int)
    cohort = ward([at("gcs", float(one)) for one in scale], label=label.tolist())
    model = fitted("saps_ii", cohort)
    reference = LogisticRegression(C=1e9, tol=1e-10, max_iter=10_000)
    reference.fit(model.points(cohort)[:, None], label)
    expected = reference.predict_proba(model.points(cohort)[:, None])[:, 1]
    np.testing.assert_allclose(model.predict(cohort), expected, atol=1e-4)
    assert model.predict(cohort).mean() == pytest.approx(label.mean(), abs=1e-4)
    assert model.artefact() == fitted("saps_ii", cohort).artefact()


def test_card_says_what_each_component_had() -> None:
    few = {name: UNITS[name] for name in ("heart_rate", "pao2", "gcs")}
    rows = [at("heart_rate", 80), [*at("heart_rate", 80), *at("gcs", 9)]]
    model = fitted("saps_ii", ward(rows, label=[0, 1], units=few))
    (table,) = model.card["tables"]  # type: ignore[misc]
    found = {row[0]: row[1:] for row in table["rows"]}
    assert len(found) == 15
    assert found["heart rate (/min)"] == ["available", "heart_rate", "100 %"]
    assert found["Glasgow coma scale"] == ["available", "gcs", "50 %"]
    assert found["PaO2/FiO2 of the ventilated (mmHg)"] == ["partly", "pao2", "0 %"]
    assert found["chronic disease"] == ["missing", "nothing", "0 %"]


@pytest.mark.parametrize("score", SCORES)
def test_page_has_the_points_of_the_code(score: str) -> None:
    page = (ROOT / "docs" / "methods" / f"{score}.md").read_text()
    for one in SCORES[score].COMPONENTS:
        (line,) = (row for row in page.splitlines() if row.startswith(f"| {one.name} |"))
        inner = one.otherwise if isinstance(one, UnlessVentilated) else one
        if isinstance(inner, Worst | Total | Number | OxygenRatio):
            bands = [
                f"{'≤' if band.is_closed else '<'} {band.edge:.10g}: {band.points}"
                for band in inner.bands[:-1]
            ]
            assert f"{', '.join(bands)}, above: {inner.bands[-1].points}" in line
        if isinstance(inner, Level):
            for level, worth in {**inner.points, **inner.assumed}.items():
                assert f"{level}: {worth}" in line


def read(shared: Path, which: str) -> Cohort:
    place = str(shared / "data" / "physionet-challenge-2012")
    request = ReadRequest(dataset=which, place=place, seed=1, window_hours=48)
    return physionet_2012.run(request, Physionet2012Params.model_validate({"set": which}))


def test_saps_against_the_scores_that_the_challenge_published(shared: Path) -> None:
    """Seen on set-b: correlation 0.955, equal 55 %, within one point 78 %, AUROC 0.685 and 0.671.

    The published scores come from the whole database and these from 37 variables of it: floors
    lie a little below what was seen, and far above 48 hours taken for 24 (equal in 17 % on set-a)
    or urea nitrogen taken for urea (29 %).
    """
    cohort = read(shared, "b")
    given = cohort.numbers["saps_i"]
    known = np.isfinite(given)
    mine = total(saps_i.COMPONENTS, cohort)
    gap = mine[known] - given[known]
    assert known.sum() == 3838
    assert np.corrcoef(mine[known], given[known])[0, 1] > 0.95
    assert (gap == 0).mean() > 0.54
    assert (np.abs(gap) <= 1).mean() > 0.77
    auroc = roc_auc_score(cohort.label[known], mine[known])
    assert auroc == pytest.approx(0.685, abs=0.002)
    assert auroc > roc_auc_score(cohort.label[known], given[known])
