"""Every plug-in has its page, its words for readers, and requirements that exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from samd_validate import checks, models, readers
from samd_validate.checks.attribution_sanity import MEASURES as SANITY_MEASURES
from samd_validate.checks.concept_drift import MEASURES as CONCEPT_DRIFT_MEASURES
from samd_validate.checks.corruption import MEASURES as CORRUPTION_MEASURES
from samd_validate.checks.covariate_drift import MEASURES as COVARIATE_DRIFT_MEASURES
from samd_validate.checks.deferral import MEASURES_GIVEN as DEFERRAL_MEASURES
from samd_validate.checks.fairness import MEANING as FAIRNESS_MEASURES
from samd_validate.checks.gradcam import MEASURES as GRADCAM_MEASURES
from samd_validate.checks.image_drift import MEASURES as IMAGE_DRIFT_MEASURES
from samd_validate.checks.leakage import MEASURES as LEAKAGE_MEASURES
from samd_validate.checks.lesion_detection import MEASURES as FROC_MEASURES
from samd_validate.checks.missingness import MEASURES as MISSINGNESS_MEASURES
from samd_validate.checks.model_leakage import MEASURES as MODEL_LEAKAGE_MEASURES
from samd_validate.checks.pooled.over_sites import NAMES as SITE_MEASURES
from samd_validate.checks.saliency_sanity import MEASURES as SALIENCY_MEASURES
from samd_validate.checks.temporal_drift import MEASURES as TEMPORAL_DRIFT_MEASURES
from samd_validate.core.errors import CannotRun
from samd_validate.core.plugin import Plugin, discover, plugin
from samd_validate.models import augmentation, imputation
from samd_validate.models.recipe import load_recipe
from samd_validate.protocol.folders import ROOT, shipped
from samd_validate.readers.simulation.people import HILLCREST, INTERCEPT
from samd_validate.readers.simulation.variables import ORGANS, SIMULATED
from samd_validate.stats.engine import MEASURES
from samd_validate.stats.segmentation.case_measures import CASE_MEASURES
from samd_validate.trace.requirements import load_requirements

PLUGINS = [
    one
    for package, kind in ((checks, "check"), (models, "model"), (readers, "reader"))
    for one in discover(package, kind).values()
]
IMPUTATIONS = list(discover(imputation, "imputation").values())
AUGMENTATIONS = list(discover(augmentation, "augmentation").values())
CHECKS = [one for one in PLUGINS if one.kind == "check"]


@pytest.mark.parametrize("one", PLUGINS, ids=lambda one: one.name)
@pytest.mark.requirement("SW-PLUGIN-COMPANIONS")
def test_plugin_has_a_page_of_its_method(one: Plugin[Any]) -> None:
    page = ROOT / "docs" / "methods" / f"{one.name}.md"
    assert "Shown by" in page.read_text() or "checks" in page.read_text()


@pytest.mark.parametrize("one", IMPUTATIONS, ids=lambda one: one.name)
def test_imputation_has_a_section_and_says_what_it_does(one: Plugin[Any]) -> None:
    page = (ROOT / "docs" / "methods" / "imputation.md").read_text()
    assert f"\n## {one.name}\n" in page
    assert f"| `{one.name}`" in page
    assert one.doc


@pytest.mark.parametrize("one", AUGMENTATIONS, ids=lambda one: one.name)
def test_augmentation_has_a_section_and_says_what_it_does(one: Plugin[Any]) -> None:
    page = (ROOT / "docs" / "methods" / "augmentation.md").read_text()
    assert f"\n## {one.name}\n" in page
    assert f"| `{one.name}`" in page
    assert one.doc


@pytest.mark.parametrize("one", CHECKS, ids=lambda one: one.name)
@pytest.mark.requirement("SW-PLUGIN-COMPANIONS")
def test_check_says_purpose_method_reading_and_limits(one: Plugin[Any]) -> None:
    for words in ("Purpose:", "Method:", "How to read it:", "Limits:"):
        assert words in one.doc


@pytest.mark.parametrize("one", CHECKS, ids=lambda one: one.name)
@pytest.mark.requirement("SW-PLUGIN-COMPANIONS")
def test_check_gives_evidence_for_requirements_that_exist(one: Plugin[Any]) -> None:
    known = load_requirements(shipped("traceability")).requirements
    assert one.requirements
    assert set(one.requirements) <= known.keys()


def test_measures_of_checks_are_known_to_the_statistics() -> None:
    own = {
        "additivity_error",
        "importance_rank",
        "score_change",
        *GRADCAM_MEASURES,
        "dice_present",
        *FROC_MEASURES,
        "pixel_calibration_error",
        *SANITY_MEASURES,
        *SALIENCY_MEASURES,
        "dice_worst_decile",
        *CASE_MEASURES,
        *CORRUPTION_MEASURES,
        *LEAKAGE_MEASURES,
        *MODEL_LEAKAGE_MEASURES,
        *MISSINGNESS_MEASURES,
        *FAIRNESS_MEASURES,
        "effect_of_one_sd",
        "directions_contradicted",
        "slices_confirmed",
        "auroc_beyond_mirror",
        *SITE_MEASURES,
        *TEMPORAL_DRIFT_MEASURES,
        *DEFERRAL_MEASURES,
        *CONCEPT_DRIFT_MEASURES,
        *COVARIATE_DRIFT_MEASURES,
        *IMAGE_DRIFT_MEASURES,
    }
    for one in CHECKS:
        for measure in one.measures:
            base = re.sub(r"_(difference(_to_rest|_to_reference)?|largest_gap)$", "", measure)
            assert measure in own or base in own | MEASURES.keys()


@pytest.mark.parametrize("path", sorted(shipped("models").glob("*.yaml")), ids=lambda p: p.stem)
def test_recipe_names_a_family_and_parameters_that_exist(path: Path) -> None:
    recipe, _ = load_recipe(path.stem, (path.parent,))
    family = discover(models, "model")[recipe.family]
    assert family.params.model_validate(recipe.params)
    assert recipe.name == path.stem


def test_recipe_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(CannotRun, match="did you mean 'lstm_icu'"):
        load_recipe("lstm_ics", (shipped("models"),))


def test_two_plugins_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def run() -> None:
        """Do nothing."""

    run.__module__ = "samd_validate.checks.calibration"
    double = plugin("check", "discrimination", version=1, params=dict)(run)
    monkeypatch.setattr("samd_validate.checks.calibration.double", double, raising=False)
    with pytest.raises(CannotRun, match="defined in"):
        discover(checks, "check")


def test_page_of_the_simulated_hospitals_has_the_numbers_of_the_code() -> None:
    page = (ROOT / "docs" / "methods" / "simulated_icu.md").read_text()
    for one in SIMULATED:
        v = one.variable
        assert f"| {v.name} | {v.unit} | {v.low:g} to {v.high:g} | {one.panel} | " in page
        assert f"{ORGANS[one.organ]} | {one.usual:g} | {one.spread:g} | {one.loading:g} |" in page
    assert f"logit P(death) = {INTERCEPT:g} " in page
    assert f"x {HILLCREST.odds_factor:.1f}" in page
