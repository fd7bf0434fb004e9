"""How often changes over time are found: `python tests/support/found_in_time.py` prints a table.

Simulated patients arrive over 36 months; the device tells the risk that measurements tell, and the
odds of the outcome change beyond it. Where nothing changes, what is found is false.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from scipy.special import expit, logit

from samd_validate.checks.temporal_drift import TemporalDriftParams, temporal_drift
from samd_validate.core.cohort import Cohort, Provenance
from samd_validate.core.estimate import Estimate
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.readers.simulation.people import RIVERSIDE, draw_people

STAYS, MONTHS = 3000, 36
PARAMS = TemporalDriftParams(order_by="months", period=12, measures=("observed_expected_ratio",))
PLANTED: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "nothing": np.zeros_like,
    "trend: odds x 2.2 at the end": lambda month: 0.8 * month / MONTHS,
    "season: odds x 1.6 and / 1.6": lambda month: 0.47 * np.sin(2 * np.pi * month / 12),
    "sudden: odds x 2 in the last year": lambda month: np.where(month > 24, np.log(2), 0.0),
}


P_VALUES = {
    "season": "season_p_value",
    "CUSUM, more": "cusum_more_p_value",
    "CUSUM, fewer": "cusum_fewer_p_value",
    "EWMA": "ewma_p_value",
}


def patients(seed: int, planted: str) -> Population:
    """Draw patients whose odds of death change over time as planted."""
    rng = np.random.default_rng([seed, len(planted)])
    people = draw_people(RIVERSIDE, STAYS, rng)
    months = np.sort(rng.uniform(0, MONTHS, STAYS))
    risk = expit(logit(people.told_risk) + PLANTED[planted](months))
    cohort = Cohort(
        name="hospital",
        unit_id=np.array([f"u{i}" for i in range(STAYS)]),
        patient_id=people.patient.astype(str),
        site=np.full(STAYS, "hospital"),
        label=(rng.random(STAYS) < risk).astype(np.int8),
        numbers={"months": months},
        provenance=Provenance(
            source="drawn", title="drawn", licence="none", citation="none", fingerprint="0"
        ),
    )
    return Population(name="hospital", cohort=cohort, score=people.told_risk)


def found(seed: int, planted: str) -> dict[str, bool]:
    """Return which of trend, season and chart show something at 5 %."""
    inputs = Inputs(
        populations=(patients(seed, planted),), intervals=IntervalPlan(seed=seed, n_resamples=50)
    )
    output = temporal_drift.run("t", inputs, PARAMS)
    by = {one.measure: one.measurement for one in output.findings if one.subset == "all"}
    trend = by["time_trend"]
    assert isinstance(trend, Estimate)
    assert trend.p_value is not None
    values = {words: by[name] for words, name in P_VALUES.items()}
    assert all(isinstance(one, Estimate) for one in values.values())
    return {"trend": trend.p_value < 0.05} | {
        words: one.value < 0.05 for words, one in values.items() if isinstance(one, Estimate)
    }


def table(seeds: int) -> str:
    """Return how often each part of the check finds something, by what is planted."""
    lines, head = [], ""
    for planted in PLANTED:
        rows = [found(seed, planted) for seed in range(seeds)]
        counts = {name: sum(row[name] for row in rows) for name in rows[0]}
        head = "| planted | seeds | " + " | ".join(counts) + " |"
        lines.append(f"| {planted} | {seeds} | " + " | ".join(map(str, counts.values())) + " |")
    return "\n".join([head, "|---" * (head.count("|") - 1) + "|", *lines]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table(seeds=int(sys.argv[1]) if len(sys.argv) > 1 else 200))
