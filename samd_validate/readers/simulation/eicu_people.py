"""The simulated stays, hospitals and APACHE predictions as eICU-CRD has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samd_validate.core.arrays import BoolArray, Column, FloatArray
from samd_validate.readers.simulation.draw import Draw
from samd_validate.readers.simulation.items import words

if TYPE_CHECKING:
    import polars as pl

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
PATIENT = (
    *("patientunitstayid", "patienthealthsystemstayid", "gender", "age", "ethnicity"),
    *("hospitalid", "wardid", "apacheadmissiondx", "admissionheight", "hospitaladmittime24"),
    *("hospitaladmitoffset", "hospitaladmitsource", "hospitaldischargeyear"),
    *("hospitaldischargetime24", "hospitaldischargeoffset", "hospitaldischargelocation"),
    *("hospitaldischargestatus", "unittype", "unitadmittime24", "unitadmitsource"),
    *("unitvisitnumber", "unitstaytype", "admissionweight", "dischargeweight"),
    *("unitdischargetime24", "unitdischargeoffset", "unitdischargelocation"),
    *("unitdischargestatus", "uniquepid"),
)
RESULT = (
    *("apachepatientresultsid", "patientunitstayid", "physicianspeciality"),
    *("physicianinterventioncategory", "acutephysiologyscore", "apachescore", "apacheversion"),
    *("predictedicumortality", "actualicumortality", "predictediculos", "actualiculos"),
    *("predictedhospitalmortality", "actualhospitalmortality", "predictedhospitallos"),
    *("actualhospitallos", "preopmi", "preopcardiaccath", "ptcawithin24h", "unabridgedunitlos"),
    *("unabridgedhosplos", "actualventdays", "predventdays", "unabridgedactualventdays"),
)
UNPREDICTED = 33  # one stay of so many has no prediction, which is written as -1
VERSIONS = {"IV": 0.85, "IVa": 0.9}  # how much of the true log-odds a version tells


def drawn_numbers(unit_id: Column, patient_id: Column) -> tuple[Column, Column]:
    """Return which stays and patients of the draw the ids of a cohort are, from 0."""
    patients = [int(one.partition("-")[2]) for one in patient_id.tolist()]
    return unit_id.astype(np.int64) - STAY, np.array(patients)


def admission_types(sources: Column) -> Column:
    """Return the drawn type of admission, of which the release has only where from."""
    drawn = {one: kind for kind, known in ADMITTED_FROM.items() for one in known}
    return np.array([drawn[one] for one in sources.tolist()])


def hospital_table() -> pl.DataFrame:
    """Return the twelve hospitals, which differ in nothing."""
    import polars as pl

    names = ["hospitalid", "numbedscategory", "teachingstatus", "region"]
    return pl.DataFrame(HOSPITALS, schema=names, orient="row")


def _minutes(hours: FloatArray) -> Column:
    return np.asarray(np.round(60 * hours).astype(np.int64))


def patient_table(draw: Draw) -> pl.DataFrame:
    """Return a row per stay; of the times of day only those of the clock are told."""
    import polars as pl

    people, course = draw.people, draw.course
    number = draw.first_stay + np.arange(people.label.size)
    place = course.hospital % len(HOSPITALS)
    hospital = np.array([row[0] for row in HOSPITALS])[place]
    age = people.age_years.astype(np.int64)
    person = draw.first_patient + people.patient
    columns = {
        "patientunitstayid": STAY + number,
        "patienthealthsystemstayid": ADMISSION + number,
        "gender": words(GENDERS, people.groups["sex"], number),
        "age": np.where(age > OLDEST, "> 89", age.astype(np.str_)),
        "ethnicity": words(ETHNICITIES, people.groups["ethnicity"], number),
        "hospitalid": hospital,
        "wardid": 100 + course.ward % len(WARDS),
        "apacheadmissiondx": pl.Series([None] * number.size, dtype=pl.String),
        "hospitaldischargeyear": np.array(YEARS)[course.period % len(YEARS)],
        "unittype": np.array(WARDS)[course.ward % len(WARDS)],
        "unitvisitnumber": np.ones(number.size, dtype=np.int64),
        "unitstaytype": np.full(number.size, "admit"),
        "uniquepid": [f"{at:03d}-{one:07d}" for at, one in zip(hospital, person, strict=True)],
    }
    known = pl.DataFrame({**columns, **_admitted(draw, number), **_left(draw, number)})
    return known.select(
        pl.col(name) if name in known.columns else pl.lit(None, dtype=pl.Float64).alias(name)
        for name in PATIENT
    )


def _admitted(draw: Draw, number: Column) -> dict[str, object]:
    """Return where from and when the stays began."""
    start = np.floor(60 * draw.charted.admission_hour).astype(np.int64)
    admitted = -_minutes(draw.course.before_hours)
    source = words(ADMITTED_FROM, draw.people.groups["admission_type"], number)
    return {
        "hospitaladmittime24": _clock(start + admitted),
        "hospitaladmitoffset": admitted,
        "hospitaladmitsource": source,
        "unitadmittime24": _clock(start),
        "unitadmitsource": source,
    }


def _left(draw: Draw, number: Column) -> dict[str, object]:
    """Return when, where to and how the stays ended."""
    course = draw.course
    start = np.floor(60 * draw.charted.admission_hour).astype(np.int64)
    left, gone = _minutes(course.unit_hours), _minutes(course.unit_hours + course.after_hours)
    died, in_unit = draw.people.label == 1, _died_in_unit(draw)
    home = np.array(HOME)[number % len(HOME)]
    return {
        "hospitaldischargetime24": _clock(start + gone),
        "hospitaldischargeoffset": gone,
        "hospitaldischargelocation": np.where(died, "Death", home),
        "hospitaldischargestatus": np.where(died, "Expired", "Alive"),
        "unitdischargetime24": _clock(start + left),
        "unitdischargeoffset": left,
        "unitdischargelocation": np.where(in_unit, "Death", "Floor"),
        "unitdischargestatus": np.where(in_unit, "Expired", "Alive"),
    }


def _died_in_unit(draw: Draw) -> BoolArray:
    return np.asarray((draw.people.label == 1) & (draw.course.after_hours == 0))


def _clock(minute: Column) -> pl.Series:
    """Return the time of day ``HH:MM:SS`` of minutes counted from some midnight."""
    import polars as pl

    seconds = pl.Series((minute % 1440) * 60_000_000_000)
    return seconds.cast(pl.Time).dt.to_string("%H:%M:%S")


def apache_table(draw: Draw, stays: pl.DataFrame) -> pl.DataFrame:
    """Return a prediction of each version: the risk that measurements tell, and some noise."""
    import polars as pl

    frames = [_version(draw, stays["patientunitstayid"], one) for one in range(len(VERSIONS))]
    return pl.concat(frames).sort("apachepatientresultsid")


def _version(draw: Draw, stay: pl.Series, number: int) -> pl.DataFrame:
    import polars as pl

    people, course = draw.people, draw.course
    version, share = tuple(VERSIONS.items())[number]
    told = np.log(people.told_risk / (1 - people.told_risk))
    risk = 1 / (1 + np.exp(-(share * told - 0.1 + 0.4 * course.score_noise)))
    has_none = stay.to_numpy() % UNPREDICTED == 0
    points = np.clip(np.round(45 + 12 * told), 0, 250).astype(np.int64)
    days = np.round(course.unit_hours / 24, 4)
    known = {
        "apachepatientresultsid": 2 * stay + number,
        "patientunitstayid": stay,
        "physicianspeciality": ["Unknown"] * stay.len(),
        "physicianinterventioncategory": ["Unknown"] * stay.len(),
        "acutephysiologyscore": points,
        "apachescore": points + 10,
        "apacheversion": [version] * stay.len(),
        "predictedicumortality": np.where(has_none, -1, np.round(0.6 * risk, 6)),
        "actualicumortality": np.where(_died_in_unit(draw), "EXPIRED", "ALIVE"),
        "actualiculos": days,
        "predictedhospitalmortality": np.where(has_none, -1, np.round(risk, 6)),
        "actualhospitalmortality": np.where(people.label == 1, "EXPIRED", "ALIVE"),
        "unabridgedunitlos": days,
    }
    frame = pl.DataFrame(known)
    return frame.select(
        pl.col(name) if name in known else pl.lit(None, dtype=pl.Float64).alias(name)
        for name in RESULT
    )
