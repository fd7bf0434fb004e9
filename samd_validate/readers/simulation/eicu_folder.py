"""Simulated stays as the tables of an eICU-CRD release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.readers.simulation.draw import Draw
from samd_validate.readers.simulation.items import charted_tables, words

if TYPE_CHECKING:
    import polars as pl

SOURCE = "eicu_crd"
PLACES = {"fio2": 1}  # in respiratoryCharting
STAY, ADMISSION = 1_000_000, 5_000_000
OLDEST = 89
YEARS = (2014, 2015)
GENDERS = {"female": ("Female",), "male": ("Male",)}
ETHNICITIES = {
    "White": ("Caucasian",),
    "Black": ("African American",),
    "Hispanic": ("Hispanic",),
    "Asian": ("Asian",),
    "Other": ("Native American",),
    "": ("Other/Unknown", ""),
}
ADMITTED_FROM = {
    "emergency": ("Emergency Department",),
    "elective": ("Operating Room", "Recovery Room"),
    "observation": ("Floor", "Direct Admit"),
}
HOME = ("Home", "Skilled Nursing Facility", "Rehabilitation", "Home")
WARDS = ("Med-Surg ICU", "MICU", "SICU", "Cardiac ICU", "CCU-CTICU", "Neuro ICU")
# hospital, beds, teaching, region
HOSPITALS = (
    (59, "<100", "f", "Midwest"),
    (73, ">= 500", "t", "Midwest"),
    (110, "100 - 249", "f", "Midwest"),
    (122, "250 - 499", "f", "South"),
    (167, "250 - 499", "f", "West"),
    (188, ">= 500", "f", "South"),
    (199, ">= 500", "t", "South"),
    (227, "250 - 499", "f", "West"),
    (243, "250 - 499", "f", "South"),
    (252, ">= 500", "f", "Northeast"),
    (264, ">= 500", "t", "Northeast"),
    (420, "100 - 249", "f", "West"),
)
PERIODIC = (
    *("temperature", "sao2", "heartrate", "respiration", "cvp", "etco2"),
    *("systemicsystolic", "systemicdiastolic", "systemicmean"),
    *("pasystolic", "padiastolic", "pamean", "st1", "st2", "st3", "icp"),
)
APERIODIC = (
    *("noninvasivesystolic", "noninvasivediastolic", "noninvasivemean", "paop"),
    *("cardiacoutput", "cardiacinput", "svr", "svri", "pvr", "pvri"),
)
LAB_UNITS = {"10*3/uL": "K/mcL", "mm[Hg]": "mm Hg", "1": "ratio", "[pH]": None}
OUTPUT = "flowsheet|Flowsheet Cell Labels|I&O|Output (ml)|"
UNPREDICTED = 33  # one stay of so many has no prediction, which is written as -1
VERSIONS = {"IV": 0.85, "IVa": 0.9}  # how much of the true log-odds a version tells


def eicu_tables(draw: Draw) -> dict[str, pl.DataFrame]:
    """Return the tables by name, columns as in the release; times are minutes in the unit.

    Ages above 89 are written as "> 89".
    """
    stays = _patient(draw)
    events = charted_tables(draw, SOURCE, PLACES)
    first = 1000 * draw.first_stay
    return {
        "patient": stays,
        **({} if draw.first_stay else {"hospital": _hospital()}),
        "apachePatientResult": _apache(draw, stays),
        "vitalPeriodic": _wide(events["vitalPeriodic"], "vitalperiodicid", PERIODIC, first),
        "vitalAperiodic": _wide(events["vitalAperiodic"], "vitalaperiodicid", APERIODIC, first),
        "lab": _labs(events["lab"], first),
        "nurseCharting": _nurse_charting(events["nurseCharting"], first),
        "respiratoryCharting": _respiratory(events["respiratoryCharting"], first),
        "intakeOutput": _outputs(events["intakeOutput"], first),
    }


def drawn_numbers(unit_id: Column, patient_id: Column) -> tuple[Column, Column]:
    """Return which stays and patients of the draw the ids of a cohort are, from 0."""
    patients = [int(one.partition("-")[2]) for one in patient_id.tolist()]
    return unit_id.astype(np.int64) - STAY, np.array(patients)


def admission_types(sources: Column) -> Column:
    """Return the drawn type of admission, of which the release has only where from."""
    drawn = {one: kind for kind, known in ADMITTED_FROM.items() for one in known}
    return np.array([drawn[one] for one in sources.tolist()])


def _hospital() -> pl.DataFrame:
    import polars as pl

    names = ["hospitalid", "numbedscategory", "teachingstatus", "region"]
    return pl.DataFrame(HOSPITALS, schema=names, orient="row")


def _minutes(hours: FloatArray) -> Column:
    return np.asarray(np.round(60 * hours).astype(np.int64))


def _patient(draw: Draw) -> pl.DataFrame:
    import polars as pl

    people, course = draw.people, draw.course
    number = draw.first_stay + np.arange(people.label.size)
    person = draw.first_patient + people.patient
    hospital = np.array([row[0] for row in HOSPITALS])[course.hospital % len(HOSPITALS)]
    left, gone = _minutes(course.unit_hours), _minutes(course.unit_hours + course.after_hours)
    admitted = -_minutes(course.before_hours)
    died = people.label == 1
    in_unit = died & (course.after_hours == 0)
    start = np.floor(60 * draw.charted.admission_hour).astype(np.int64)
    source = words(ADMITTED_FROM, people.groups["admission_type"], number)
    none = pl.lit(None, dtype=pl.String)
    home = np.array(HOME)[number % len(HOME)]
    age = people.age_years.astype(np.int64)
    return pl.select(
        patientunitstayid=pl.Series(STAY + number),
        patienthealthsystemstayid=pl.Series(ADMISSION + number),
        gender=words(GENDERS, people.groups["sex"], number),
        age=pl.Series(np.where(age > OLDEST, "> 89", age.astype(np.str_))),
        ethnicity=words(ETHNICITIES, people.groups["ethnicity"], number),
        hospitalid=pl.Series(hospital),
        wardid=pl.Series(100 + course.ward % len(WARDS)),
        apacheadmissiondx=none,
        admissionheight=pl.lit(None, dtype=pl.Float64),
        hospitaladmittime24=_clock(start + admitted),
        hospitaladmitoffset=pl.Series(admitted),
        hospitaladmitsource=source,
        hospitaldischargeyear=pl.Series(np.array(YEARS)[course.period % len(YEARS)]),
        hospitaldischargetime24=_clock(start + gone),
        hospitaldischargeoffset=pl.Series(gone),
        hospitaldischargelocation=pl.Series(np.where(died, "Death", home)),
        hospitaldischargestatus=pl.Series(np.where(died, "Expired", "Alive")),
        unittype=pl.Series(np.array(WARDS)[course.ward % len(WARDS)]),
        unitadmittime24=_clock(start),
        unitadmitsource=source,
        unitvisitnumber=pl.lit(1),
        unitstaytype=pl.lit("admit"),
        admissionweight=pl.lit(None, dtype=pl.Float64),
        dischargeweight=pl.lit(None, dtype=pl.Float64),
        unitdischargetime24=_clock(start + left),
        unitdischargeoffset=pl.Series(left),
        unitdischargelocation=pl.Series(np.where(in_unit, "Death", "Floor")),
        unitdischargestatus=pl.Series(np.where(in_unit, "Expired", "Alive")),
        uniquepid=pl.Series(
            [f"{at:03d}-{one:07d}" for at, one in zip(hospital, person, strict=True)]
        ),
    )


def _clock(minute: Column) -> pl.Series:
    """Return the time of day ``HH:MM:SS`` of minutes counted from some midnight."""
    import polars as pl

    seconds = pl.Series((minute % 1440) * 60_000_000_000)
    return seconds.cast(pl.Time).dt.to_string("%H:%M:%S")


def _apache(draw: Draw, stays: pl.DataFrame) -> pl.DataFrame:
    """Return a prediction of each version: the risk that measurements tell, and some noise."""
    import polars as pl

    people, course = draw.people, draw.course
    told = np.log(people.told_risk / (1 - people.told_risk))
    status = np.where(people.label == 1, "EXPIRED", "ALIVE")
    in_unit = np.where((people.label == 1) & (course.after_hours == 0), "EXPIRED", "ALIVE")
    stay = stays["patientunitstayid"]
    frames = []
    for number, (version, share) in enumerate(VERSIONS.items()):
        risk = 1 / (1 + np.exp(-(share * told - 0.1 + 0.4 * course.score_noise)))
        risk = np.where(stay.to_numpy() % UNPREDICTED == 0, -1.0, np.round(risk, 6))
        points = np.clip(np.round(45 + 12 * told), 0, 250).astype(np.int64)
        frames.append(
            pl.select(
                apachepatientresultsid=2 * stay + number,
                patientunitstayid=stay,
                physicianspeciality=pl.lit("critical care medicine (CCM)"),
                physicianinterventioncategory=pl.lit("Unknown"),
                acutephysiologyscore=pl.Series(points),
                apachescore=pl.Series(points + 10),
                apacheversion=pl.lit(version),
                predictedicumortality=pl.Series(np.where(risk < 0, -1.0, np.round(0.6 * risk, 6))),
                actualicumortality=pl.Series(in_unit),
                predictediculos=pl.lit(None, dtype=pl.Float64),
                actualiculos=pl.Series(np.round(course.unit_hours / 24, 4)),
                predictedhospitalmortality=pl.Series(risk),
                actualhospitalmortality=pl.Series(status),
                predictedhospitallos=pl.lit(None, dtype=pl.Float64),
                actualhospitallos=pl.Series(np.round(course.unit_hours / 24, 4)),
                preopmi=pl.lit(0),
                preopcardiaccath=pl.lit(0),
                ptcawithin24h=pl.lit(0),
                unabridgedunitlos=pl.Series(np.round(course.unit_hours / 24, 4)),
                unabridgedhosplos=pl.lit(None, dtype=pl.Float64),
                actualventdays=pl.lit(None, dtype=pl.Float64),
                predventdays=pl.lit(None, dtype=pl.Float64),
                unabridgedactualventdays=pl.lit(None, dtype=pl.Float64),
            )
        )
    return pl.concat(frames).sort("apachepatientresultsid")


def _wide(events: pl.DataFrame, name: str, columns: tuple[str, ...], first: int) -> pl.DataFrame:
    """Return one row per minute of observation; what comes twice in it takes another row."""
    import polars as pl

    again = pl.int_range(pl.len()).over("stay", "minute", "key")
    wide = (
        events.select("stay", "minute", "key", "value", again=again)
        .pivot(on="key", index=["stay", "minute", "again"], values="value")
        .sort("stay", "minute", "again")
    )
    missing = [
        pl.lit(None, dtype=pl.Float64).alias(one) for one in columns if one not in wide.columns
    ]
    placed = wide.with_columns(missing).with_row_index(name, first + 1)
    return placed.select(
        pl.col(name).cast(pl.Int64),
        (pl.col("stay") + STAY + first // 1000).alias("patientunitstayid"),
        pl.col("minute").alias("observationoffset"),
        *columns,
    )


def _labs(events: pl.DataFrame, first: int) -> pl.DataFrame:
    import polars as pl

    units = {code: LAB_UNITS.get(code, code) for code in events["unit"].unique()}
    unit = pl.col("unit").replace_strict(units, return_dtype=pl.String)
    return _numbered(events, "labid", first).select(
        "labid",
        "patientunitstayid",
        labresultoffset="minute",
        labtypeid=pl.lit(1),
        labname="key",
        labresult="value",
        labresulttext=pl.col("value").cast(pl.String),
        labmeasurenamesystem=unit,
        labmeasurenameinterface=unit,
        labresultrevisedoffset="stored",
    )


def _nurse_charting(events: pl.DataFrame, first: int) -> pl.DataFrame:
    import polars as pl

    return _numbered(events, "nursingchartid", first).select(
        "nursingchartid",
        "patientunitstayid",
        nursingchartoffset="minute",
        nursingchartentryoffset="stored",
        nursingchartcelltypecat=pl.lit("Scores"),
        nursingchartcelltypevallabel=pl.col("key").str.split("|").list.first(),
        nursingchartcelltypevalname=pl.col("key").str.split("|").list.last(),
        nursingchartvalue=pl.col("value").cast(pl.Int64).cast(pl.String),
    )


def _respiratory(events: pl.DataFrame, first: int) -> pl.DataFrame:
    import polars as pl

    return _numbered(events, "respchartid", first).select(
        "respchartid",
        "patientunitstayid",
        respchartoffset="minute",
        respchartentryoffset="stored",
        respcharttypecat=pl.lit("respFlowSettings"),
        respchartvaluelabel="key",
        respchartvalue=pl.col("value").cast(pl.String),
    )


def _outputs(events: pl.DataFrame, first: int) -> pl.DataFrame:
    import polars as pl

    zero = pl.lit(0.0)
    return _numbered(events, "intakeoutputid", first).select(
        "intakeoutputid",
        "patientunitstayid",
        intakeoutputoffset="minute",
        intaketotal=zero,
        outputtotal="value",
        dialysistotal=zero,
        nettotal=-pl.col("value"),
        intakeoutputentryoffset="stored",
        cellpath=pl.lit(OUTPUT) + pl.col("key"),
        celllabel="key",
        cellvaluenumeric="value",
        cellvaluetext=pl.col("value").cast(pl.String),
    )


def _numbered(events: pl.DataFrame, name: str, first: int) -> pl.DataFrame:
    import polars as pl

    return events.with_row_index(name, first + 1).with_columns(
        pl.col(name).cast(pl.Int64), patientunitstayid=pl.col("stay") + STAY + first // 1000
    )
