"""The simulated patients: who they are, how ill they are, and who dies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.readers.simulation.variables import ORGANS

ETHNICITIES = ("White", "Black", "Hispanic", "Asian", "Other", "")
ADMISSIONS = ("emergency", "elective", "observation")
AGE_BANDS = ((0, "18-44"), (45, "45-64"), (65, "65-79"), (80, "80+"))
GROUPS = ("sex", "age_band", "ethnicity", "admission_type")
SECOND_STAY = 0.06
INTERCEPT = -3.45
ON_SEVERITY = 0.60
ON_ORGANS = (0.34, 0.30, 0.22, 0.22, 0.38)
ON_AGE_DECADE = 0.28
ON_ADMISSION = (0.25, -0.70, 0.10)
SHARED = 0.65
SEVERITY_DRIFT, OWN_DRIFT = 0.35, 0.45
AGE_SPREAD = 15.5


@dataclass(frozen=True, kw_only=True)
class Site:
    """A hospital: its case mix, its measuring habits, and what is planted in it.

    ``odds_factor`` multiplies the odds of death of ``subgroup`` beyond what the measurements
    tell, so that a model learned elsewhere understates that group's risk.
    """

    name: str
    age_mean: float = 64.0
    severity_mean: float = 0.0
    female: float = 0.44
    ethnicity: tuple[float, ...] = (0.66, 0.12, 0.09, 0.05, 0.05, 0.03)
    admission: tuple[float, ...] = (0.45, 0.25, 0.30)
    laboratory_rate: float = 1.0
    vitals_rate: float = 1.0
    lactate_ordered_shift: float = 0.0
    subgroup: tuple[str, str] | None = None
    odds_factor: float = 1.0


RIVERSIDE = Site(name="riverside")
HILLCREST = Site(
    name="hillcrest",
    age_mean=67.0,
    severity_mean=0.10,
    ethnicity=(0.58, 0.20, 0.09, 0.05, 0.05, 0.03),
    admission=(0.50, 0.18, 0.32),
    laboratory_rate=0.75,
    vitals_rate=0.85,
    lactate_ordered_shift=0.6,
    subgroup=("ethnicity", "Black"),
    odds_factor=3.0,
)
SITES = {site.name: site for site in (RIVERSIDE, HILLCREST)}


@dataclass(frozen=True, kw_only=True)
class People:
    """The stays of a site: columns, the course of each organ's severity, risk and outcome.

    ``start`` and ``end`` are ``(n, organs)``: severity at admission and at the end of the window.
    """

    patient: Column
    groups: Mapping[str, Column]
    age_years: FloatArray
    severity: FloatArray
    start: FloatArray
    end: FloatArray
    risk: FloatArray
    told_risk: FloatArray
    label: Column


def draw_people(site: Site, stays: int, generator: np.random.Generator) -> People:
    """Draw the stays of a site; about one patient in sixteen has two."""
    patient, first = _patients(stays, generator)
    n = first.size
    age = np.clip(generator.normal(site.age_mean, AGE_SPREAD, n), 18, 95).round()[patient]
    sex = np.where(generator.random(n) < site.female, "female", "male")[patient]
    ethnicity = generator.choice(ETHNICITIES, size=n, p=site.ethnicity)[patient]
    admission_code = generator.choice(len(ADMISSIONS), size=stays, p=site.admission)
    constitution = generator.standard_normal(n)[patient]
    severity = (
        site.severity_mean
        + np.sqrt(0.3) * constitution
        + np.sqrt(0.7) * generator.normal(size=stays)
    )
    start = SHARED * severity[:, None] + np.sqrt(1 - SHARED**2) * generator.normal(
        size=(stays, len(ORGANS))
    )
    drift = SEVERITY_DRIFT * severity[:, None] + OWN_DRIFT * generator.normal(
        size=(stays, len(ORGANS))
    )
    end = start + drift
    told = (
        INTERCEPT
        + ON_SEVERITY * severity
        + end @ np.array(ON_ORGANS)
        + ON_AGE_DECADE * (age - 64) / 10
        + np.array(ON_ADMISSION)[admission_code]
    )
    groups = {
        "sex": sex,
        "age_band": _bands(age),
        "ethnicity": ethnicity,
        "admission_type": np.array(ADMISSIONS)[admission_code],
    }
    extra = np.zeros(stays)
    if site.subgroup is not None:
        extra[groups[site.subgroup[0]] == site.subgroup[1]] = np.log(site.odds_factor)
    risk = _logistic(told + extra)
    return People(
        patient=patient,
        groups=groups,
        age_years=age,
        severity=severity,
        start=start,
        end=end,
        risk=risk,
        told_risk=_logistic(told),
        label=(generator.random(stays) < risk).astype(np.int8),
    )


def _patients(stays: int, generator: np.random.Generator) -> tuple[Column, Column]:
    """Return the patient of each stay, and the first stay of each patient."""
    again = generator.random(stays) < SECOND_STAY
    again[0] = False
    again[1:] &= ~again[:-1]
    patient = np.cumsum(~again) - 1
    return patient, np.flatnonzero(~again)


def _bands(age: FloatArray) -> Column:
    starts = np.array([start for start, _ in AGE_BANDS])
    names = np.array([name for _, name in AGE_BANDS])
    return names[np.searchsorted(starts, age, side="right") - 1]


def _logistic(value: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-value)))
