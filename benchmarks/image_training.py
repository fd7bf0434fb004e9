"""Train the U-Net of a protocol and print what no sealed evidence holds: times and waiting.

    python benchmarks/image_training.py protocols/chest_xray_lungs.yaml cxr-lungs=PATH

The tuning part is what Dice is printed of; --test prints the test part's too.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import numpy as np

from samd_validate.core.cohort import Cohort
from samd_validate.core.kinds import FitRequest
from samd_validate.core.model import Segmenting, no_progress
from samd_validate.core.seeds import step_seed
from samd_validate.pipeline import planned
from samd_validate.reading import read_cohorts
from samd_validate.study import split_of


def cpu_seconds() -> float:
    """Return the processor time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def dice(model: Segmenting, cohort: Cohort) -> np.ndarray:
    """Return the Dice of each image of a cohort."""
    drawn, values = model.segmented(cohort), []
    for row in range(cohort.size):
        found = drawn.probability(row) >= drawn.threshold
        truth = np.asarray(cohort.images.reference(row)) > 0
        values.append(2 * (found & truth).sum() / (found.sum() + truth.sum()))
    return np.array(values)


def main() -> None:
    """Train, and print."""
    protocol, *bound = [one for one in sys.argv[1:] if one != "--test"]
    places = {name: Path(path) for name, path in (one.split("=", 1) for one in bound)}
    plan = planned(Path(protocol))
    split = split_of(plan, read_cohorts(plan, places, no_progress))
    model = plan.models[0]
    request = FitRequest(
        name=model.recipe.name,
        development=split.part("development"),
        tuning=split.part("tuning"),
        variables=(),
        seed=step_seed(plan.protocol.seed, f"model/{model.recipe.name}"),
    )
    start, used = time.perf_counter(), cpu_seconds()
    fitted = model.family.run(request, model.params)
    print(f"wall seconds {time.perf_counter() - start:.0f}")
    print(f"processor seconds {cpu_seconds() - used:.0f}")
    print(f"waited share {fitted.waited_share:.3f}, best epochs {fitted.card['best_epochs']}")
    for part in ("tuning", "test") if "--test" in sys.argv else ("tuning",):
        values = dice(fitted, split.part(part))
        low = np.quantile(values, 0.1)
        print(f"{part}: n {values.size}, mean Dice {values.mean():.4f}, worst decile {low:.4f}")


if __name__ == "__main__":
    main()
