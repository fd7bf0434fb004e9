"""Who is X-rayed at a simulated site: patients with several images, findings, the marker."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samd_validate.readers.phantoms.chest import Anatomy, draw_anatomy
from samd_validate.readers.phantoms.scanners import Scanner

PER_PATIENT = (1, 2, 3)
CHANCES = (0.55, 0.3, 0.15)
KINDS = (("Nodule",), ("Infiltration",), ("Infiltration", "Nodule"))
KIND_CHANCES = (0.4, 0.35, 0.25)
SPREAD = 4.0
"""How alike the images of a patient are: the sum of the two parameters of a Beta of findings."""


@dataclass(frozen=True, kw_only=True)
class Radiograph:
    """One image to be drawn: the patient, the findings (none: a negative), and the marker."""

    patient: int
    follow_up: int
    age_years: int
    sex: str
    view: str
    findings: tuple[str, ...]
    has_marker: bool
    anatomy: Anatomy

    @property
    def label(self) -> int:
        """Return 1 where there is a finding."""
        return int(bool(self.findings))

    @property
    def name(self) -> str:
        """Return the name of the file, as in the release."""
        return f"{self.patient + 1:08d}_{self.follow_up:03d}.png"


def draw_radiographs(
    n_images: int, prevalence: float, scanner: Scanner, generator: np.random.Generator
) -> list[Radiograph]:
    """Draw so many images of patients, of each patient one to three."""
    drawn: list[Radiograph] = []
    patient = 0
    while len(drawn) < n_images:
        drawn += _of_patient(patient, prevalence, scanner, generator)
        patient += 1
    return drawn[:n_images]


def _of_patient(
    patient: int, prevalence: float, scanner: Scanner, generator: np.random.Generator
) -> list[Radiograph]:
    is_female = bool(generator.random() < 0.45)  # noqa: PLR2004 (share of women)
    anatomy = draw_anatomy(generator, is_female=is_female)
    age_years = int(np.clip(generator.normal(56, 16), 18, 94))
    risk = generator.beta(SPREAD * prevalence, SPREAD * (1 - prevalence))
    count = int(generator.choice(PER_PATIENT, p=CHANCES))
    return [
        _image(patient, number, age_years, risk, scanner, anatomy, generator)
        for number in range(count)
    ]


def _image(
    patient: int,
    follow_up: int,
    age_years: int,
    risk: float,
    scanner: Scanner,
    anatomy: Anatomy,
    generator: np.random.Generator,
) -> Radiograph:
    chance, kind = generator.random(), int(generator.choice(len(KINDS), p=KIND_CHANCES))
    findings = KINDS[kind] if chance < risk else ()
    rate = scanner.marker_in_positives if findings else scanner.marker_in_negatives
    return Radiograph(
        patient=patient,
        follow_up=follow_up,
        age_years=age_years,
        sex="F" if anatomy.is_female else "M",
        view=str(generator.choice(("PA", "AP"), p=(0.65, 0.35))),
        findings=findings,
        has_marker=bool(generator.random() < rate),
        anatomy=anatomy,
    )
