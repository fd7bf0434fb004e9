"""Times explanations of simulated ICU stays: ``python benchmarks/explanations.py --write PAGE``.

The device is the recipe ``lstm_icu`` as it is, developed on 5,000 simulated stays of 48 hours.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from samd_validate.core.kinds import FitRequest, ReadRequest
from samd_validate.core.model import Attribution, no_progress
from samd_validate.core.plugin import discover
from samd_validate.divide import divide
from samd_validate.models._ensemble import EnsembleModel
from samd_validate.models.recipe import load_recipe
from samd_validate.protocol.folders import shipped
from samd_validate.protocol.schema import Split
from samd_validate.readers.simulated_icu import SimulatedIcuParams, simulated_icu

STAYS = 5000
EXPLAINED = 500
GOAL_SECONDS = 60
HEAD = f"""# Explanations: how long they take

Written by `python benchmarks/explanations.py --write docs/benchmarks_explanations.md`: the recipe
`lstm_icu` (three networks, 28 variables over 48 hours) developed on {STAYS:,} simulated stays, and
attributions of {EXPLAINED} of these. The goal for Shapley values is under {GOAL_SECONDS} s on 2
cores beside the time of training. One core computes; on a machine with other work the time of the
processor is the one to read.

"""
TABLE = (
    "| method | inputs | seconds | of processor time | largest deviation of the sum, log-odds |\n"
    "|---|---|---|---|---|\n"
)


def fitted() -> tuple[EnsembleModel, FitRequest]:
    """Return the device, and what it learned from."""
    from samd_validate import models

    place = ReadRequest(dataset="riverside", place=None, seed=5, window_hours=48)
    cohort = simulated_icu.run(place, SimulatedIcuParams(site="riverside", stays=STAYS))
    parts = divide(cohort, Split(test=0.25, tuning=0.15), 1)
    request = FitRequest(
        name="lstm_icu",
        development=parts.part("development"),
        tuning=parts.part("tuning"),
        variables=tuple(variable.name for variable in cohort.series.variables),
        seed=9,
    )
    recipe, _ = load_recipe("lstm_icu", (shipped("models"),))
    family = discover(models, "model")[recipe.family]
    model: EnsembleModel = family.run(request, family.params.model_validate(recipe.params))
    return model, request


def page() -> str:
    """Return the page with the times of this machine."""
    model, request = fitted()
    stays = request.development.take(np.arange(EXPLAINED))
    ways = (
        lambda: model.attribute(stays, blocks=1, seed=1, progress=no_progress),
        lambda: model.integrated_gradients(stays),
    )
    machine = f"Machine: {os.cpu_count()} cores, {platform.machine()}, {_busy()}.\n\n"
    return HEAD + machine + TABLE + "".join(_row(way) for way in ways)


def _busy() -> str:
    return f"{os.getloadavg()[0]:.1f} runnable processes in the last minute"


def _row(way: Callable[[], Attribution]) -> str:
    begun, of_processor = time.perf_counter(), time.process_time()
    found = way()
    taken, used = time.perf_counter() - begun, time.process_time() - of_processor
    return (
        f"| {found.method} | {len(found.inputs)} | {taken:.1f} | {used:.1f} "
        f"| {found.additivity_error:.1e} |\n"
    )


def main() -> None:
    """Print the page, or write it."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--write", type=Path)
    place = asked.parse_args().write
    text = page()
    sys.stdout.write(text)
    if place is not None:
        place.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
