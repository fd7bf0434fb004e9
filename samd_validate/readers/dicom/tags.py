"""What a header tells of patient, view and exposure, in the words and units of the cohort."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from samd_validate.readers.dicom.read import DataSet, number, several, text, value

NAN = float("nan")
OLDEST, ABOVE = 89, 90.0
IMPLAUSIBLE = 120
AGE = re.compile(r"(\d{3})([DWMY])")
PER_YEAR = {"D": 365.25, "W": 52.1775, "M": 12.0, "Y": 1.0}
OTHER = "other"
KNOWN = {
    "PatientSex": ("F", "M", "O"),
    "ViewPosition": (
        *("AP", "PA", "LL", "RL", "RLD", "LLD", "RLO", "LLO"),
        *("CC", "MLO", "ML", "LM", "XCC", "LMO", "SIO", "FB", "XCCL"),
    ),
    "Grid": ("FIXED", "FOCUSED", "RECIPROCATING", "PARALLEL", "CROSSED", "NONE"),
    "DetectorType": ("DIRECT", "SCINTILLATOR", "STORAGE", "FILM"),
    "LossyImageCompression": ("00", "01"),
}
"""Terms that are copied; any other text could be anything, and becomes ``other``."""
COMPRESSION = {"00": "lossless", "01": "lossy"}
SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")
LEAST_MM, MOST_MM, MOST_UNEQUAL = 0.01, 10.0, 2.0
PAIR = 2

Acquired: TypeAlias = Literal[
    "kvp",
    "exposure_mas",
    "exposure_time_ms",
    "tube_current_ma",
    "source_detector_mm",
    "exposure_index",
    "bits_stored",
    "pixel_spacing_mm",
    "rows",
    "columns",
    "grid",
    "detector",
    "compression",
    "polarity",
]


@dataclass(frozen=True, kw_only=True)
class Age:
    """An age in years (NaN: not known), and what was done to it, empty for nothing."""

    years: float
    handled: str = ""


def age_of(dataset: DataSet) -> Age:
    """Return the age as told, else from the dates of birth and of the study.

    >>> age_of({"PatientAge": "018M"}).years
    1.5
    """
    told = text(dataset, "PatientAge")
    if not told:
        return _from_dates(dataset)
    found = AGE.fullmatch(told)
    if found is None:
        return Age(years=NAN, handled="age that is no age, taken as unknown")
    return bounded(int(found[1]) / PER_YEAR[found[2]])


def bounded(years: float, handled: str = "") -> Age:
    """Return an age, 90 where it is above 89, not known where it is above 120 or below 0.

    >>> bounded(95).years
    90.0
    """
    if years < 0 or years > IMPLAUSIBLE:
        return Age(years=NAN, handled="age below 0 or above 120 years, taken as unknown")
    if years >= OLDEST + 1:
        return Age(years=ABOVE, handled="age above 89 years, taken as 90")
    return Age(years=years, handled=handled)


def _from_dates(dataset: DataSet) -> Age:
    born, taken = (_date(dataset, name) for name in ("PatientBirthDate", "StudyDate"))
    if born is None or taken is None:
        return Age(years=NAN)
    had_birthday = (taken.month, taken.day) >= (born.month, born.day)
    years = taken.year - born.year - (not had_birthday)
    return bounded(float(years), "age from the dates of birth and study")


def _date(dataset: DataSet, keyword: str) -> date | None:
    digits = text(dataset, keyword).replace(".", "")
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


@dataclass(frozen=True, kw_only=True)
class PixelSize:
    """Millimetres down the rows and along the columns, the tag that tells them, or its fault."""

    spacing_mm: tuple[float, float] | None = None
    tag: str = ""
    fault: str = ""


def pixel_size_of(dataset: DataSet) -> PixelSize:
    """Return the first spacing that is told and not 0: in the patient, at the detector, of a film.

    >>> pixel_size_of({"PixelSpacing": [0, 0], "ImagerPixelSpacing": [0.2, 0.2]}).tag
    'ImagerPixelSpacing'
    """
    for tag in SPACINGS:
        found = several(dataset, tag)
        if value(dataset, tag) is not None and found != [0.0, 0.0]:
            if _is_plausible(found):
                return PixelSize(spacing_mm=(found[0], found[1]), tag=tag)
            words = f"{LEAST_MM:g} and {MOST_MM:g} mm, or very unequal"
            return PixelSize(tag=tag, fault=f"{tag} that is not two numbers between {words}")
    return PixelSize()


def _is_plausible(found: Sequence[float]) -> bool:
    if len(found) != PAIR or not all(LEAST_MM <= one <= MOST_MM for one in found):
        return False
    return max(found) <= MOST_UNEQUAL * min(found)


def term(dataset: DataSet, keyword: str) -> str:
    """Return a term of the standard, ``other`` for any other text, empty where there is none."""
    found = text(dataset, keyword).upper()
    return found if found in ("", *KNOWN[keyword]) else OTHER


def words(dataset: DataSet, keyword: str) -> str:
    """Return several words of a header as one, each a term of the standard or ``other``."""
    found = value(dataset, keyword)
    if found is None or isinstance(found, str):
        return term(dataset, keyword)
    known = {str(one).strip().upper() for one in found if str(one).strip()}
    return "+".join(sorted(one if one in KNOWN[keyword] else OTHER for one in known))


def _positive(dataset: DataSet, keyword: str, divisor: float = 1.0) -> float:
    found = number(dataset, keyword)
    return found / divisor if 0 < found < float("inf") else NAN


def _first(*numbers: float) -> float:
    return next((one for one in numbers if not math.isnan(one)), NAN)


def _spacing(dataset: DataSet) -> float:
    spacing = pixel_size_of(dataset).spacing_mm
    return NAN if spacing is None else spacing[0]


NUMBERS: Mapping[str, Callable[[DataSet], float]] = {
    "kvp": lambda one: _positive(one, "KVP"),
    "exposure_mas": lambda one: _first(
        _positive(one, "ExposureInuAs", 1000), _positive(one, "Exposure")
    ),
    "exposure_time_ms": lambda one: _first(
        _positive(one, "ExposureTimeInuS", 1000), _positive(one, "ExposureTime")
    ),
    "tube_current_ma": lambda one: _first(
        _positive(one, "XRayTubeCurrentInuA", 1000), _positive(one, "XRayTubeCurrent")
    ),
    "source_detector_mm": lambda one: _positive(one, "DistanceSourceToDetector"),
    "exposure_index": lambda one: _positive(one, "ExposureIndex"),
    "bits_stored": lambda one: _positive(one, "BitsStored"),
    "pixel_spacing_mm": _spacing,
    "rows": lambda one: _positive(one, "Rows"),
    "columns": lambda one: _positive(one, "Columns"),
}
"""How an exposure was made, as numbers; NaN where the header does not tell."""
UNITS = {
    "kvp": "kV",
    "exposure_mas": "mA.s",
    "exposure_time_ms": "ms",
    "tube_current_ma": "mA",
    "source_detector_mm": "mm",
    "exposure_index": "1",
    "bits_stored": "bit",
    "pixel_spacing_mm": "mm",
    "rows": "1",
    "columns": "1",
}
GROUPS: Mapping[str, Callable[[DataSet], str]] = {
    "grid": lambda one: words(one, "Grid"),
    "detector": lambda one: term(one, "DetectorType"),
    "compression": lambda one: COMPRESSION.get(term(one, "LossyImageCompression"), ""),
    "polarity": lambda one: text(one, "PhotometricInterpretation"),
}
"""How an exposure was made, as words; empty where the header does not tell."""
