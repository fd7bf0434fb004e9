"""Whether images elsewhere are other images: how they were taken, and what a network sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from pydantic import Field

from samd_validate.checks._common import Params
from samd_validate.checks.drift.acquisition import described
from samd_validate.checks.drift.columns import Pair, joint, number, numbers_of, standardised
from samd_validate.checks.drift.compared import Compared, comparisons
from samd_validate.checks.drift.findings import (
    addressed,
    nothing_compared,
    of_columns,
    together,
)
from samd_validate.checks.drift.jointly import (
    BOOSTING,
    LINEAR,
    discrepancies,
    most_shifted,
    told_apart,
)
from samd_validate.checks.drift.labels import prevalence_difference
from samd_validate.checks.drift.one_by_one import counted, tested
from samd_validate.checks.drift.shown import forest, ranking, table
from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import NotEstimable
from samd_validate.core.finding import ALL, CheckOutput
from samd_validate.core.inputs import Inputs, IntervalPlan
from samd_validate.core.kinds import check
from samd_validate.core.model import Embedding, Model
from samd_validate.core.seeds import step_seed

JOINT = ("mmd", "mmd_p_value", "c2st_auroc")
OF_STATISTICS = ("ks_distance", "psi", "wasserstein", "missing_difference")
MEASURES = ("n_shifted", "n_shifted_relevant", *JOINT, "prevalence_difference", *OF_STATISTICS)
OF_ACQUISITION = "features=acquisition"


class ImageDriftParams(Params):
    """What is compared with what, on how many images, and how p-values are adjusted."""

    reference: str | None = Field(
        default=None, description="null: the development part, or else the first population"
    )
    internal: bool = Field(default=False, description="compare the internal test part as well")
    leave_out: tuple[str, ...] = Field(
        default=("age_years",), description="numbers of the cohort that are not of acquisition"
    )
    statistics: tuple[str, ...] = Field(
        default=(), description="statistics with findings of their own, such as noise"
    )
    adjust: Literal["holm", "hochberg", "bonferroni", "benjamini-hochberg"] = "holm"
    alpha: float = Field(default=0.05, gt=0, lt=1)
    relevant: float = Field(default=0.1, gt=0, lt=1, description="D that matters")
    permutations: int = Field(default=999, ge=99, le=100_000)
    units: int = Field(default=500, ge=20, description="most images of each")


@check(
    "image_drift",
    version=1,
    params=ImageDriftParams,
    measures=MEASURES,
    needs=("external", "images"),
    requirements=("REQ-MONITORING", "REQ-GENERALISATION"),
)
def image_drift(step: str, inputs: Inputs, params: ImageDriftParams) -> CheckOutput:
    """Compare the images of each external data set with those of development.

    Purpose: another scanner, another stain or another export changes images before any device
    looks at them; this says in what, how far, and whether the sample could have shown it.
    Method: of each image percentiles of grey, contrast, noise (median of a high-pass, so that edges
    hardly count), sharpness (variance of the Laplacian), colour, rows, columns, pixel spacing, and
    the numbers that came with it, each compared by the largest distance D of its distributions
    (Kolmogorov-Smirnov, p-values adjusted), with population stability index and Wasserstein's
    distance. All at once by the maximum mean discrepancy (permutation of patients) and a linear
    classifier of the data set (cross-fitted, patients kept together, p by permutation): on the
    features that the device's own network makes of an image where it shows them, else on a fixed
    description (histogram of grey, spectrum, mean colour), and on the acquisition statistics.
    The outcome by the difference of prevalences, external minus reference.
    How to read it: the effect first: D below 0.1 is small, whatever its p-value. A classifier AUROC
    of 0.5 cannot tell the images apart, 1 always can. A shift in the statistics that the network's
    features do not show is one that the device does not see.
    Limits: other disease moves images too: a shift is of scanner and patients together. A
    classifier that tells images apart perfectly says nothing of how far performance falls.
    """
    found, notes = comparisons(inputs, params.reference, with_internal=params.internal)
    if not found:
        return nothing_compared(step, inputs, notes)
    read = _Read(model=inputs.model)
    outputs = [_of(step, one, params, inputs.intervals, read) for one in found]
    return together(outputs, (*notes, _what_was_embedded(inputs.model)))


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What was read of the images of a cohort: statistics by name, and features of each image."""

    statistics: Mapping[str, FloatArray]
    features: FloatArray


@dataclass(kw_only=True)
class _Read:
    """What was read already, by name: the reference is read once."""

    model: Model | None
    seen: dict[str, _Seen] = field(default_factory=dict)

    def of(self, name: str, cohort: Cohort) -> _Seen:
        """Return what is seen of the images of a cohort."""
        if name not in self.seen:
            statistics, features = described(cohort)
            if isinstance(self.model, Embedding):
                features = self.model.embed(cohort)
            self.seen[name] = _Seen(statistics=statistics, features=features)
        return self.seen[name]


def _what_was_embedded(model: Model | None) -> str:
    if isinstance(model, Embedding):
        what = f"the features that the network of {model.name} makes of an image"
    else:
        what = (
            "a fixed description of each image (histogram of grey, spectrum, mean colour), as the "
            "device shows no features of a network"
        )
    return f"The joint tests of all look at {what}; those of acquisition at the statistics."


def _of(
    step: str, compared: Compared, params: ImageDriftParams, plan: IntervalPlan, read: _Read
) -> CheckOutput:
    part = compared.sampled(params.units, plan.seed)
    groups = part.groups
    if part.reference.images is None or part.other.images is None:
        none = NotEstimable(code="no_images", reason="a data set has no images", n=groups.n)
        return CheckOutput(findings=tuple(addressed(step, compared, {"n_shifted": none})))
    seen = (read.of(part.reference_name, part.reference), read.of(part.id, part.other))
    pairs = _pairs(part, seen, params.leave_out)
    seed = step_seed(plan.seed, f"{step}/{compared.id}")
    labels = groups.labels(params.permutations, seed)
    tests = tested(pairs, groups, seed, params.adjust, plan.level)
    findings = addressed(
        step,
        compared,
        {
            "prevalence_difference": prevalence_difference(compared, plan),
            "n_shifted": counted(tests, groups, params.alpha, plan.level),
            "n_shifted_relevant": counted(tests, groups, params.alpha, plan.level, params.relevant),
        },
    )
    acquisition = joint(pairs)
    network = standardised(np.concatenate([one.features for one in seen]))
    for subset, features in ((ALL, network), (OF_ACQUISITION, acquisition.filled)):
        measured = discrepancies(features, groups, labels, plan.level)
        measured["c2st_auroc"] = told_apart(features, groups, LINEAR, seed, plan.level)
        findings += addressed(step, compared, measured, subset)
    findings += of_columns(step, compared, params.statistics, tests, "statistic")
    share, words = most_shifted(acquisition, groups, BOOSTING, seed)
    return CheckOutput(
        findings=tuple(findings),
        figures=(forest(step, part, tests), ranking(step, part, share, words)),
        tables=(table(step, part, tests, len(tests), params.adjust),),
    )


def _pairs(
    part: Compared, seen: tuple[_Seen, _Seen], leave_out: tuple[str, ...]
) -> tuple[Pair, ...]:
    """Return the statistics of images that differ at all, and the numbers that came with them."""
    absent = [np.full(one.size, np.nan) for one in (part.reference, part.other)]
    names = dict.fromkeys(name for one in seen for name in one.statistics)
    found = [
        number(
            name,
            name.replace("_", " "),
            *(one.statistics.get(name, none) for one, none in zip(seen, absent, strict=True)),
        )
        for name in names
    ]
    found += numbers_of(part)
    return tuple(one for one in found if one.name not in leave_out and _differs(one))


def _differs(pair: Pair) -> bool:
    """Return whether a column holds more than one value; missing is one where others are not."""
    known = pair.values[~pair.is_missing]
    return bool(known.size) and (known.size < pair.values.size or np.ptp(known) > 0)
