"""How many patients the criteria of a protocol need, from what its sizing block expects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from typing import Any

from samd_validate.core.errors import CannotRun, Problem, gather
from samd_validate.core.estimate import NotEstimable
from samd_validate.protocol.load import LoadedProtocol, load_protocol
from samd_validate.protocol.schema import Criterion, Dataset, GroupSizing, Protocol, Sizing, Split
from samd_validate.stats.sizes.design_effect import Clusters, design_effect
from samd_validate.stats.sizes.linear_predictor import (
    LinearPredictor,
    beta_predictor,
    binormal_predictor,
    normal_predictor,
)
from samd_validate.stats.sizes.planned_error import PlannedError
from samd_validate.stats.sizes.planned_measure import Assumed, Lacking, planned_error_of
from samd_validate.stats.sizes.sample_size import Bounds, SampleSize, size_to_keep

ALL, DEVICE, TEST = "all", "device", "test"
SCHEMA_VERSION = 1
FEW = 10  # events or non-events below which intervals cover less than they say


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked of the sizes of a protocol: its text, its sizing, and its level."""

    loaded: LoadedProtocol
    sizing: Sizing

    @property
    def protocol(self) -> Protocol:
        """Return the protocol."""
        return self.loaded.protocol


def size_plan(path: Path, prevalence: float | None = None) -> dict[str, object]:
    """Return, ready for JSON, the size that each criterion needs and what it rests on.

    ``prevalence`` in (0, 1) takes the place of ``sizing.prevalence``. A criterion without a size
    has a ``reason`` and the keys ``to_add``; nothing is assumed that the protocol does not say,
    but the power, which is 0.8 unless it is stated.

    Raises
    ------
    CannotRun
        With every problem of the protocol, and every expected value that cannot be.
    """
    loaded = load_protocol(path)
    asked = Asked(loaded=loaded, sizing=_sizing(loaded.protocol, prevalence))
    records: list[dict[str, object]] = []
    problems = []
    for number, criterion in enumerate(loaded.protocol.criteria):
        try:
            records.append(_record(asked, number, criterion))
        except ValueError as error:
            problems.append(_impossible(loaded, number, criterion, str(error)))
    gather(problems)
    return {
        "schema_version": SCHEMA_VERSION,
        "protocol": loaded.protocol.id,
        "version": loaded.protocol.version,
        "digest": loaded.digest,
        "assumptions": _assumptions(asked, prevalence),
        "criteria": records,
        "largest": _largest(records),
    }


def _sizing(protocol: Protocol, prevalence: float | None) -> Sizing:
    sizing = protocol.sizing or Sizing()
    if prevalence is None:
        return sizing
    if not 0 < prevalence < 1:
        raise CannotRun(
            Problem(
                where="--prevalence",
                found=f"{prevalence:g}",
                expected="a share of patients between 0 and 1, such as 0.12",
                todo="correct it",
            )
        )
    return sizing.model_copy(update={"prevalence": prevalence})


def _impossible(loaded: LoadedProtocol, number: int, criterion: Criterion, words: str) -> Problem:
    return Problem(
        where=loaded.text.where(("criteria", number)),
        found=f"criterion {criterion.id!r}: {words}",
        expected="expected values that can be and that go together",
        todo="correct expected of the criterion, or the sizing block",
    )


def _record(asked: Asked, number: int, criterion: Criterion) -> dict[str, object]:
    target = criterion.finding
    head: dict[str, object] = {
        "criterion": criterion.id,
        "where": asked.loaded.text.where(("criteria", number)),
        "measure": target.measure,
        "population": target.population,
        "subset": target.subset,
        "model": target.model,
        "at_least": criterion.at_least,
        "at_most": criterion.at_most,
        "reads": criterion.reads,
    }
    expected, size = _sized(asked, criterion)
    head["expected"] = expected
    if isinstance(size, Lacking):
        keys = [_key(name, asked.sizing) for name in size.names]
        reason = size.as_not_estimable(target.measure).reason
        return {**head, "reason": reason, "to_add": sorted({k for ks in keys for k in ks})}
    if isinstance(size, NotEstimable):
        return {**head, "reason": size.reason, "to_add": []}
    return {**head, **asdict(size), **_against_expectation(asked, criterion, size)}


def _sized(
    asked: Asked, criterion: Criterion
) -> tuple[float | None, SampleSize | NotEstimable | Lacking]:
    """Return the value that is expected and the size, in the group that the criterion is about."""
    target, value, assumed = criterion.finding, criterion.expected, _assumed(asked, criterion)
    is_of_all = target.subset == ALL and target.model == DEVICE
    planned = planned_error_of(target.measure, value, assumed, may_derive=is_of_all)
    if planned == Lacking():
        return value, Lacking()
    if isinstance(planned, Lacking) or assumed.prevalence is None:
        known = () if isinstance(planned, PlannedError) else planned.names
        return value, Lacking(names=_with_prevalence(known, assumed))
    level = None if criterion.reads == "point" else asked.protocol.intervals.level
    bounds = Bounds(at_least=criterion.at_least, at_most=criterion.at_most, level=level)
    size = size_to_keep(planned, assumed.prevalence, bounds, asked.sizing.power)
    clusters = _clusters(asked.sizing)
    if isinstance(size, SampleSize) and clusters is not None:
        size = size.in_clusters(clusters)
    return planned.value, size


def _with_prevalence(names: tuple[str, ...], assumed: Assumed) -> tuple[str, ...]:
    """Return the names with the prevalence, without which no events can be counted."""
    return names if assumed.prevalence is not None else tuple(dict.fromkeys((*names, "prevalence")))


def _assumed(asked: Asked, criterion: Criterion) -> Assumed:
    sizing = asked.sizing
    group = sizing.groups.get(criterion.finding.subset)
    prevalence = group.prevalence if group and group.prevalence else sizing.prevalence
    return Assumed(
        prevalence=prevalence,
        auroc=sizing.auroc,
        sensitivity=sizing.sensitivity,
        specificity=sizing.specificity,
        threshold=_threshold(asked),
        linear_predictor=_predictor(sizing, prevalence),
        auroc_correlation=sizing.auroc_correlation,
        is_paired=criterion.finding.model != DEVICE,
    )


def _threshold(asked: Asked) -> float | None:
    rule = asked.protocol.operating_point
    given = None if rule is None else rule.threshold
    return asked.sizing.threshold if given is None else given


def _predictor(sizing: Sizing, prevalence: float | None) -> LinearPredictor | None:
    chosen = sizing.linear_predictor
    if chosen is None:
        return None
    if chosen.use == "normal":
        return normal_predictor(chosen.mean, chosen.sd)
    if chosen.use == "beta":
        return beta_predictor(chosen.alpha, chosen.beta)
    if prevalence is None or sizing.auroc is None:
        return None
    return binormal_predictor(prevalence, sizing.auroc)


def _key(name: str, sizing: Sizing) -> tuple[str, ...]:
    """Return the keys of the protocol that state an assumption."""
    if name == "expected":
        return ("expected (of the criterion)",)
    if name == "threshold":
        return ("sizing.threshold (or operating_point.threshold)",)
    if name == "linear_predictor" and sizing.linear_predictor is not None:
        both = ("prevalence", "auroc")
        return tuple(f"sizing.{one}" for one in both if getattr(sizing, one) is None)
    return (f"sizing.{name}",)


def _clusters(sizing: Sizing) -> Clusters | None:
    return None if sizing.clusters is None else Clusters(**sizing.clusters.model_dump())


def _against_expectation(asked: Asked, criterion: Criterion, size: SampleSize) -> dict[str, object]:
    """Return the patients of the population that a group needs, and whether they are expected."""
    total, events = _in_population(asked.sizing, criterion, size)
    units, unit_events = _expectation(asked.protocol, _populations(criterion))
    is_enough = None
    if None not in (total, events, units, unit_events):
        is_enough = (units or 0) >= (total or 0) and (unit_events or 0) >= (events or 0)
    return {
        "populations": _populations(criterion),
        "to_add": [] if total else [f"sizing.groups.{criterion.finding.subset}.share"],
        "n_population": total,
        "n_events_population": events,
        "expected_units": units,
        "expected_events": unit_events,
        "is_expected_enough": is_enough,
        "is_few": min(size.n_events, size.n - size.n_events) < FEW,
    }


def _populations(criterion: Criterion) -> tuple[str, ...]:
    """Return the populations that need the size each: two for a difference of two samples."""
    target = criterion.finding
    is_of_two = target.measure.endswith("_difference") and target.model == DEVICE
    return (target.population, TEST) if is_of_two else (target.population,)


def _in_population(
    sizing: Sizing, criterion: Criterion, size: SampleSize
) -> tuple[int | None, int | None]:
    if criterion.finding.subset == ALL:
        return size.n, size.n_events
    group: GroupSizing | None = sizing.groups.get(criterion.finding.subset)
    if group is None:
        return None, None
    total = ceil(size.n / group.share - 1e-9)  # 100 of a share of 0.1 are 1000, not 1001
    prevalence = size.prevalence if sizing.prevalence is None else sizing.prevalence
    return total, ceil(total * prevalence - 1e-9)


def _expectation(protocol: Protocol, populations: Iterable[str]) -> tuple[int | None, int | None]:
    """Return the patients and events that the protocol expects in each population, if it tells."""
    found = [_expected_in(protocol, population) for population in populations]
    known = [one for one in found if one is not None]
    if len(known) < len(found):
        return None, None
    return min(units for units, _ in known), min(events for _, events in known)


def _expected_in(protocol: Protocol, population: str) -> tuple[int, int] | None:
    share = 1.0
    dataset = _named(protocol.datasets, population)
    if population == TEST:
        dataset = next((one for one in protocol.datasets if one.role == "development"), None)
        share = _test_share(protocol.split)
    if dataset is None or share == 0:
        return None
    expect = dataset.expect
    return int(expect.min_units * share), int(expect.min_events * share)


def _named(datasets: Iterable[Dataset], name: str) -> Dataset | None:
    return next((one for one in datasets if one.id == name), None)


def _test_share(split: Split | None) -> float:
    """Return the share of the development data set that is the test part; 0 if none can tell."""
    if split is None or split.method == "site" or split.test is None:
        return 0.0
    return split.test


def _assumptions(asked: Asked, prevalence: float | None) -> dict[str, object]:
    sizing, stated = asked.sizing, asked.protocol.sizing
    content: dict[str, Any] = sizing.model_dump(mode="json", exclude_none=True)
    content["level"] = asked.protocol.intervals.level
    is_default = stated is None or "power" not in stated.model_fields_set
    content["power_from"] = "default" if is_default else "protocol"
    if sizing.prevalence is not None:
        content["prevalence_from"] = "protocol" if prevalence is None else "command line"
    clusters = _clusters(sizing)
    if clusters is not None:
        content["design_effect"] = design_effect(clusters)
    return content


def _largest(records: Iterable[dict[str, Any]]) -> dict[str, dict[str, object]]:
    """Return for each population the criterion that needs the most of its patients."""
    most: dict[str, dict[str, Any]] = {}
    for record in records:
        total = record.get("n_population")
        for population in record["populations"] if total else ():
            if total > most.get(population, {"n": 0})["n"]:
                most[population] = {"criterion": record["criterion"], "n": total}
    return most
