"""Limits without resampling: of the AUROC, of shares, of likelihood ratios, by the jackknife.

Each takes patients with several rows into account: placement values are summed by patient, a
share's sample size is divided by its design effect, the jackknife leaves out whole patients.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from scipy.stats import t as student

from samd_validate.core.arrays import BoolArray
from samd_validate.stats.intervals.delong import delong, delong_interval, separated_interval
from samd_validate.stats.intervals.from_draws import LeftOut, Limits, around
from samd_validate.stats.intervals.proportions import agresti_coull, clopper_pearson, wilson
from samd_validate.stats.intervals.scales import SCALES
from samd_validate.stats.measures import MEASURES
from samd_validate.stats.sample import Sample

SHARES: Mapping[str, Callable[[float, float, float], Limits]] = MappingProxyType(
    {"wilson": wilson, "clopper-pearson": clopper_pearson, "agresti-coull": agresti_coull}
)
AUROC_METHODS = ("delong", "delong-logit", "delong-logit-t")
FEWEST_FOR_LOG = 2
LIKELIHOOD_RATIOS = ("lr_pos", "lr_neg")


def limits_of_auroc(sample: Sample, method: str, level: float) -> tuple[Limits, str]:
    """Return the limits of an AUROC and the words for their method."""
    one = delong(sample.label, sample.score, sample.codes)
    if one.auroc in (0.0, 1.0):
        return separated_interval(one, level), "exact, disjoint pairs"
    limits = delong_interval(
        one, level, on_log_odds="logit" in method, with_student=method.endswith("-t")
    )
    words = "DeLong" + (" on the log-odds scale" if "logit" in method else "")
    words += ", Student's t" if method.endswith("-t") else ""
    return limits, words + (clustered(sample))


def limits_of_share(
    measure: str, sample: Sample, method: str, level: float
) -> tuple[Limits, str] | None:
    """Return the limits of a share and the words for their method; None without rows to count."""
    of, hit = counted(measure, sample)
    n = int(of.sum())
    if n == 0:
        return None
    hits = int(np.count_nonzero(of & hit))
    words = {"wilson": "Wilson", "clopper-pearson": "Clopper-Pearson"}.get(method, "Agresti-Coull")
    if sample.n_clusters == sample.n:
        return SHARES[method](hits, n, level), words
    effective = n / design_effect(of, hit, sample)
    return SHARES[method](hits / n * effective, effective, level), words + clustered(sample)


def clustered(sample: Sample) -> str:
    """Return the words that say that patients have several rows."""
    return ", by patient" if sample.n_clusters < sample.n else ""


def counted(measure: str, sample: Sample) -> tuple[BoolArray, BoolArray]:
    """Return which rows are counted for a share ``(n,)``, and which of them are hits."""
    event, everyone = sample.label == 1, np.ones(sample.n, dtype=np.bool_)
    if measure == "prevalence":
        return everyone, event
    if sample.threshold is None:
        raise ValueError("threshold must be given for this measure")
    alarm = sample.score >= sample.threshold
    return {
        "sensitivity": (event, alarm),
        "specificity": (~event, ~alarm),
        "ppv": (alarm, event),
        "npv": (~alarm, ~event),
        "alarm_rate": (everyone, alarm),
    }[measure]


def design_effect(of: BoolArray, hit: BoolArray, sample: Sample) -> float:
    """Return by how much rows of the same patients inflate the variance of a share.

    The variance of the ratio of patient sums over that of independent rows (Rao & Scott 1992,
    doi:10.2307/2532311), with Student's for the normal quantile at the number of patients.
    Without a spread (all hits, or none) patients count once each.
    """
    codes = np.unique(sample.codes[of], return_inverse=True)[1]
    n, patients = codes.size, int(codes.max()) + 1
    share = float(hit[of].mean())
    if patients < 2:  # noqa: PLR2004  # one patient has no spread
        return float(n)
    if share in (0.0, 1.0):
        return n / patients
    residual = np.bincount(codes, weights=hit[of] - share, minlength=patients)
    variance = float((residual**2).sum()) * patients / (patients - 1) / n**2
    inflation = (student.ppf(0.975, patients - 1) / student.ppf(0.975, 1e9)) ** 2
    return max(float(variance / (share * (1 - share) / n)), 1 / n) * float(inflation)


def limits_of_ratio(measure: str, sample: Sample, level: float) -> Limits | None:
    """Return the limits of a likelihood ratio on the log scale; None where a count is below 2.

    Ref. Simel, Samsa & Matchar 1991, doi:10.1016/0895-4356(91)90128-V.
    """
    a, m, b, k = _counts_of_ratio(measure, sample)
    if min(a, b) < FEWEST_FOR_LOG:
        return None
    error = float(np.sqrt(1 / a - 1 / m + 1 / b - 1 / k))
    value = (a / m) / (b / k)
    return around(value, value * error, level, SCALES["log"])


def limits_by_mover(measure: str, value: float, sample: Sample, level: float) -> Limits | None:
    """Return the limits of a likelihood ratio from Wilson's limits of its two shares.

    They hold where a count is 0 or few patients have the event. None where the lower limit of the
    denominator is 0. Ref. Donner & Zou 2012, doi:10.1177/0962280210383222 (MOVER-R).
    """
    a, m, b, k = _counts_of_ratio(measure, sample)
    of_events, of_others = (
        limits_of_share(share, sample, "wilson", level) for share in ("sensitivity", "specificity")
    )
    if of_events is None or of_others is None or b == 0:
        return None
    (low_1, high_1), (low_2, high_2) = of_events[0], of_others[0]
    if measure == "lr_pos":
        low_2, high_2 = 1 - high_2, 1 - low_2
    else:
        low_1, high_1 = 1 - high_1, 1 - low_1
    top, bottom = a / m, b / k
    both = top * bottom
    under = both**2 - low_1 * high_2 * (2 * top - low_1) * (2 * bottom - high_2)
    over = both**2 - high_1 * low_2 * (2 * top - high_1) * (2 * bottom - low_2)
    if low_2 == 0:
        return None
    low = (both - np.sqrt(max(under, 0.0))) / (high_2 * (2 * bottom - high_2))
    high = (both + np.sqrt(max(over, 0.0))) / (low_2 * (2 * bottom - low_2))
    return (max(0.0, float(low)), float(high)) if low <= value <= high else None


def _counts_of_ratio(measure: str, sample: Sample) -> tuple[int, int, int, int]:
    """Return the events that count and all, and the non-events that count and all."""
    events, alarm = counted("sensitivity", sample)
    hits = alarm if measure == "lr_pos" else ~alarm
    a, b = int((events & hits).sum()), int((~events & hits).sum())
    return a, int(events.sum()), b, int((~events).sum())


def limits_by_jackknife(
    measure: str, value: float, left: LeftOut, level: float
) -> tuple[Limits, str] | None:
    """Return Student limits from left-out patients, on the scale of the measure.

    None where the value lies on the border of its scale or no patient moves it.
    """
    scale = SCALES[MEASURES[measure].scale]
    error = left.standard_error
    if not scale.holds(value) or error == 0:
        return None
    where = "" if scale.name == "identity" else f" on the {scale.name} scale"
    words = f"jackknife over patients{where}, Student's t"
    return around(value, error, level, scale, left.degrees_of_freedom), words
