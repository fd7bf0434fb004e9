"""Whether the parts of a study share patients, stays, sites, or the same person under two names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from samd_validate.checks._numbers import counted, not_run
from samd_validate.core.arrays import BoolArray, Column
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Measurement
from samd_validate.core.images import ImageSource
from samd_validate.core.inputs import Inputs

Codes = npt.NDArray[np.uint64]
FEWEST_VALUES = 5
PER_HOUR = 1000
PER_UNIT = 1e6
SALTS = ("first", "second")


def parts_of(inputs: Inputs) -> dict[str, Cohort]:
    """Return every cohort that the study holds, by the name of its part or data set."""
    parts = {} if inputs.development is None else {"development": inputs.development}
    if inputs.tuning is not None:
        parts["tuning"] = inputs.tuning.cohort
    return parts | {one.name: one.cohort for one in inputs.parts}


def overlaps(
    name: str, parts: Mapping[str, Cohort], *, is_external: bool
) -> dict[str, Measurement]:
    """Return how many patients and stays of a part are in another; for a data set, sites too."""
    here = parts[name]
    others = [cohort for part, cohort in parts.items() if part != name]
    if not others:
        reason = "there is no other part or data set to compare with"
        alone = not_run("no_other_part", reason, here.size)
        return dict.fromkeys(("patients_in_two_parts", "stays_in_two_parts"), alone)
    found: dict[str, Measurement] = {
        "patients_in_two_parts": _shared("patient_id", here, others),
        "stays_in_two_parts": _shared("unit_id", here, others),
    }
    if is_external:
        found["sites_in_two_parts"] = _shared("site", here, others)
    return found


def _shared(column: str, here: Cohort, others: list[Cohort]) -> Measurement:
    mine = np.unique(getattr(here, column))
    theirs = np.unique(np.concatenate([getattr(other, column) for other in others]))
    return counted(int(np.isin(mine, theirs).sum()), int(mine.size))


def duplicates(parts: Mapping[str, Cohort]) -> dict[str, Measurement]:
    """Return for each part how many stays have a twin under another patient's name.

    Twins have the same measurements (variable, time to 1/1000 h, value) and the same
    demographic columns, as far as all parts have them. Stays with fewer than five values are
    not compared, since few values coincide by chance. Images are twins if every pixel is the same.
    """
    columns = _common_columns(parts)
    prints = {name: _fingerprints(cohort, columns) for name, cohort in parts.items()}
    patients = np.concatenate([cohort.patient_id for cohort in parts.values()])
    is_twin = _twins(np.concatenate([codes for codes, _ in prints.values()]), patients)
    found: dict[str, Measurement] = {}
    start = 0
    for name, cohort in parts.items():
        comparable = prints[name][1]
        twins = is_twin[start : start + cohort.size] & comparable
        start += cohort.size
        found[name] = _duplicates_found(cohort, int(twins.sum()), int(comparable.sum()))
    return found


def _duplicates_found(cohort: Cohort, twins: int, comparable: int) -> Measurement:
    if cohort.images is not None:
        return counted(twins, comparable)
    if comparable == 0:
        reason = f"no stay has {FEWEST_VALUES} measurements over time to compare"
        return not_run("no_series", reason, cohort.size)
    left = cohort.size - comparable
    note = f"{left} stays with fewer than {FEWEST_VALUES} values not compared" if left else ""
    return counted(twins, comparable, note)


def _common_columns(parts: Mapping[str, Cohort]) -> tuple[str, ...]:
    sets = [{*cohort.groups, *cohort.numbers} for cohort in parts.values()]
    return tuple(sorted(set.intersection(*sets)))


def _fingerprints(cohort: Cohort, columns: tuple[str, ...]) -> tuple[Codes, BoolArray]:
    """Return two 64-bit codes per stay, and which stays have values enough to be compared."""
    if cohort.images is not None:
        return _image_codes(cohort.images, cohort.size), np.ones(cohort.size, dtype=np.bool_)
    values = np.zeros(cohort.size, dtype=np.int64)
    codes = np.zeros((cohort.size, len(SALTS)), dtype=np.uint64)
    if cohort.series is not None:
        values = np.bincount(cohort.series.unit_index, minlength=cohort.size)
    for place, salt in enumerate(SALTS):
        codes[:, place] = _series_codes(cohort, salt)
        for name in columns:
            codes[:, place] = _mixed(codes[:, place] + _column_codes(cohort, name, salt))
    return codes, np.asarray(values >= FEWEST_VALUES)


def _image_codes(images: ImageSource, n: int) -> Codes:
    """Return 128 bits of a digest of the shape and pixels of each image."""
    codes = np.zeros((n, len(SALTS)), dtype=np.uint64)
    for row in range(n):
        pixels = images.image(row).pixels
        content = str(pixels.shape).encode() + np.ascontiguousarray(pixels).tobytes()
        codes[row] = np.frombuffer(hashlib.sha256(content).digest()[:16], dtype=np.uint64)
    return codes


def _series_codes(cohort: Cohort, salt: str) -> Codes:
    """Return the sum of a code of each row: the order of rows does not matter."""
    sums = np.zeros(cohort.size, dtype=np.uint64)
    series = cohort.series
    if series is None or not series.value.size:
        return sums
    names = np.array([_text_code(one.name, salt) for one in series.variables], dtype=np.uint64)
    time = np.rint(series.time_hours.astype(np.float64) * PER_HOUR).astype(np.int64)
    code = names[series.variable_index] + _mixed(time.view(np.uint64))
    value = series.value.view(np.uint32).astype(np.uint64)
    code = _mixed(_mixed(code) + _mixed(value + np.uint64(len(salt))))
    np.add.at(sums, series.unit_index, code)
    return sums


def _column_codes(cohort: Cohort, name: str, salt: str) -> Codes:
    if name in cohort.groups:
        levels, place = np.unique(cohort.groups[name], return_inverse=True)
        return np.array([_text_code(one, salt) for one in levels], dtype=np.uint64)[place]
    number = np.nan_to_num(cohort.numbers[name].astype(np.float64), nan=-1)
    return _mixed(np.rint(number * PER_UNIT).astype(np.int64).view(np.uint64))


def _text_code(text: str, salt: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{salt}/{text}".encode()).digest()[:8], "big")


def _mixed(code: Codes) -> Codes:
    """Return well mixed 64-bit codes (the finaliser of SplitMix64, Steele et al. 2014)."""
    code = (code ^ (code >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    code = (code ^ (code >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(code ^ (code >> np.uint64(31)), dtype=np.uint64)


def _twins(codes: Codes, patients: Column) -> BoolArray:
    """Return which rows share their codes with a row of another patient."""
    _, group = np.unique(codes, axis=0, return_inverse=True)
    _, person = np.unique(patients, return_inverse=True)
    pairs = np.unique(np.stack([group.ravel(), person], axis=1), axis=0)
    people_of_group = np.bincount(pairs[:, 0])
    return np.asarray(people_of_group[group.ravel()] > 1)
