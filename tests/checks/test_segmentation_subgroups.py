"""Groups of cases: too small or unknown ones stay, sizes are classed, p-values are adjusted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_images import Bright, Maps, cohort_of
from pydantic import ValidationError
from statsmodels.stats.multitest import multipletests

from samd_validate.checks.marked.case_groups import size_masks, sizes_of
from samd_validate.checks.marked.quality import dice_cases
from samd_validate.checks.segmentation_subgroups import (
    SegmentationSubgroupsParams,
    segmentation_subgroups,
)
from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.report.figures import draw
from samd_validate.stats.segmentation.case_estimates import estimate_cases
from samd_validate.stats.segmentation.group_differences import difference_groups

PLAN = IntervalPlan(n_resamples=200, seed=1)
N = 60


def grouped(n: int = N, per_patient: int = 2) -> Cohort:
    """Return squares, a third of them seen from the side, five by a scanner of their own."""
    cohort = cohort_of("here", n, per_patient=per_patient)
    view = np.where(np.arange(n) % 3 == 0, "side", "front")
    scanner = np.where(np.arange(n) < 5, "new", "old")
    return replace(cohort, groups={"view": view, "scanner": scanner, "sex": np.full(n, "")})


def population(cohort: Cohort, lost: int = 4) -> Population:
    """Return what a device marks that loses columns of the squares seen from the side."""
    assert cohort.images is not None
    generator = np.random.default_rng(8)
    maps: list[FloatArray] = []
    for row in range(cohort.size):
        reference = cohort.images.reference(row)
        assert reference is not None
        found = (np.asarray(reference) > 0).astype(np.float64)
        rows, columns = np.nonzero(found)
        found[rows.min() : rows.min() + int(generator.integers(1, 4))] = 0
        if cohort.groups and cohort.groups["view"][row] == "side":
            found[:, columns.min() : columns.min() + lost] = 0
        maps.append(found)
    score = np.ones(cohort.size)
    drawn = {"device": Maps(maps=tuple(maps))}
    return Population(name="test", cohort=cohort, score=score, segmentations=drawn)


def run(*populations: Population, **params: object) -> CheckOutput:
    inputs = Inputs(populations=populations, intervals=PLAN)
    chosen = SegmentationSubgroupsParams.model_validate(params)
    output: CheckOutput = segmentation_subgroups.run("s", inputs, chosen)
    return output


def rows(output: CheckOutput) -> dict[tuple[str, str], Measurement]:
    return {(one.subset, one.measure): one.measurement for one in output.findings}


def known(found: Measurement) -> Estimate:
    assert isinstance(found, Estimate)
    return found


@pytest.mark.parametrize(
    "params",
    [{"sizes": []}, {"sizes": [5, 5]}, {"sizes": [0, 5]}, {"sizes": "thirds"}, {"measures": []}],
)
def test_parameters_that_part_nothing_are_refused(params: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SegmentationSubgroupsParams.model_validate(params)


def test_device_that_marks_nothing_has_rows_without_numbers() -> None:
    bare = replace(population(grouped()), segmentations={})
    found = rows(run(bare, groups=("view",)))
    assert {key: one.code for key, one in found.items() if isinstance(one, NotEstimable)} == {
        ("all", "dice"): "no_masks"
    }


def test_small_and_unknown_groups_stay_as_rows() -> None:
    found = rows(run(population(grouped()), groups=("scanner", "sex"), sizes="none"))
    for key in (("scanner=new", "dice"), ("scanner=new", "dice_difference")):
        assert isinstance(found[key], NotEstimable)
    rest = found[("scanner=old", "dice_difference")]
    assert isinstance(rest, NotEstimable) and "the rest has 5 cases" in rest.reason
    assert isinstance(found[("scanner=old", "dice")], Estimate)
    assert isinstance(found[("sex", "dice")], NotEstimable)


@pytest.mark.requirement("REQ-FAIRNESS-SUBGROUPS")
def test_group_that_is_marked_worse_is_found_with_the_difference_to_the_rest() -> None:
    one = population(grouped())
    found = rows(run(one, groups=("view",), sizes="none"))
    side = one.cohort.groups["view"] == "side"
    cases = dice_cases(one.cohort, one.segmentations["device"])
    mine = [case for case, is_side in zip(cases, side, strict=True) if is_side]
    rest = [case for case, is_side in zip(cases, side, strict=True) if not is_side]
    assert found[("view=side", "dice")] == estimate_cases(mine, "dice", PLAN)
    difference = known(found[("view=side", "dice_difference")])
    plain = known(difference_groups(mine, rest, "dice", PLAN))
    assert (difference.value, difference.low, difference.high) == (
        plain.value,
        plain.low,
        plain.high,
    )
    assert difference.high < -0.1
    assert known(found[("view=front", "dice_difference")]).value == -difference.value


def test_p_values_are_adjusted_by_holm_over_the_groups_of_a_population() -> None:
    generator = np.random.default_rng(4)
    groups = {f"g{k}": np.where(generator.random(N) < 0.5, "a", "b") for k in range(3)}
    cohort = replace(grouped(), groups={**grouped().groups, **groups})
    one = population(cohort, lost=1)
    names = ("view", *groups)
    found = rows(run(one, groups=names, sizes="none"))
    cases = dice_cases(cohort, one.segmentations["device"])
    plain, holm = [], []
    for name in names:  # of two levels, each the rest of the other: one comparison
        first = np.unique(cohort.groups[name]).tolist()[0]
        mask = cohort.groups[name] == first
        mine = [case for case, kept in zip(cases, mask, strict=True) if kept]
        rest = [case for case, kept in zip(cases, mask, strict=True) if not kept]
        plain.append(known(difference_groups(mine, rest, "dice", PLAN)).p_value)
        levels = np.unique(cohort.groups[name]).tolist()
        holm += [known(found[(f"{name}={one}", "dice_difference")]).p_value for one in levels]
    wanted = multipletests(plain, method="holm")[1]
    assert holm[::2] == pytest.approx(wanted)
    assert holm[1::2] == pytest.approx(wanted)


def test_sizes_are_tertiles_of_the_first_population_and_used_for_all() -> None:
    here = population(grouped())
    there = replace(population(grouped(30)), name="there", is_external=True)
    output = run(here, there)
    cases = dice_cases(here.cohort, here.segmentations["device"])
    sizes = sizes_of(cases, (100.0, 170.0))
    assert sizes is not None
    assert sizes.names == ("below 100", "100 to 170", "from 170")
    assert sizes.describe() == "size of the reference in pixels: below 100, 100 to 170, from 170"
    assert all(finding.subset == "all" for finding in output.findings)  # every square is as large


def test_structures_are_classed_by_the_size_of_the_reference() -> None:
    cohort = grouped()
    one = population(cohort)
    cases = [
        replace(case, reference_size=float(number))
        for number, case in enumerate(dice_cases(cohort, one.segmentations["device"]))
    ]
    sizes = sizes_of(cases, None)
    assert sizes is not None
    masks = size_masks(cases, sizes)
    assert [int(mask.sum()) for mask in masks.values()] == [20, 19, 20]  # no mask, no size
    assert not any(mask[0] for mask in masks.values())
    low, high = np.quantile(np.arange(1, N), (1 / 3, 2 / 3))
    assert sizes.limits == pytest.approx((low, high))


def test_stated_limits_are_in_square_millimetres_and_empty_classes_stay() -> None:
    # squares of 14 x 12 pixels of 0.5 mm are 42 mm2
    found = rows(run(population(grouped()), sizes=(10, 50)))
    assert known(found[("size=10 to 50", "dice")]).n == N
    assert isinstance(found[("size=10 to 50", "dice_difference")], NotEstimable)
    assert isinstance(found[("size=below 10", "dice")], NotEstimable)


def test_figures_can_be_drawn_and_a_mark_of_nothing_is_no_error() -> None:
    cohort = grouped()
    blind = Bright(level=2.0).segmented(cohort)
    output = run(replace(population(cohort), segmentations={"device": blind}), groups=("view",))
    assert known(rows(output)[("view=side", "dice")]).value == 0
    for figure in run(population(cohort), groups=("view",)).figures:
        assert draw(figure).startswith("<svg")
