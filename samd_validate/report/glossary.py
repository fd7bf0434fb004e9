"""The terms a reader may not know, in plain words."""

from __future__ import annotations

TERMS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "AUPRC",
        "Area under the precision-recall curve: how pure the highest scores are, between the "
        "prevalence (useless) and 1. It rises with prevalence, so it is read beside it.",
        ("auprc",),
    ),
    (
        "AUROC",
        "Area under the receiver operating characteristic curve: the chance that a patient "
        "with the outcome has the higher score than one without it; 0.5 is useless, 1 is perfect.",
        ("auroc",),
    ),
    (
        "Bootstrap",
        "Drawing patients again and again, with replacement, to see how far an estimate "
        "would move with other patients.",
        ("bootstrap", "resample"),
    ),
    (
        "Jackknife",
        "Leaving out one patient at a time, to see how far an estimate would move with other "
        "patients.",
        ("jackknife",),
    ),
    (
        "Brier score",
        "Mean squared distance between predicted risk and what happened; 0 is best.",
        ("brier",),
    ),
    (
        "Calibration",
        "Agreement of predicted risks with observed frequencies. Slope 1 and intercept 0 "
        "are ideal; a slope below 1 means that predictions are too extreme.",
        ("calibration",),
    ),
    (
        "Confidence interval",
        "The range of values that the data are in agreement with, at the stated "
        "level; it speaks of sampling, not of bias.",
        ("confidence interval", "95% ci"),
    ),
    (
        "Decision curve",
        "Net benefit over thresholds, beside those of treating all and none.",
        ("net benefit", "decision curve"),
    ),
    (
        "Dice, IoU",
        "How far two marked areas overlap: twice the common area over the sum of both (Dice), or "
        "the common area over all that either marks (IoU); 1 is the same area, 0 nothing common.",
        ("mean dice", "dice (mean"),
    ),
    (
        "Digest, fingerprint",
        "A number computed from the bytes of a file or data set; any change of "
        "the bytes changes it.",
        ("digest", "fingerprint"),
    ),
    (
        "Discrimination",
        "How well scores separate patients with the outcome from those without.",
        ("discrimination",),
    ),
    (
        "FROC",
        "Share of lesions found against the false marks that an image costs, over all thresholds.",
        ("froc",),
    ),
    (
        "Holm's method",
        "Raises p-values where several comparisons are made, so that one of them is called a "
        "difference by chance no oftener than a single one would be.",
        ("holm",),
    ),
    (
        "Inconclusive",
        "The interval reaches across the limit: the data can neither show that the "
        "limit is kept nor that it is not.",
        ("inconclusive",),
    ),
    (
        "Log-odds",
        "The logarithm of risk divided by one minus risk; contributions to a prediction "
        "add up on this scale.",
        ("log-odds",),
    ),
    (
        "Maximum mean discrepancy",
        "How far two groups of patients lie apart in all columns at once, by the similarity of "
        "pairs of patients; about 0 where nothing differs.",
        ("maximum mean discrepancy",),
    ),
    (
        "Net benefit",
        "True positives less false positives, weighed by the threshold, per patient.",
        ("net benefit",),
    ),
    (
        "Not assessed",
        "There was no number to judge, for the reason given. It is not a pass.",
        ("not assessed",),
    ),
    (
        "Operating point",
        "The score from which on a patient is called positive.",
        ("operating point",),
    ),
    (
        "PPV, NPV",
        "Positive and negative predictive value: of those called positive (negative), the "
        "share with (without) the outcome.",
        ("predictive value",),
    ),
    (
        "Population stability index",
        "Sum over bins of how far two shares lie apart, each weighted by the logarithm of their "
        "ratio; 0 is no change. What chance alone gives depends on the number of patients.",
        ("stability index",),
    ),
    ("Prevalence", "The share of units with the outcome.", ("prevalence",)),
    (
        "Sensitivity, specificity",
        "Of those with (without) the outcome, the share called positive (negative).",
        ("sensitivity", "specificity"),
    ),
    (
        "Shapley value",
        "The share of one input in moving a prediction away from the average, so that "
        "all shares add up to the whole move.",
        ("shap",),
    ),
    (
        "Standardised difference",
        "Difference of two means or shares in units of their common spread; "
        "above 0.1 is often called noticeable.",
        ("standardised", "smd"),
    ),
    (
        "Suspect",
        "A requirement or hazard whose text changed after the run; its evidence has to be "
        "looked at again.",
        ("suspect",),
    ),
)


def terms_in(text: str) -> tuple[tuple[str, str], ...]:
    """Return the terms that occur in a text, in alphabetical order.

    >>> [term for term, _ in terms_in("The Brier score was 0.1")]
    ['Brier score']
    """
    lowered = text.lower()
    return tuple((term, words) for term, words, marks in TERMS if any(m in lowered for m in marks))
