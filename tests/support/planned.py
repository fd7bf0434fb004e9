"""What tests of sizes assume."""

from __future__ import annotations

from samd_validate.core.estimate import NotEstimable
from samd_validate.stats.sizes.linear_predictor import (
    normal_predictor,
)
from samd_validate.stats.sizes.planned_measure import Assumed
from samd_validate.stats.sizes.sample_size import (
    SampleSize,
)

SPREAD = normal_predictor(-1.75, 1.47)
ASSUMED = Assumed(
    prevalence=0.2,
    auroc=0.8,
    sensitivity=0.8,
    specificity=0.7,
    threshold=0.2,
    linear_predictor=SPREAD,
    auroc_correlation=0.5,
)


def sized(size: SampleSize | NotEstimable) -> SampleSize:
    assert isinstance(size, SampleSize)
    return size
