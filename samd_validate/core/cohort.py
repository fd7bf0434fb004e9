"""Who was studied: one row per unit, the patient behind it, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from samd_validate.core.arrays import (
    BoolArray,
    Column,
    IntArray,
    frozen_columns,
    frozen_mapping,
    read_only,
)
from samd_validate.core.images import ImageSource

TARGET = "target_"
"""Numbers whose name begins so are further outcomes, 0 or 1 (NaN = not known), not inputs."""


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A measured quantity: name, UCUM unit, and the limits outside which a value is implausible.

    ``low`` and ``high`` are inclusive, in ``unit``.
    """

    name: str
    unit: str
    low: float
    high: float
    label: str = ""

    def title(self) -> str:
        """Return the words for a reader: the label if there is one, else the name."""
        return self.label or self.name

    def unit_text(self) -> str:
        """Return the unit as a reader knows it, without the brackets of UCUM.

        >>> Variable(name="gcs", unit="{score}", low=3, high=15).unit_text()
        'score'
        """
        known = {"1": "", "Cel": "°C", "[pH]": "", "10*3/uL": "10³/µL", "ug/L": "µg/L"}
        plain = self.unit.replace("mm[Hg]", "mmHg").strip("{}")
        return known.get(plain, plain)


@dataclass(frozen=True, kw_only=True)
class TimeSeries:
    """Irregular measurements in long form, one row per observed value.

    ``unit_index (m,)`` points to rows of the cohort, ``time_hours (m,)`` counts from the index
    time, ``variable_index (m,)`` points into ``variables``, ``value (m,)`` is in the variable's
    unit. Rows are sorted by unit, then time, then variable. What was not measured has no row.
    Where the source tells, ``stored_hours (m,)`` is when a value could first be read and
    ``until_hours (m,)`` when an interval ended that began at ``time_hours`` (NaN = not told).
    """

    variables: tuple[Variable, ...]
    unit_index: Column
    time_hours: Column
    variable_index: Column
    value: Column
    window_hours: float
    stored_hours: Column | None = None
    until_hours: Column | None = None

    def __post_init__(self) -> None:
        for name, dtype in (
            ("unit_index", np.int32),
            ("time_hours", np.float32),
            ("variable_index", np.int16),
            ("value", np.float32),
        ):
            object.__setattr__(self, name, read_only(getattr(self, name), dtype))
        sizes = {self.unit_index.size, self.time_hours.size}
        if sizes != {self.variable_index.size} or sizes != {self.value.size}:
            raise ValueError("the four columns of a time series must have one length")
        for name in ("stored_hours", "until_hours"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, read_only(getattr(self, name), np.float32))
                if getattr(self, name).shape != self.time_hours.shape:
                    raise ValueError(f"{name} must have one entry per row of the time series")
        if not np.isfinite(self.value).all() or not np.isfinite(self.time_hours).all():
            raise ValueError("values and times of a time series must be finite")

    def rows_of(self, keep: IntArray, n_units: int) -> TimeSeries:
        """Return the series of the units in ``keep`` (row numbers), renumbered in that order."""
        position = np.full(n_units, -1, dtype=np.int32)
        position[keep] = np.arange(keep.size, dtype=np.int32)
        renumbered = position[self.unit_index]
        rows = np.flatnonzero(renumbered >= 0)
        rows = rows[np.argsort(renumbered[rows], kind="stable")]
        return replace(self.only(rows), unit_index=renumbered[rows])

    def known_at_prediction(self) -> BoolArray:
        """Return which rows were measured and, where that is told, stored by the window's end."""
        known: BoolArray = self.time_hours <= self.window_hours
        if self.stored_hours is not None:
            known &= ~(self.stored_hours > self.window_hours)
        return known

    def only(self, rows: IntArray | BoolArray) -> TimeSeries:
        """Return some rows (row numbers or a mask) of the series, for the same units."""
        return replace(
            self,
            unit_index=self.unit_index[rows],
            time_hours=self.time_hours[rows],
            variable_index=self.variable_index[rows],
            value=self.value[rows],
            stored_hours=None if self.stored_hours is None else self.stored_hours[rows],
            until_hours=None if self.until_hours is None else self.until_hours[rows],
        )


@dataclass(frozen=True, kw_only=True)
class FlowRow:
    """One counted step on the way from the source to the cohort.

    ``kind`` is ``"start"``, ``"excluded"`` (units that left), ``"kept"`` (what remains at the
    end) or ``"handled"`` (a quirk of the source that was treated, counted in ``counted``).
    """

    kind: str
    reason: str
    count: int
    counted: str = "stays"


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """A file the cohort came from: its name (no path), size in bytes and digest."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a cohort comes from, under which licence, and the fingerprint of its bytes."""

    source: str
    title: str
    licence: str
    citation: str
    fingerprint: str
    files: tuple[SourceFile, ...] = ()
    is_simulated: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """One row per unit of analysis; the resampling unit is ``patient_id``.

    ``unit_id``, ``patient_id`` and ``site`` are text ``(n,)``; ``label`` is 0/1 ``(n,)``.
    ``groups`` are categorical columns (text ``(n,)``, empty text = unknown) by which subgroups
    are formed; ``numbers`` are numeric columns (``(n,)`` float, NaN = missing) such as
    ``age_years``; ``scores`` are predictions that came with the source. ``series`` holds the
    measurements over time, ``images`` gives the image of each unit when it is asked for.
    ``attachments`` are JSON documents that belong to the cohort and go into the bundle by name
    (such as the truth planted by a simulation).

    Raises
    ------
    ValueError
        Where lengths differ, unit ids repeat, or labels are not 0/1.
    """

    name: str
    unit_id: Column
    patient_id: Column
    site: Column
    label: Column
    provenance: Provenance
    groups: Mapping[str, Column] = field(default_factory=dict)
    numbers: Mapping[str, Column] = field(default_factory=dict)
    scores: Mapping[str, Column] = field(default_factory=dict)
    series: TimeSeries | None = None
    images: ImageSource | None = None
    flow: tuple[FlowRow, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    attachments: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("unit_id", "patient_id", "site"):
            object.__setattr__(self, name, read_only(getattr(self, name), np.str_))
        object.__setattr__(self, "label", read_only(self.label, np.int8))
        for name in ("groups", "numbers", "scores"):
            object.__setattr__(self, name, frozen_columns(getattr(self, name)))
        for name in ("units", "attachments"):
            object.__setattr__(self, name, frozen_mapping(getattr(self, name)))
        self._refuse_ill_formed()

    def _refuse_ill_formed(self) -> None:
        columns = {
            "patient_id": self.patient_id,
            "site": self.site,
            "label": self.label,
            **self.groups,
            **self.numbers,
            **self.scores,
        }
        ragged = [name for name, column in columns.items() if column.shape != (self.size,)]
        if ragged:
            raise ValueError(f"columns of another length than unit_id: {', '.join(ragged)}")
        if np.unique(self.unit_id).size != self.size:
            raise ValueError("unit_id must be unique")
        if not np.isin(self.label, (0, 1)).all():
            raise ValueError("label must be 0 or 1")

    @property
    def size(self) -> int:
        """Return the number of units."""
        return int(self.unit_id.size)

    @property
    def n_events(self) -> int:
        """Return the number of units with label 1."""
        return int(self.label.sum())

    @property
    def targets(self) -> tuple[str, ...]:
        """Return the names of the numbers that are further outcomes beside the label."""
        return tuple(name for name in self.numbers if name.startswith(TARGET))

    def take(self, rows: IntArray | BoolArray, *, name: str | None = None) -> Cohort:
        """Return the cohort of some rows (row numbers or a mask), in their order."""
        index: IntArray = (
            np.flatnonzero(rows) if rows.dtype == np.bool_ else np.asarray(rows, dtype=np.int64)
        )
        return Cohort(
            name=name or self.name,
            unit_id=self.unit_id[index],
            patient_id=self.patient_id[index],
            site=self.site[index],
            label=self.label[index],
            provenance=self.provenance,
            groups={key: column[index] for key, column in self.groups.items()},
            numbers={key: column[index] for key, column in self.numbers.items()},
            scores={key: column[index] for key, column in self.scores.items()},
            series=None if self.series is None else self.series.rows_of(index, self.size),
            images=None if self.images is None else self.images.take(index),
            flow=self.flow,
            units=self.units,
            attachments=self.attachments,
        )


@dataclass(frozen=True, kw_only=True)
class Split:
    """Development, tuning and test parts of a cohort, as row numbers.

    Raises
    ------
    ValueError
        If a patient is on two sides. The message counts patients and names none.
    """

    cohort: Cohort
    development: IntArray
    tuning: IntArray
    test: IntArray

    def __post_init__(self) -> None:
        parts = {}
        for name in ("development", "tuning", "test"):
            rows = read_only(getattr(self, name), np.int64)
            object.__setattr__(self, name, rows)
            parts[name] = set(self.cohort.patient_id[rows].tolist())
        names = list(parts)
        for i, left in enumerate(names):
            for right in names[i + 1 :]:
                shared = len(parts[left] & parts[right])
                if shared:
                    raise ValueError(f"{shared} patients are both in {left} and in {right}")

    def part(self, name: str) -> Cohort:
        """Return one part as a cohort of its own."""
        return self.cohort.take(getattr(self, name), name=f"{self.cohort.name}.{name}")
