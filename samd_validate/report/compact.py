"""Findings on paper: a row a quantity, a column a population, and below what the cells mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from samd_validate.core.bundle import Bundle
from samd_validate.core.estimate import Estimate, Measurement
from samd_validate.core.finding import Finding
from samd_validate.report.build import Numbers, grid, name_cell, texts
from samd_validate.report.measured import measurement_words, method_words, p_words, shared_clauses
from samd_validate.report.tree import Block, Cell, Paragraph
from samd_validate.report.words import (
    count_words,
    event_words,
    measure_words,
    population_words,
    subset_words,
)

MOST_PRINTED = 20
"""Longer tables of findings show what decides; the rest is in the tables beside the report."""
MOST_SUBSETS = 12
"""A table of subsets is shortened sooner: figures and tables of the check show them too."""
MOST_POPULATIONS = 3
"""More populations than these do not fit beside each other; each row then names its own."""
REST = (
    "{shown} of {total} findings are printed: {which}. All of them are in the sheet findings of "
    "the tables beside this report (-tables.xlsx) and in findings.json."
)
MOST_REMARKS = 6
MOST_BARE = 6
REMARKS = "{count} remarks on single numbers are in the sheet findings."
Key = tuple[str, str, str, str]
"""Measure, subset, model and, where rows name it, population."""


def compact_tables(
    name: str, title: str, findings: Sequence[Finding], bundle: Bundle, numbers: Numbers
) -> list[Block]:
    """Return findings as one table with its notes, shortened to what decides if it is long.

    Of many without a number, none of which a criterion reads, the note alone is left.
    """
    shown, which = deciding(findings, bundle)
    blocks: list[Block] = [_table(name, title, shown, bundle, numbers)] if shown else []
    if len(shown) < len(findings):
        words = REST.format(shown=len(shown), total=len(findings), which=which)
        kept = {one.key for one in shown}
        left = [one for one in findings if one.key not in kept]
        bare = sum(not isinstance(one.measurement, Estimate) for one in left)
        words += f" Of those not printed, {bare} have no number." if bare else ""
        blocks.append(Paragraph(text=f"{title}: {words}", look="note"))
    return blocks


def deciding(findings: Sequence[Finding], bundle: Bundle) -> tuple[list[Finding], str]:
    """Return the findings to print of many, and by which rule they were taken.

    A finding that a criterion reads is always among them.
    """
    read = {criterion.finding for criterion in bundle.all_criteria}
    most = MOST_PRINTED if all(one.subset == "all" for one in findings) else MOST_SUBSETS
    if _n_rows(findings) <= most:
        return list(findings), "all"
    device = [one for one in findings if one.model == "device" or one.key in read]
    if len(device) < len(findings) and _n_rows(device) <= most:
        return device, "those of the device, and those that a criterion reads"
    ends = read | _ends(device) | _bare(device)
    rows = {_row_of(one) for one in findings if one.key in ends}
    kept = [one for one in findings if _row_of(one) in rows]
    return kept, "those that a criterion reads, and the lowest and the highest of each measure"


def _bare(findings: Sequence[Finding]) -> set[str]:
    """Return the addresses of what has no number, where these are few."""
    bare = {one.key for one in findings if not isinstance(one.measurement, Estimate)}
    return bare if len(bare) <= MOST_BARE else set()


def _ends(findings: Sequence[Finding]) -> set[str]:
    """Return the addresses of the lowest and the highest estimate of each measure."""
    by_measure: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for one in findings:
        if isinstance(one.measurement, Estimate):
            place = (one.measure, one.population)
            by_measure.setdefault(place, []).append((one.measurement.value, one.key))
    return {end(values)[1] for values in by_measure.values() for end in (min, max)}


def _n_rows(findings: Sequence[Finding]) -> int:
    return len({_row_of(one) for one in findings})


def _row_of(finding: Finding) -> tuple[str, str, str]:
    return finding.measure, finding.subset, finding.model


def _table(
    name: str, title: str, findings: Sequence[Finding], bundle: Bundle, numbers: Numbers
) -> Block:
    populations = list(dict.fromkeys(one.population for one in findings))
    beside = populations if len(populations) <= MOST_POPULATIONS else [""]
    by_row: dict[Key, dict[str, Finding]] = {}
    for one in findings:
        place = one.population if len(populations) <= MOST_POPULATIONS else ""
        key = (one.measure, one.subset, one.model, "" if place else one.population)
        by_row.setdefault(key, {})[place] = one
    names = _Names(findings, bundle, has_population=beside == [""])
    notes = _Notes(findings)
    heads = [_head(findings, place, bundle) for place in beside]
    counted = [is_counted for _, is_counted in heads]
    rows = [
        [
            *names.cells(key),
            *(_cell(row.get(one), flag, notes) for one, flag in zip(beside, counted, strict=True)),
        ]
        for key, row in by_row.items()
    ]
    return grid(
        numbers,
        f"findings-{name}",
        title,
        [*names.columns, *(head for head, _ in heads)],
        rows,
        caption=notes.words(),
        file="findings.json",
        look="small",
        widths=names.widths(len(beside)),
    )


class _Names:
    """The columns that say what a row is; those that say the same in every row are left out."""

    def __init__(
        self, findings: Sequence[Finding], bundle: Bundle, *, has_population: bool
    ) -> None:
        self._makers: list[tuple[str, int, Callable[[Key], Cell]]] = [
            ("Measure", 30, lambda key: Cell(text=measure_words(key[0])))
        ]
        if has_population:
            words: Mapping[str, str] = {
                one.population: population_words(one.population, bundle) for one in findings
            }
            self._makers.append(("Population", 18, lambda key: Cell(text=words[key[3]])))
        if any(one.subset != "all" for one in findings):
            self._makers.append(("Subset", 20, lambda key: name_cell(subset_words(key[1]))))
        if any(one.model != "device" for one in findings):
            self._makers.append(("Model", 12, lambda key: Cell(text=key[2])))
        self.columns = tuple(maker[0] for maker in self._makers)

    def cells(self, key: Key) -> list[Cell]:
        return [make(key) for _, _, make in self._makers]

    def widths(self, n_more: int) -> tuple[int, ...]:
        own = [width for _, width, _ in self._makers]
        return (*own, *[(100 - sum(own)) // n_more] * n_more)


class _Notes:
    """Methods and remarks, each once, under the letter by which cells name it."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        measurements = [one.measurement for one in findings]
        self._shared = shared_clauses(measurements)
        self._letters: dict[str, str] = {}
        levels = {one.level for one in measurements if isinstance(one, Estimate)}
        remarks = Counter(one.note for one in measurements if isinstance(one, Estimate))
        del remarks[""]
        self._left_out = {} if len(remarks) <= MOST_REMARKS else remarks
        self._level = f"{100 * min(levels):g}% CI " if len(levels) == 1 else ""

    def cell_words(self, measurement: Measurement) -> str:
        words = measurement_words(measurement)
        if not isinstance(measurement, Estimate):
            return words
        words = words.replace(f"({self._level}", "(") if self._level else words
        p_value = measurement.p_value
        words += "" if p_value is None else f", p {p_words(p_value)}"
        said = self._letter(measurement)
        return f"{words} [{said}]" if said else words

    def _letter(self, measurement: Estimate) -> str:
        if measurement.note in self._left_out:
            measurement = replace(measurement, note="")
        said = method_words(measurement, self._shared)
        if measurement.p_value is not None:
            said = said.replace(f"p {p_words(measurement.p_value)}", "").strip("; ,")
            said = said.replace(", ;", ";")
        if not said:
            return ""
        return self._letters.setdefault(said, _letters(len(self._letters)))

    def words(self) -> str:
        level = f"In brackets: {self._level.strip()}." if self._level else ""
        shared = f"Method: {', '.join(self._shared)}." if self._shared else ""
        listed = "; ".join(f"[{letter}] {words}" for words, letter in self._letters.items())
        listed = f"{listed}." if listed else ""
        left = REMARKS.format(count=sum(self._left_out.values())) if self._left_out else ""
        return " ".join(part for part in (level, shared, listed, left) if part)


def _letters(place: int) -> str:
    """Return a, b, ..., z, aa, ab, ... by place from 0.

    >>> _letters(0), _letters(25), _letters(26)
    ('a', 'z', 'aa')
    """
    first, second = divmod(place, 26)
    return (chr(96 + first) if first else "") + chr(97 + second)


def _head(findings: Sequence[Finding], place: str, bundle: Bundle) -> tuple[str, bool]:
    """Return the head of a column, and whether it says n and events for all of its cells."""
    inside = [one for one in findings if place in ("", one.population)]
    where = population_words(place, bundle) if place else "Estimate"
    counts = {_counts(one) for one in inside}
    return (f"{where} ({counts.pop()})", True) if len(counts) == 1 else (where, False)


def _counts(finding: Finding) -> str:
    measurement = finding.measurement
    words = f"n {count_words(measurement.n)}"
    if measurement.n_events is None:
        return words
    return f"{words}, {event_words(finding.measure)} {count_words(measurement.n_events)}"


def _cell(finding: Finding | None, is_counted: bool, notes: _Notes) -> Cell:
    if finding is None:
        return texts("–")[0]
    words = notes.cell_words(finding.measurement)
    look = "estimate" if isinstance(finding.measurement, Estimate) else "gap"
    if not is_counted:
        words = f"{words}; {_counts(finding)}"
    return Cell(text=words, look=look)
