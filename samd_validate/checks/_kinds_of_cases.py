"""Which stays are broken down one by one: the kinds that a reader asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np

from samd_validate.core.arrays import FloatArray, IntArray
from samd_validate.core.inputs import Population

Kind: TypeAlias = Literal["highest_risk", "false_negative", "false_positive", "borderline"]
KINDS: tuple[Kind, ...] = ("highest_risk", "false_negative", "false_positive", "borderline")
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "highest_risk": "highest risk",
        "false_negative": "false negative, the lowest risk of those with the event",
        "false_positive": "false positive, the highest risk of those without the event",
        "borderline": "borderline, next to the operating point",
    }
)


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A stay of a population, and as what it is shown."""

    kind: Kind
    row: int


def chosen_cases(
    population: Population, threshold: float | None, kinds: Sequence[Kind], wanted: int
) -> tuple[list[Chosen], list[str]]:
    """Return ``wanted`` stays of each kind, none twice, and in words which kinds lack any."""
    chosen: list[Chosen] = []
    lacking = []
    for kind in kinds:
        if kind != "highest_risk" and threshold is None:
            lacking.append(f"no {_name(kind)} is shown: the protocol has no operating point")
            continue
        taken = {one.row for one in chosen}
        ranked = _ranked(population, kind, threshold or 0.0)
        rows = [row for row in ranked.tolist() if row not in taken][:wanted]
        chosen += [Chosen(kind=kind, row=row) for row in rows]
        if not rows:
            lacking.append(f"no {_name(kind)} is shown: {population.name} has none (further)")
    return chosen, lacking


def _name(kind: Kind) -> str:
    return kind.replace("_", " ")


def _ranked(population: Population, kind: Kind, threshold: float) -> IntArray:
    """Return the rows of a kind, those that show it best first."""
    score = np.asarray(population.score, dtype=np.float64)
    event = population.cohort.label == 1
    every = np.ones(score.size, dtype=np.bool_)
    among, distance = {
        "highest_risk": (every, -score),
        "false_negative": (event & (score < threshold), score),
        "false_positive": (~event & (score >= threshold), -score),
        "borderline": (every, np.abs(score - threshold)),
    }[kind]
    order = _nearest(distance)
    return np.asarray(order[among[order]])


def _nearest(distance: FloatArray) -> IntArray:
    return np.asarray(np.argsort(distance, kind="stable"))
