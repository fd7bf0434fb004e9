"""Assesses recipes on PhysioNet/CinC Challenge 2012: learned on set-a, assessed on set-b.

``python benchmarks/icu_models.py PATH lstm_icu gru_d_icu --write PAGE``; PATH holds the Challenge's
files. Division, seed, threshold rule and intervals are those of the protocol
``icu_mortality_physionet_2012``. ``--within-set-a`` holds out a fifth of set-a in place of set-b.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from samd_validate.core.arrays import Column
from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.estimate import Estimate, Measurement
from samd_validate.core.inputs import IntervalPlan
from samd_validate.core.kinds import FitRequest, ReadRequest
from samd_validate.core.model import Model
from samd_validate.core.plugin import discover
from samd_validate.core.seeds import step_seed
from samd_validate.divide import divide
from samd_validate.models._ensemble import EnsembleModel
from samd_validate.models._recalibrate import logistic
from samd_validate.models.recipe import load_recipe
from samd_validate.protocol.folders import shipped
from samd_validate.protocol.load import load_protocol
from samd_validate.readers.physionet_2012 import Physionet2012Params, physionet_2012
from samd_validate.stats.engine import choose_threshold, estimate
from samd_validate.stats.sample import Sample

PROTOCOL = "icu_mortality_physionet_2012.yaml"
HEAD = (
    "| Model | AUROC | AUPRC | Sensitivity | PPV | Score 1 | Minutes |\n"
    "|---|---|---|---|---|---|---|\n"
)
MEASURES = ("auroc", "auprc")
AT_THRESHOLD = ("sensitivity", "ppv")


def rows(place: Path, recipes: list[str], *, within: bool) -> Iterator[str]:
    """Yield a row for each recipe, and one for SAPS-I on the same stays."""
    protocol = load_protocol(shipped("protocols") / PROTOCOL).protocol
    home = _read(place, "a")
    split = protocol.split.model_copy(update={"test": 0.2} if within else {})
    parts = divide(home, split, protocol.seed)
    assessed = parts.part("test") if within else _read(place, "b")
    intervals = IntervalPlan(n_resamples=protocol.intervals.resamples, seed=protocol.seed)
    request = FitRequest(
        name="",
        development=parts.part("development"),
        tuning=parts.part("tuning"),
        variables=tuple(variable.name for variable in home.series.variables),
        seed=protocol.seed,
    )
    for name in recipes:
        yield _row(name, request, assessed, intervals)
    yield _severity(assessed, intervals)


def _read(place: Path, which: str) -> Cohort:
    request = ReadRequest(dataset=f"set_{which}", place=str(place), seed=0, window_hours=48)
    return physionet_2012.run(request, Physionet2012Params(set=which))


def _row(name: str, request: FitRequest, assessed: Cohort, intervals: IntervalPlan) -> str:
    from samd_validate import models

    begun = time.monotonic()
    recipe, _ = load_recipe(name, (Path("models"), shipped("models")))
    family = discover(models, "model")[recipe.family]
    mine = replace(request, name=name, seed=step_seed(request.seed, f"model/{name}"))
    model = family.run(mine, family.params.model_validate(recipe.params))
    tuned = model.predict(request.tuning)
    threshold = choose_threshold("min_sensitivity_ppv", request.tuning.label, tuned)
    minutes = (time.monotonic() - begun) / 60
    measured = _measured(assessed, model.predict(assessed), float(threshold), intervals)
    cells = [_words(one) for one in measured.values()]
    both = [measured[name].value for name in AT_THRESHOLD]
    row = f"| `{name}` | {' | '.join(cells)} | {min(both):.4f} | {minutes:.1f} |\n"
    return row + "".join(_apart(model, assessed, intervals))


def _apart(model: Model, assessed: Cohort, intervals: IntervalPlan) -> Iterator[str]:
    """Yield how its networks, and its additive part, rank without the other."""
    if not isinstance(model, EnsembleModel) or model.additive is None:
        return
    for words, part in (
        ("its networks alone", replace(model, additive=None)),
        ("its additive part alone", replace(model, additive_share=1.0)),
    ):
        score = logistic(part.raw_log_odds(assessed))
        sample = Sample(
            label=assessed.label, score=score, cluster=assessed.patient_id, threshold=None
        )
        cells = [_words(one) for one in estimate(MEASURES, sample, intervals).values()]
        yield f"| {words} | {' | '.join(cells)} | | | | |\n"


def _measured(
    cohort: Cohort, score: Column, threshold: float, intervals: IntervalPlan
) -> dict[str, Measurement]:
    sample = Sample(label=cohort.label, score=score, cluster=cohort.patient_id, threshold=threshold)
    return estimate((*MEASURES, *AT_THRESHOLD), sample, intervals)


def _words(one: Measurement) -> str:
    if not isinstance(one, Estimate):
        return one.reason
    return f"{one.value:.4f} ({one.low:.3f} to {one.high:.3f})"


def _severity(cohort: Cohort, intervals: IntervalPlan) -> str:
    """Return the row of SAPS-I, on the stays that have one."""
    points = cohort.numbers["saps_i"]
    known = np.isfinite(points)
    score = np.clip(points[known] / 60, 0, 1)
    sample = Sample(
        label=cohort.label[known], score=score, cluster=cohort.patient_id[known], threshold=None
    )
    cells = [_words(one) for one in estimate(MEASURES, sample, intervals).values()]
    return f"| SAPS-I, {int(known.sum())} stays that have it | {' | '.join(cells)} | | | | |\n"


def main() -> None:
    """Print the table, or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("place", type=Path, metavar="PATH")
    parser.add_argument("recipes", nargs="+", metavar="RECIPE")
    parser.add_argument("--within-set-a", action="store_true", help="leave set-b alone")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the table there")
    arguments = parser.parse_args()
    text = HEAD
    try:
        for row in rows(arguments.place, arguments.recipes, within=arguments.within_set_a):
            sys.stderr.write(row)
            text += row
    except CannotRun as error:
        parser.error(str(error))
    if arguments.write is None:
        sys.stdout.write(text)
    else:
        arguments.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
