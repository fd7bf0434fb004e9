"""The unit stays of eICU-CRD that make the cohort, and why each of the others does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from samd_validate.core.cohort import FlowRow
from samd_validate.core.errors import Problem, gather
from samd_validate.readers.eicu.patients import ALIVE, EXPIRED, ages_in_years
from samd_validate.readers.events.choose import kept_stays
from samd_validate.readers.events.columns import Kind
from samd_validate.readers.events.stays import StayRule
from samd_validate.readers.events.tables import Table, TableShape, attempt

if TYPE_CHECKING:
    import polars as pl

MINUTES: Kind = "id"  # whole minutes from admission to the unit; a whole number, as ids are
PATIENT = TableShape(
    place="patient",
    columns={
        "patientunitstayid": "id",
        "patienthealthsystemstayid": "id",
        "uniquepid": "text",
        "hospitalid": "id",
        "gender": "text",
        "age": "text",
        "ethnicity": "text",
        "hospitaladmitoffset": MINUTES,
        "hospitaldischargeyear": "number",
        "hospitaldischargeoffset": MINUTES,
        "hospitaldischargestatus": "text",
        "unittype": "text",
        "unitadmitsource": "text",
        "unitvisitnumber": "number",
        "unitstaytype": "text",
        "unitdischargeoffset": MINUTES,
        "unitdischargestatus": "text",
        "admissionweight": "number",
    },
)
HOSPITAL = TableShape(
    place="hospital",
    columns={
        "hospitalid": "id",
        "numbedscategory": "text",
        "teachingstatus": "text",
        "region": "text",
    },
)
RESULT = TableShape(
    place="apachePatientResult",
    columns={
        "patientunitstayid": "id",
        "apacheversion": "text",
        "predictedhospitalmortality": "number",
    },
)
PEOPLE = (PATIENT, HOSPITAL, RESULT)
KEYS = {
    PATIENT.place: ["patientunitstayid"],
    HOSPITAL.place: ["hospitalid"],
    RESULT.place: ["patientunitstayid", "apacheversion"],
}
VERSION = "IVa"
NO_PREDICTION = -1
STEP_DOWN = "stepdown/other"


def read_people(tables: Mapping[str, Table]) -> dict[str, pl.DataFrame]:
    """Return patients, hospitals and APACHE results, or raise what is wrong in any of them."""
    outcomes = {one: attempt(lambda one=one: _read(tables[one])) for one in KEYS}  # type: ignore[misc]
    gather([problem for _, problems in outcomes.values() for problem in problems])
    return {name: frame for name, (frame, _) in outcomes.items() if frame is not None}


def _read(table: Table) -> pl.DataFrame:
    frame = table.read()
    gather([*_key_faults(table, frame), *_score_faults(table, frame)])
    return frame


def _key_faults(table: Table, frame: pl.DataFrame) -> list[Problem]:
    keys = KEYS[table.shape.place]
    words = " and ".join(keys)
    whole = frame.select(keys).drop_nulls()
    empty, double = frame.height - whole.height, whole.height - whole.n_unique()
    problems = []
    if empty:
        problems.append(_problem(table, f"{empty} rows without {words}", "one in each row"))
    if double:
        found = f"{double} rows with a {words} seen before"
        problems.append(_problem(table, found, "one row each"))
    return problems


def _score_faults(table: Table, frame: pl.DataFrame) -> list[Problem]:
    import polars as pl

    if table.shape.place != RESULT.place:
        return []
    mine = frame.filter(pl.col("apacheversion") == VERSION)
    if mine.height == 0:
        return [_problem(table, f"no rows of apacheversion {VERSION!r}", "a row for most stays")]
    score = pl.col("predictedhospitalmortality")
    is_fit = (score == NO_PREDICTION) | (score.is_between(0, 1) & score.is_not_nan())
    wrong = mine.filter(~is_fit.fill_null(True)).height
    if not wrong:
        return []
    found = f"no probability in predictedhospitalmortality of {wrong} rows"
    return [_problem(table, found, f"{NO_PREDICTION}, or 0 to 1")]


def chosen_stays(
    people: Mapping[str, pl.DataFrame], rule: StayRule, *, only_predicted: bool
) -> tuple[pl.DataFrame, list[FlowRow]]:
    """Return the stays of the cohort, sorted by stay, and the counted flow.

    Each excluded stay is counted once, under the first reason that holds; those without an APACHE
    prediction leave last, and only if told so.

    Raises
    ------
    CannotRun
        If no stay is left.
    """
    import polars as pl

    joined = _with_outcome(_ordered(_with_times(_joined(people))), rule)
    reasons = _exclusions(rule)
    if only_predicted:
        reasons.append(
            (f"no prediction of APACHE {VERSION} was made", pl.col("apache_iva").is_null())
        )
    kept, flow = kept_stays(joined, reasons, f"unit stays in {PATIENT.place}")
    return kept.sort("patientunitstayid").with_row_index("unit_index"), flow


def _joined(people: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return every stay with its hospital, its age in years, and its APACHE prediction."""
    import polars as pl

    patient, hospital, result = (people[one.place] for one in PEOPLE)
    ages, _ = ages_in_years(patient["age"].fill_null("").to_list())
    predicted = pl.col("predictedhospitalmortality")
    scores = result.filter(pl.col("apacheversion") == VERSION).select(
        "patientunitstayid", apache_iva=pl.when(predicted >= 0).then(predicted)
    )
    aged = patient.with_columns(age_years=pl.Series(ages).fill_nan(None))
    return aged.join(
        hospital.with_columns(has_hospital=True), on="hospitalid", how="left", nulls_equal=False
    ).join(scores, on="patientunitstayid", how="left")


def _with_times(joined: pl.DataFrame) -> pl.DataFrame:
    """Add when a stay began after admission to hospital, and which stays of that one overlap."""
    import polars as pl

    admission = "patienthealthsystemstayid"
    start = -pl.col("hospitaladmitoffset")
    is_stay = pl.col("unitdischargeoffset") > 0
    timed = joined.with_columns(
        start=start,
        begin=pl.when(is_stay).then(start),
        end=pl.when(is_stay).then(start + pl.col("unitdischargeoffset")),
    ).sort(admission, "start", "patientunitstayid", nulls_last=True)
    latest = pl.col("end").cum_max().forward_fill().shift(1).over(admission)
    following = pl.col("begin").backward_fill().shift(-1).over(admission)
    return timed.with_columns(
        overlaps=(pl.col("begin") < latest).fill_null(False)
        | (following < pl.col("end")).fill_null(False)
    )


def _ordered(timed: pl.DataFrame) -> pl.DataFrame:
    """Add the place of a stay among those of its patient, and whether the first is a choice.

    Years of discharge order hospital stays of a patient, visit numbers the stays of one hospital
    stay. Among hospital stays of one year the one of the smallest id comes first, which is a
    choice and not an order.
    """
    import polars as pl

    admission, year = "patienthealthsystemstayid", pl.col("hospitaldischargeyear")
    is_of_first_year = (year == year.min().over("uniquepid")).fill_null(True)
    of_first_year = pl.when(is_of_first_year).then(pl.col(admission))
    return (
        timed.with_columns(first_admission=of_first_year)
        .with_columns(
            is_order_chosen=pl.col("first_admission").drop_nulls().n_unique().over("uniquepid") > 1
        )
        .sort(
            "uniquepid",
            "hospitaldischargeyear",
            admission,
            "unitvisitnumber",
            "start",
            "patientunitstayid",
            nulls_last=True,
        )
        .with_columns(
            of_patient=pl.int_range(pl.len()).over("uniquepid"),
            of_admission=pl.int_range(pl.len()).over("uniquepid", admission),
        )
    )


def _with_outcome(ordered: pl.DataFrame, rule: StayRule) -> pl.DataFrame:
    """Add death in hospital, null where the source does not tell, and the label."""
    import polars as pl

    status = pl.col("hospitaldischargestatus").str.strip_chars().str.to_uppercase()
    died = pl.when(status.is_in([ALIVE, EXPIRED])).then(status == EXPIRED)
    label = pl.col("died")
    if rule.horizon_hours is not None:
        horizon = round(60 * (rule.window_hours + rule.horizon_hours))
        label &= pl.col("hospitaldischargeoffset") <= horizon
    in_unit = pl.col("unitdischargestatus").str.strip_chars().str.to_uppercase() == EXPIRED
    return ordered.with_columns(died=died).with_columns(
        label=label.cast(pl.Int8),
        disagrees=(in_unit & ~pl.col("died")).fill_null(False),
        outcome_hours=pl.when(label).then(pl.col("hospitaldischargeoffset") / 60),
    )


def _exclusions(rule: StayRule) -> list[tuple[str, pl.Expr]]:
    import polars as pl

    window = f"{rule.window_hours:g} h"
    minutes = round(60 * rule.window_hours)
    left_unit, left_hospital = pl.col("unitdischargeoffset"), pl.col("hospitaldischargeoffset")
    first = {
        "first_of_patient": ("not the patient's first unit stay", pl.col("of_patient") > 0),
        "first_of_admission": (
            "not the first unit stay of the hospital stay",
            pl.col("of_admission") > 0,
        ),
    }
    order = [first[rule.stays]] if rule.stays in first else []
    no_patient = pl.col("uniquepid").fill_null("").str.strip_chars() == ""
    return [
        ("without a patient (uniquepid)", no_patient),
        ("without time of discharge from the unit", left_unit.is_null()),
        ("discharged from the unit before admission to it", left_unit < 0),
        ("without time of discharge from hospital", left_hospital.is_null()),
        ("death in hospital not known", pl.col("died").is_null()),
        ("age not known", pl.col("age_years").is_null()),
        (
            f"younger than {rule.minimum_age_years:g} years",
            pl.col("age_years") < rule.minimum_age_years,
        ),
        *order,
        ("overlapping with another unit stay of the hospital stay", pl.col("overlaps")),
        (f"in the unit for less than {window}", left_unit < minutes),
        (f"dead or out of hospital within {window}", left_hospital < minutes),
    ]


def _problem(table: Table, found: str, expected: str) -> Problem:
    todo = "restore the file from its source"
    return Problem(where=table.name, found=found, expected=expected, todo=todo)
