"""A folder of simulated chest radiographs in the layout of ChestX-ray14, with masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from samd_validate.core.model import Progress
from samd_validate.readers.events.simulated import write_mark
from samd_validate.readers.nih.entries import COLUMNS, NONE
from samd_validate.readers.phantoms.asked import PhantomSimulation, differences
from samd_validate.readers.phantoms.chest import FIELD_MM, Chest, draw_chest
from samd_validate.readers.phantoms.files import write_image, write_labels, write_table
from samd_validate.readers.phantoms.lesions import Labels, draw_lesions
from samd_validate.readers.phantoms.radiographs import Radiograph, draw_radiographs
from samd_validate.readers.phantoms.scanners import (
    SCANNERS,
    Scanner,
    burned_in,
    exposed,
    marker_box,
    scanner_of,
)

TABLE = "Data_Entry_2017.csv"
CITATION = "samd-validate, docs/methods/simulated_cxr.md"
MOST_NODULES = 3
RIGHT, LEFT = 1, 2


@dataclass(frozen=True, kw_only=True)
class ChestSimulation(PhantomSimulation):
    """What is to be simulated: how many images of ``size`` pixels a side, and at which scanner."""

    images: int


def chest_folder(place: Path, wanted: ChestSimulation, progress: Progress) -> list[Radiograph]:
    """Write images/, masks/lungs/, masks/lesions/, the table and the truth; return who is in it.

    Lungs are marked 1 (the patient's right) and 2, lesions with a number each; a mask without a
    lesion is empty. Each image depends on the seed and its number alone.
    """
    scanner = scanner_of(wanted.site, is_planted=wanted.is_planted)
    generator = np.random.default_rng([wanted.seed, 0])
    radiographs = draw_radiographs(wanted.images, wanted.prevalence, scanner, generator)
    place.mkdir(parents=True, exist_ok=True)
    n_lesions = 0
    for number, one in enumerate(radiographs):
        n_lesions += _write(place, one, scanner, wanted, number)
        progress(f"drawing {wanted.site}", (number + 1) / len(radiographs))
    write_table(place / TABLE, COLUMNS, [_row(one, wanted.size) for one in radiographs])
    write_mark(place, _truth(scanner, radiographs, n_lesions, wanted))
    return radiographs


def _write(
    place: Path, one: Radiograph, scanner: Scanner, wanted: ChestSimulation, number: int
) -> int:
    """Write an image and its masks, and return how many lesions it has."""
    generator = np.random.default_rng([wanted.seed, 1, number])
    chest = draw_chest(one.anatomy, one.view, wanted.size, generator)
    n_nodules = int(generator.integers(1, MOST_NODULES + 1)) if "Nodule" in one.findings else 0
    n_infiltrates = int("Infiltration" in one.findings)
    attenuation, lesions = draw_lesions(chest, n_nodules, n_infiltrates, generator)
    pixels = exposed(attenuation, scanner, generator)
    if one.has_marker:
        pixels = burned_in(pixels, scanner.letters)
    write_image(place / "images" / one.name, pixels)
    write_labels(place / "masks" / "lungs" / one.name, _lungs(chest))
    write_labels(place / "masks" / "lesions" / one.name, lesions)
    return int(lesions.max())


def _lungs(chest: Chest) -> Labels:
    marked = np.where(chest.lungs, RIGHT, 0)
    marked[chest.lungs & (chest.across > 0)] = LEFT
    return np.asarray(marked, dtype=np.uint8)


def _row(one: Radiograph, size: int) -> tuple[object, ...]:
    spacing = FIELD_MM / size
    return (
        one.name,
        "|".join(one.findings) or NONE,
        one.follow_up,
        one.patient + 1,
        one.age_years,
        one.sex,
        one.view,
        size,
        size,
        spacing,
        spacing,
    )


def _truth(
    scanner: Scanner, radiographs: Sequence[Radiograph], n_lesions: int, wanted: ChestSimulation
) -> dict[str, object]:
    """Return what was planted and what came of it, as plain JSON."""
    labels = [one.label for one in radiographs]
    return {
        "schema_version": 1,
        "citation": CITATION,
        "site": asdict(scanner),
        "parameters": wanted.parameters(),
        "differs_from_north": differences(asdict(scanner), asdict(SCANNERS["north"])),
        "n_images": len(radiographs),
        "n_patients": len({one.patient for one in radiographs}),
        "n_lesions": n_lesions,
        "prevalence": float(np.mean(labels)),
        "marker": {
            "rows_and_columns": list(marker_box(scanner.letters, wanted.size)),
            "in_positives": _share([one.has_marker for one in radiographs if one.label]),
            "in_negatives": _share([one.has_marker for one in radiographs if not one.label]),
        },
    }


def _share(marked: Sequence[bool]) -> float | None:
    return float(np.mean(marked)) if marked else None
