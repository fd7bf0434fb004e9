"""The words of the report: measures, populations, outcomes, and how counts are written."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from samd_validate.core.bundle import Bundle, CohortSummary

BANNER = "SIMULATED DATA - NOT CLINICAL EVIDENCE"
SHORT_DIGEST = 12

MEASURES: Mapping[str, str] = MappingProxyType(
    {
        "auroc": "AUROC (area under the ROC curve)",
        "auprc": "AUPRC (area under the precision-recall curve)",
        "auprc_lift": "AUPRC relative to prevalence",
        "prevalence": "Prevalence of the outcome",
        "slope": "Calibration slope",
        "calibration_slope": "Calibration slope",
        "intercept": "Calibration intercept",
        "calibration_intercept": "Calibration intercept",
        "brier": "Brier score",
        "scaled_brier": "Scaled Brier score",
        "brier_scaled": "Scaled Brier score",
        "ici": "Integrated calibration index",
        "ece": "Expected calibration error",
        "mean_predicted": "Mean predicted risk",
        "observed": "Observed frequency",
        "observed_rate": "Observed frequency",
        "observed_expected": "Observed to expected ratio",
        "oe_ratio": "Observed to expected ratio",
        "expected_observed": "Expected to observed ratio",
        "sensitivity": "Sensitivity",
        "specificity": "Specificity",
        "ppv": "Positive predictive value",
        "npv": "Negative predictive value",
        "lr_pos": "Positive likelihood ratio",
        "lr_neg": "Negative likelihood ratio",
        "calibration_in_the_large": "Calibration-in-the-large",
        "observed_expected_ratio": "Observed/expected ratio",
        "net_benefit": "Net benefit",
        "flagged": "Share of patients flagged",
        "alert_rate": "Share of patients flagged",
        "f1": "F1 score",
        "accuracy": "Accuracy",
        "balanced_accuracy": "Balanced accuracy",
        "dice": "Dice (mean over cases)",
        "iou": "IoU (mean over cases)",
        "precision": "Share of marked pixels that are right",
        "recall": "Share of reference pixels that are marked",
        "pixel_accuracy": "Pixel accuracy (misleads where little is marked)",
        "hd95": "95th percentile of surface distances (median)",
        "assd": "Mean surface distance (median)",
        "surface_dice": "Surface Dice",
        "lesion_sensitivity": "Share of lesions found",
        "lesion_precision": "Share of marked lesions that are right",
        "lesion_f1": "F1 of lesions",
        "lesion_fp": "False lesions per image",
        "froc_1_8": "Lesions found at 1/8 false mark an image",
        "froc_1_4": "Lesions found at 1/4 false mark an image",
        "froc_1_2": "Lesions found at 1/2 false mark an image",
        "froc_1": "Lesions found at 1 false mark an image",
        "froc_2": "Lesions found at 2 false marks an image",
        "froc_4": "Lesions found at 4 false marks an image",
        "froc_8": "Lesions found at 8 false marks an image",
        "froc_mean": "Lesions found, mean over 1/8 to 8 false marks",
        "dice_present": "Dice where there is a structure",
        "dice_worst_decile": "Dice that nine cases of ten reach",
        "pixel_calibration_error": "Calibration error of pixels (root mean square)",
        "pointing_game": "Maps whose maximum lies in the reference",
        "energy_inside": "Share of a map inside the reference",
        "reference_area": "Share of the image that the reference is",
        "energy_beyond_area": "Share of a map inside, beyond the area's",
        "energy_in_region": "Share of a map inside the organ",
        "iou_030": "IoU of reference and map, cut at 0.3",
        "iou_050": "IoU of reference and map, cut at 0.5",
        "auroc_beyond_mirror": "AUROC lost beyond hiding the mirror image",
        "additivity_error": "Largest deviation of the sum of contributions (log-odds)",
        "importance_rank": "Rank by size of the contribution",
        "attribution_correlation": "Rank correlation with another attribution",
        "size_correlation": "Rank correlation of sizes with another attribution",
        "deletion_gain": "Gain over random order when parts are deleted (log-odds)",
        "insertion_gain": "Gain over random order when parts are inserted (log-odds)",
        "noise_change": "Change of contributions under noise (relative)",
        "planted_recovery": "Pairs of inputs in the order of the truth",
        "saliency_correlation": "Rank correlation with another map",
        "effect_of_one_sd": "Change of the log-odds with one SD of the variable",
        "directions_contradicted": "Directions that contradict what was expected",
        "score_change": "Mean change of the score",
        "alarm_rate": "Share of patients with an alarm",
        "set_coverage": "Prediction sets that hold the outcome",
        "share_undecided": "Predictions without a single outcome in their set",
        "share_deferred": "Share of predictions left to a human",
        "sensitivity_kept": "Sensitivity among the predictions kept",
        "specificity_kept": "Specificity among the predictions kept",
        "ppv_kept": "Positive predictive value among the predictions kept",
        "npv_kept": "Negative predictive value among the predictions kept",
        "time_trend": "Trend over the whole time, log-odds given the score",
        "season_range": "Log-odds between best and worst season, given the score",
        "season_p_value": "p-value of a season",
        "cusum_more_p_value": "CUSUM for more events than expected, p-value",
        "cusum_fewer_p_value": "CUSUM for fewer events than expected, p-value",
        "ewma_p_value": "EWMA of observed less expected events, p-value",
        "slices_confirmed": "Slices confirmed on other patients",
        "demographic_parity_difference": "Gap in the share with an alarm (demographic parity)",
        "equal_opportunity_difference": "Gap in sensitivity (equal opportunity)",
        "equalised_odds_difference": "Gap in sensitivity or false alarms (equalised odds)",
        "smd": "Standardised mean difference",
        "n_shifted": "Variables that shifted",
        "n_shifted_relevant": "Variables that shifted by more than is relevant",
        "mmd": "Squared maximum mean discrepancy",
        "mmd_p_value": "P-value of the maximum mean discrepancy",
        "c2st_auroc": "AUROC of a classifier of the data set",
        "ks_distance": "Largest distance of distributions (D)",
        "cramers_v": "Cramér's V",
        "psi": "Population stability index",
        "wasserstein": "Mean distance that values must move (SD)",
        "intercept_drift": "Log-odds of the outcome given the score, here less reference",
        "slope_drift": "Slope of recalibration, here less reference",
        "recalibration_p_value": "P-value of another recalibration",
        "residual_p_value": "P-value of other residuals by score",
        "auroc_change": "Change of the AUROC, here less reference",
        "auroc_change_case_mix": "Change of the AUROC by case mix",
        "auroc_change_calibration": "Change of the AUROC by calibration",
        "auroc_change_ranking": "Change of the AUROC by ranking",
        "missing_difference": "Difference in the share of missing values",
        "strongest_single_auroc": "Strongest single AUROC",
        "mask_auroc": "AUROC of what was measured",
        "looks": "Times that these labels were scored, this run included",
        "count_auroc": "AUROC of how often it was measured",
    }
)

ENDINGS = {
    "_difference_to_rest": "Difference to the rest in {}",
    "_difference_to_reference": "Difference to the reference group in {}",
    "_largest_gap": "Largest gap in {}",
    "_site_mean": "Mean over sites of {}",
    "_further_site": "{} at a further site",
    "_site_i2": "Share of differences between sites in {} that is not chance (I2)",
    "_site_tau2": "Variance between sites of {} (tau2)",
    "_difference": "Difference in {}",
    "_diff": "Difference in {}",
}

OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        "PASS": "Pass",
        "FAIL": "Fail",
        "INCONCLUSIVE": "Inconclusive",
        "NOT_ASSESSED": "Not assessed",
    }
)


def measure_words(measure: str) -> str:
    """Return a measure's name for a reader.

    >>> measure_words("ppv"), measure_words("auroc_difference"), measure_words("my_index")
    ('Positive predictive value', 'Difference in AUROC', 'My index')
    """
    if measure in MEASURES:
        return MEASURES[measure]
    for ending, words in ENDINGS.items():
        if measure.endswith(ending):
            said = words.format(_inside(measure.removesuffix(ending)))
            return said[:1].upper() + said[1:]
    words = measure.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _inside(measure: str) -> str:
    words = MEASURES.get(measure, measure.replace("_", " ")).split(" (")[0]
    return words if words[:2].isupper() else words[:1].lower() + words[1:]


def population_words(population: str, bundle: Bundle) -> str:
    """Return how a population is called: the internal test part, or an external data set."""
    if population in ("test", "tuning", "development"):
        return f"Internal {population} part"
    known = {cohort.id: cohort for cohort in bundle.cohorts}
    if population in known and known[population].role == "external":
        return f"External: {population}"
    return population


def units_words(cohort: CohortSummary) -> str:
    """Return what the units of a data set are: images, or stays where its flow does not tell."""
    counted = [row.counted for row in cohort.flow if row.kind == "kept"]
    return counted[0] if counted else "stays"


def is_of_images(bundle: Bundle) -> bool:
    """Return whether the units of a run are images."""
    return any(units_words(cohort) == "images" for cohort in bundle.cohorts)


def event_words(measure: str) -> str:
    """Return what is counted beside the units of a measure.

    >>> event_words("auroc"), event_words("lesion_f1")
    ('events', 'lesions')
    """
    return "lesions" if measure.startswith(("lesion_", "froc_")) else "events"


def subset_words(subset: str) -> str:
    """Return a subset in words.

    >>> subset_words("all"), subset_words("sex=F"), subset_words("sex=F&age_band=80+")
    ('All', 'sex: F', 'sex: F, age band: 80+')
    >>> subset_words("age_band")
    'age band'
    """
    if subset == "all":
        return "All"
    parts = [part.partition("=") for part in subset.split("&")]
    return ", ".join(
        name.replace("_", " ") + (f": {value}" if mark else "") for name, mark, value in parts
    )


def subset_names(subset: str) -> tuple[str, ...]:
    """Return the groups that a subset is of, one by one.

    >>> subset_names("sex=F&age_band=80+"), subset_names("all")
    (('sex: F', 'age band: 80+'), ())
    """
    return () if subset == "all" else tuple(map(subset_words, subset.split("&")))


def count_words(count: int | None) -> str:
    """Return a count with thin spaces between thousands, or a dash for what was not counted.

    >>> count_words(1234) == "1\u202f234", count_words(None)
    (True, '–')
    """
    return "–" if count is None else f"{count:,}".replace(",", "\u202f")


def short_digest(digest: str) -> str:
    """Return the first twelve hexadecimal digits of a digest.

    >>> short_digest("sha256:0123456789abcdef")
    '0123456789ab'
    """
    return digest.removeprefix("sha256:")[:SHORT_DIGEST] or "none"


def headline(bundle: Bundle) -> tuple[str, str]:
    """Return the verdict headline and its look (an outcome in lower case)."""
    outcomes = [verdict.outcome.value for verdict in bundle.all_verdicts]
    if not outcomes:
        return "No acceptance criteria: nothing was judged", "not_assessed"
    counts = {name: outcomes.count(name) for name in OUTCOMES}
    parts = [
        f"{counts[name]} {words}"
        for name, words in (
            ("PASS", "met"),
            ("FAIL", "not met"),
            ("INCONCLUSIVE", "inconclusive"),
            ("NOT_ASSESSED", "not assessed"),
        )
        if counts[name]
    ]
    look = next(name for name in ("FAIL", "NOT_ASSESSED", "INCONCLUSIVE", "PASS") if counts[name])
    noun = "criterion" if len(outcomes) == 1 else "criteria"
    return f"{len(outcomes)} {noun}: {', '.join(parts)}", look.lower()
