"""The leakage gate on the demonstration data of icu-leakage-check (PyPI, 0.1.0).

Usage: python tests/support/leakage_demo.py STAYS.csv EVENTS.csv

Both files are what ``icu_leakage_check.demo.make_demo_data()`` returns, with the columns
``leaky_split`` (rows divided at random) and ``clean_split`` (``group_split`` by patient) added.
The leaky device reads whole stays and the time of discharge, and is scaled on all rows; the clean
one reads what was stored in the first 24 hours, and is scaled on its development part.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from samd_validate.checks.leakage import LeakageParams, leakage
from samd_validate.checks.model_leakage import ModelLeakageParams, model_leakage
from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort, Provenance, TimeSeries, Variable
from samd_validate.core.estimate import Estimate
from samd_validate.core.inputs import Inputs, IntervalPlan, Population

STATIC = ("age", "gcs", "vent_day1")
PLAN = IntervalPlan(n_resamples=200, seed=1)


@dataclass(frozen=True, kw_only=True)
class Device:
    """A logistic regression on the last, largest and mean values, as the demonstration has it."""

    static: tuple[str, ...]
    looks_ahead: bool
    centre: FloatArray
    spread: FloatArray
    fit: LogisticRegression | None = None
    name: str = "device"

    @property
    def card(self) -> Mapping[str, object]:
        names = ["creatinine", "lactate", "norepinephrine", "potassium", "wbc"]
        return {"variables": names, "static_inputs": list(self.static)}

    def features(self, cohort: Cohort) -> FloatArray:
        series = cohort.series
        assert series is not None
        if not self.looks_ahead:
            series = series.only(series.known_at_prediction())
        rows = pd.DataFrame({"u": series.unit_index, "v": series.variable_index, "x": series.value})
        table = rows.groupby(["u", "v"]).x.agg(["last", "max", "mean"]).unstack("v")
        table = table.reindex(np.arange(cohort.size))
        static = [cohort.numbers[name] for name in self.static]
        return np.column_stack([table.to_numpy(dtype=np.float64), *static])

    def scaled(self, cohort: Cohort) -> FloatArray:
        return np.nan_to_num((self.features(cohort) - self.centre) / self.spread)

    def predict(self, cohort: Cohort) -> FloatArray:
        assert self.fit is not None
        return np.asarray(self.fit.predict_proba(self.scaled(cohort))[:, 1])

    def artefact(self) -> bytes:
        return b""

    def learned(self) -> dict[str, float]:
        numbers = np.concatenate([self.centre, self.spread])
        return {str(place): value for place, value in enumerate(numbers.tolist())}

    def relearned(self, cohort: Cohort) -> dict[str, float]:
        x = self.features(cohort)
        return replace(self, centre=np.nanmean(x, 0), spread=np.nanstd(x, 0)).learned()


def fitted(static: tuple[str, ...], *, looks_ahead: bool, scaled_on: Cohort, on: Cohort) -> Device:
    blank = Device(static=static, looks_ahead=looks_ahead, centre=np.zeros(1), spread=np.ones(1))
    x = blank.features(scaled_on)
    scaled = replace(blank, centre=np.nanmean(x, 0), spread=np.nanstd(x, 0))
    fit = LogisticRegression(max_iter=2000).fit(scaled.scaled(on), on.label)
    return replace(scaled, fit=fit)


def cohort_of(stays: pd.DataFrame, events: pd.DataFrame) -> Cohort:
    names = sorted(events.variable.unique())
    place = {stay: number for number, stay in enumerate(stays.patientunitstayid)}
    rows = events.assign(
        unit=events.entity_id.map(place), code=events.variable.map(names.index)
    ).sort_values(["unit", "event_time", "code"], kind="stable")
    series = TimeSeries(
        variables=tuple(Variable(name=name, unit="1", low=-1e9, high=1e9) for name in names),
        unit_index=rows.unit.to_numpy(),
        time_hours=rows.event_time.to_numpy() / 60,
        variable_index=rows.code.to_numpy(),
        value=rows.value.to_numpy(),
        stored_hours=rows.available_time.to_numpy() / 60,
        until_hours=rows.end_time.to_numpy() / 60,
        window_hours=24,
    )
    numbers = {name: stays[name].to_numpy(dtype=np.float64) for name in STATIC}
    return Cohort(
        name="demo",
        unit_id=stays.patientunitstayid.astype(str).to_numpy(dtype=np.str_),
        patient_id=stays.uniquepid.to_numpy(dtype=np.str_),
        site=stays.hospitalid.astype(str).to_numpy(dtype=np.str_),
        label=stays.died.to_numpy(),
        numbers={
            **numbers,
            "unitdischargeoffset": stays.unitdischargeoffset.to_numpy(dtype=np.float64),
            "outcome_hours": stays.death_offset.to_numpy() / 60,
        },
        series=series,
        provenance=Provenance(source="demo", title="", licence="", citation="", fingerprint=""),
    )


def looked_at(cohort: Cohort, split: FloatArray, device: Device) -> None:
    test = cohort.take(split == "test")
    inputs = Inputs(
        populations=(Population(name="test", cohort=test, score=device.predict(test)),),
        intervals=PLAN,
        development=cohort.take(split == "train"),
        model=device,
    )
    seen = leakage.run("leakage", inputs, LeakageParams()).findings
    seen += model_leakage.run("model_leakage", inputs, ModelLeakageParams()).findings
    for one in seen:
        found = one.measurement
        if one.population in ("test", "development"):
            note = found.note if isinstance(found, Estimate) else ""
            of = f" of {found.n}" if isinstance(found, Estimate) else ""
            sys.stdout.write(f"{one.population} {one.measure}: {found.describe(3)}{of} {note}\n")


def main(stays_file: str, events_file: str) -> None:
    stays, events = pd.read_csv(stays_file), pd.read_csv(events_file)
    whole = cohort_of(stays, events)
    split = stays.leaky_split.to_numpy(dtype=np.str_)
    sys.stdout.write("LEAKY\n")
    static = (*STATIC, "unitdischargeoffset")
    looked_at(whole, split, fitted(static, looks_ahead=True, scaled_on=whole, on=whole))
    sys.stdout.write("CLEAN\n")
    split = stays.clean_split.to_numpy(dtype=np.str_)
    early = events[(events.available_time <= 1440) & ~(events.end_time > 1440)]
    clean = cohort_of(stays, early)
    train = clean.take(split == "train")
    looked_at(clean, split, fitted(STATIC, looks_ahead=False, scaled_on=train, on=train))


if __name__ == "__main__":
    main(*sys.argv[1:])
