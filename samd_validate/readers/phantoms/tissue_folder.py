"""A folder of simulated stained tiles: a table of tiles and slides, images, label images."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from samd_validate.core.model import Progress
from samd_validate.readers.events.simulated import write_mark
from samd_validate.readers.phantoms.asked import PhantomSimulation, differences
from samd_validate.readers.phantoms.files import write_image, write_labels, write_table
from samd_validate.readers.phantoms.stains import STAINS, Stain, stain_of, stained
from samd_validate.readers.phantoms.tissue import MICROMETRES_PER_PIXEL, draw_tissue

TABLE = "manifest.csv"
HEADER = ("tile", "patient", "stain", "grade", "high_grade", "n_nuclei", "micrometres_per_pixel")
GRADES = ("low", "high")
CITATION = "samd-validate, docs/methods/simulated_histology.md"
PER_PATIENT = (2, 5)
"""Tiles of a patient, the last exclusive; a patient has one grade."""


@dataclass(frozen=True, kw_only=True)
class TissueSimulation(PhantomSimulation):
    """What is to be simulated: how many tiles of ``size`` pixels a side, in which stain."""

    tiles: int


def tissue_folder(place: Path, wanted: TissueSimulation, progress: Progress) -> None:
    """Write images/, labels/, the table and the truth.

    Each nucleus has a number of its own. Each tile depends on the seed and its number alone.
    """
    stain = stain_of(wanted.site, is_planted=wanted.is_planted)
    patients, labels = _patients(wanted)
    place.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[object, ...]] = []
    for number, (patient, label) in enumerate(zip(patients, labels, strict=True)):
        name = f"tile_{number + 1:05d}.png"
        n_nuclei = _write(place, name, label, stain, wanted, number)
        person, grade = f"P{patient + 1:05d}", GRADES[label]
        rows.append((name, person, stain.name, grade, label, n_nuclei, MICROMETRES_PER_PIXEL))
        progress(f"drawing {wanted.site}", (number + 1) / wanted.tiles)
    write_table(place / TABLE, HEADER, rows)
    n_nuclei = sum(int(str(row[HEADER.index("n_nuclei")])) for row in rows)
    write_mark(place, _truth(stain, labels, len(set(patients)), n_nuclei, wanted))


def _patients(wanted: TissueSimulation) -> tuple[list[int], list[int]]:
    """Return patient and label of each tile."""
    generator = np.random.default_rng([wanted.seed, 0])
    patients: list[int] = []
    labels: list[int] = []
    while len(patients) < wanted.tiles:
        count = int(generator.integers(*PER_PATIENT))
        label = int(generator.random() < wanted.prevalence)
        patients += [patients[-1] + 1 if patients else 0] * count
        labels += [label] * count
    return patients[: wanted.tiles], labels[: wanted.tiles]


def _write(
    place: Path, name: str, label: int, stain: Stain, wanted: TissueSimulation, number: int
) -> int:
    generator = np.random.default_rng([wanted.seed, 1, number])
    tissue = draw_tissue(wanted.size, label, generator)
    write_image(
        place / "images" / name, stained(tissue.haematoxylin, tissue.eosin, stain, generator)
    )
    write_labels(place / "labels" / name, tissue.nuclei)
    return int(tissue.nuclei.max())


def _truth(
    stain: Stain, labels: list[int], n_patients: int, n_nuclei: int, wanted: TissueSimulation
) -> dict[str, object]:
    """Return what was planted and what came of it, as plain JSON."""
    return {
        "schema_version": 1,
        "citation": CITATION,
        "site": asdict(stain),
        "parameters": wanted.parameters(),
        "differs_from_north": differences(asdict(stain), asdict(STAINS["north"])),
        "n_tiles": len(labels),
        "n_patients": n_patients,
        "n_nuclei": n_nuclei,
        "prevalence": float(np.mean(labels)),
    }
