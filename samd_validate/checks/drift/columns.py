"""The columns of two cohorts that can be compared: numbers, categories, summaries of series."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from samd_validate.checks.drift.compared import Compared
from samd_validate.core.arrays import BoolArray, Column, FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.summaries import STATISTICS, summary_features

SHOWN = ("mean", "last", "count")
MOST_LEVELS = 30
OF_OUTCOMES = ("outcome_hours",)
"""Numbers of the outcome that readers give beside it."""

REST = "(rarer)"


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A column ``(n,)`` of both cohorts, the reference first; NaN or empty text = missing.

    ``tells_missing`` is false where another column is missing in the same rows.
    """

    name: str
    title: str
    kind: Literal["number", "category"]
    values: Column
    tells_missing: bool = True

    @property
    def is_missing(self) -> BoolArray:
        """Return which values are missing."""
        return np.asarray(~np.isfinite(self.values) if self.kind == "number" else self.values == "")


def pairs_of(compared: Compared, leave_out: Collection[str]) -> tuple[Pair, ...]:
    """Return the columns that both cohorts have, less those named in ``leave_out``.

    Outcomes are left out. Of a variable over time there are the mean and the last value and the
    number of values before the prediction.
    """
    both = (compared.reference, compared.other)
    found = numbers_of(compared)
    found += [
        _category(name, *(one.groups[name] for one in both))
        for name in both[0].groups
        if name in both[1].groups
    ]
    found += _series(*both)
    return tuple(one for one in found if one.name.partition(":")[0] not in leave_out)


def numbers_of(compared: Compared) -> list[Pair]:
    """Return the numbers that both cohorts have and that are no outcomes."""
    both = (compared.reference, compared.other)
    return [
        number(name, name.replace("_", " "), *(one.numbers[name] for one in both))
        for name in both[0].numbers
        if name in both[1].numbers and name not in (*both[0].targets, *OF_OUTCOMES)
    ]


def number(name: str, title: str, reference: Column, other: Column) -> Pair:
    """Return a number of both cohorts."""
    values = np.concatenate([reference, other]).astype(np.float64)
    return Pair(name=name, title=title, kind="number", values=values)


def _category(name: str, reference: Column, other: Column) -> Pair:
    """Return a category of both cohorts; beyond thirty levels the rarer ones are one."""
    values = np.concatenate([reference, other]).astype(np.str_)
    levels, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    if levels.size > MOST_LEVELS:
        rare = np.argsort(-counts, kind="stable")[MOST_LEVELS:]
        named: Column = levels.astype(object)
        named[rare] = REST
        named[levels == ""] = ""
        values = named[codes].astype(np.str_)
    return Pair(name=name, title=name.replace("_", " "), kind="category", values=values)


def _series(reference: Cohort, other: Cohort) -> list[Pair]:
    if reference.series is None or other.series is None:
        return []
    there = {one.name for one in other.series.variables}
    variables = [one for one in reference.series.variables if one.name in there]
    names = tuple(one.name for one in variables)
    if not names:
        return []
    shape = (-1, len(names), len(STATISTICS))
    both = [summary_features(one, names).reshape(shape) for one in (reference, other)]
    return [
        replace(
            number(
                f"{one.name}:{statistic}",
                f"{one.title()}: {statistic}",
                *(cohort[:, column, STATISTICS.index(statistic)] for cohort in both),
            ),
            tells_missing=statistic == SHOWN[0],
        )
        for column, one in enumerate(variables)
        for statistic in SHOWN
    ]


@dataclass(frozen=True, kw_only=True)
class Joint:
    """All columns as features: ``values (n, d)`` with NaN, ``filled`` without, and their owners.

    ``owner`` names the variable behind each feature of ``values``.
    """

    values: FloatArray
    filled: FloatArray
    owner: tuple[str, ...]


def joint(pairs: tuple[Pair, ...]) -> Joint:
    """Return columns as features for what looks at all at once.

    Numbers are ranked over both groups and standardised, so that one wild value does not outweigh
    all others; in ``filled`` a missing number is the middle rank, with an indicator beside it.
    Categories have an indicator a level.
    """
    values: list[FloatArray] = []
    filled: list[FloatArray] = []
    owner: list[str] = []
    for pair in pairs:
        columns = _levels(pair) if pair.kind == "category" else _ranked(pair)[None]
        values += list(columns)
        owner += [pair.title] * len(columns)
        filled += [np.nan_to_num(column) for column in columns]
        if pair.kind == "number" and 0 < pair.is_missing.sum() < pair.values.size:
            filled.append(standardised(pair.is_missing.astype(np.float64)))
    return Joint(
        values=np.stack(values, axis=1), filled=np.stack(filled, axis=1), owner=tuple(owner)
    )


def _levels(pair: Pair) -> FloatArray:
    levels = np.unique(pair.values)
    return np.stack([standardised((pair.values == one).astype(np.float64)) for one in levels])


def _ranked(pair: Pair) -> FloatArray:
    from scipy.stats import rankdata

    known = ~pair.is_missing
    ranked = np.full(pair.values.size, np.nan)
    ranked[known] = standardised(rankdata(pair.values[known]).astype(np.float64))
    return ranked


def standardised(columns: FloatArray) -> FloatArray:
    """Return columns with mean 0 and standard deviation 1; 0 where they have no spread."""
    if not columns.size:
        return columns
    spread = columns.std(axis=0)
    return np.asarray((columns - columns.mean(axis=0)) / np.where(spread > 0, spread, 1.0))
