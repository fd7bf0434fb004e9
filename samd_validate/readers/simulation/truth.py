"""What was planted at a simulated site, and what came of it in a draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from samd_validate.core.arrays import BoolArray, Column, FloatArray
from samd_validate.readers.simulation.draw import Draw
from samd_validate.readers.simulation.drivers import drivers
from samd_validate.readers.simulation.measurements import ARTEFACTS, REPEATED, SKIPPED
from samd_validate.readers.simulation.people import RIVERSIDE, Site


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """What the truth is told from, ``(n,)`` each: small enough to keep for any number of stays."""

    label: Column
    risk: FloatArray
    told_risk: FloatArray
    has_lactate: BoolArray
    in_subgroup: BoolArray


def outcomes_of(draw: Draw) -> Outcomes:
    """Return what the truth needs of a draw."""
    people, site = draw.people, draw.site
    inside = np.zeros(people.label.size, dtype=np.bool_)
    if site.subgroup is not None:
        inside = people.groups[site.subgroup[0]] == site.subgroup[1]
    return Outcomes(
        label=people.label,
        risk=people.risk,
        told_risk=people.told_risk,
        has_lactate=draw.charted.measured("lactate"),
        in_subgroup=inside,
    )


def joined(batches: Sequence[Outcomes]) -> Outcomes:
    """Return the outcomes of all batches as one."""
    columns = {
        name: np.concatenate([getattr(one, name) for one in batches])
        for name in Outcomes.__dataclass_fields__
    }
    return Outcomes(**columns)


def truth(site: Site, drawn: Outcomes, parameters: Mapping[str, object]) -> dict[str, object]:
    """Return what was planted at a site and what came of it, as plain JSON."""
    died = drawn.label == 1
    return {
        "schema_version": 1,
        "site": asdict(site),
        "parameters": dict(parameters),
        "differs_from_riverside": {
            name: value
            for name, value in asdict(site).items()
            if name != "name" and value != asdict(RIVERSIDE)[name]
        },
        "prevalence": float(died.mean()),
        "expected_prevalence": float(drawn.risk.mean()),
        "auroc_of_true_risk": _auroc(drawn.label, drawn.risk),
        "lactate_measured": {
            "among_deaths": _share(drawn.has_lactate[died]),
            "among_survivors": _share(drawn.has_lactate[~died]),
        },
        "subgroup": _subgroup_truth(site, drawn),
        "drivers": drivers(site),
        "error_rates": {"implausible": ARTEFACTS, "repeated": REPEATED, "skipped": SKIPPED},
    }


def _share(measured: BoolArray) -> float | None:
    return float(measured.mean()) if measured.size else None


def _subgroup_truth(site: Site, drawn: Outcomes) -> dict[str, object] | None:
    if site.subgroup is None:
        return None
    mask = drawn.in_subgroup
    return {
        "group": site.subgroup[0],
        "level": site.subgroup[1],
        "odds_factor": site.odds_factor,
        "n": int(mask.sum()),
        "observed": int(drawn.label[mask].sum()),
        "expected_from_measurements": float(drawn.told_risk[mask].sum()),
    }


def _auroc(label: Column, score: FloatArray) -> float | None:
    ranks = np.argsort(np.argsort(score)) + 1.0
    events = int(label.sum())
    pairs = events * (label.size - events)
    return float((ranks[label == 1].sum() - events * (events + 1) / 2) / pairs) if pairs else None
