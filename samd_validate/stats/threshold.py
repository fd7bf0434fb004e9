"""Choosing an operating point on tuning data; never on the data that it is assessed on."""

from __future__ import annotations

import numpy as np

from samd_validate.core.arrays import Column


def choose_threshold(rule: str, label: Column, score: Column, target: float | None = None) -> float:
    """Return a threshold at one of the scores; a score of at least it is positive.

    ``youden`` maximises sensitivity + specificity - 1 (Youden 1950,
    doi:10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3); ``sensitivity`` is the
    highest threshold with at least the target; ``min_sensitivity_ppv`` maximises the smaller of
    sensitivity and PPV.

    >>> choose_threshold("sensitivity", np.array([0, 1, 1]), np.array([0.1, 0.4, 0.8]), 0.5)
    0.8

    Raises
    ------
    ValueError
        For an unknown rule, one class only, or a missing target.
    """
    if label.size == 0 or label.min() == label.max():
        raise ValueError("label must hold both classes")
    order = np.argsort(-score, kind="stable")
    ordered = score[order].astype(np.float64)
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    tp = np.cumsum(label[order])[last].astype(np.float64)
    alarms = last + 1.0
    sensitivity = tp / label.sum()
    if rule == "youden":
        specificity = 1 - (alarms - tp) / (label.size - label.sum())
        best = int(np.argmax(sensitivity + specificity))
    elif rule == "min_sensitivity_ppv":
        best = int(np.argmax(np.minimum(sensitivity, tp / alarms)))
    elif rule == "sensitivity" and target is not None:
        best = int(np.argmax(sensitivity >= target))
    else:
        raise ValueError(f"rule {rule!r} with target {target} is not known")
    return float(ordered[last[best]])
