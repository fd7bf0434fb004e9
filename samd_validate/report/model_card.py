"""The model card: what a user of the device must know, as Markdown, from the bundle alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from samd_validate.core.bundle import Bundle, CohortSummary
from samd_validate.core.estimate import Estimate
from samd_validate.core.finding import Finding
from samd_validate.core.visible import visible
from samd_validate.report.build import items, part
from samd_validate.report.closing import run_limits
from samd_validate.report.measured import measurement_words
from samd_validate.report.opening import HOW_TO_READ, question_words
from samd_validate.report.promise import standing_words
from samd_validate.report.words import (
    BANNER,
    OUTCOMES,
    count_words,
    headline,
    measure_words,
    population_words,
    subset_words,
    units_words,
)

MODEL_CARD_FILE = "model_card.md"
SPECIAL = re.compile(r"([\\`*_\[\]<>|~&$@]|^[#+-]|(?<=\d)\.(?=\s)|:(?=//)|(?<=www)\.)")
"""What Markdown, HTML inside it, or the finders of links and formulas could read as more."""
MEASURES_OF_GROUPS = ("auroc", "calibration_in_the_large", "sensitivity", "dice")
NO_CLAIM = (
    "This card gives evidence for review; it is neither an approval nor a statement of conformity "
    "with any regulation."
)


def inert(words: object) -> str:
    r"""Return words that Markdown shows as they are: no link, no tag, no cell, no new line.

    >>> inert("a|b <i> [c](http://d)\n# e")
    'a\\|b \\<i\\> \\[c\\](http\\://d) # e'
    """
    return SPECIAL.sub(r"\\\1", " ".join(visible(str(words)).split()))


def model_card(held: Bundle) -> str:
    """Return the card of the device; the same bundle always gives the same text.

    Looks at the labels belong to a place and a time, and stand in the report alone.
    """
    bundle = replace(held, looks=None)
    name = bundle.model.get("title") or bundle.model.get("name") or "The device"
    said, _ = headline(bundle)
    parts = [
        f"# Model card: {inert(name)}",
        *([f"**{BANNER}**"] if bundle.is_simulated else []),
        f"{inert(said)}. {inert(standing_words(bundle))}",
        NO_CLAIM,
        *_section("Intended use", _use(bundle)),
        *_section("Device", _device(bundle)),
        *_section("Data", _data(bundle)),
        *_section("Performance", _performance(bundle)),
        *_section("Groups of patients", _groups(bundle)),
        *_section("Limitations", _limits(bundle)),
        *_section("Provenance", _digests(bundle)),
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, blocks: Iterable[str]) -> list[str]:
    return [f"## {title}", *(list(blocks) or ["None."])]


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [[inert(cell) for cell in row] for row in rows]
    head = [list(columns), ["---"] * len(columns)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (*head, *lines))


def _list(lines: Iterable[object]) -> str:
    return "\n".join(f"- {inert(line)}" for line in lines)


def _use(bundle: Bundle) -> list[str]:
    use = part(bundle.protocol, "intended_use")
    names = {
        "population": "Patients",
        "users": "Users",
        "setting": "Setting",
        "human_role": "Role of the human",
    }
    facts = [f"{words}: {use[key]}" for key, words in names.items() if use.get(key)]
    not_for = [f"Not for: {item}" for item in items(use, "not_for")]
    lines = _list([*facts, *not_for])
    statement = inert(use.get("statement", "No intended use is stated."))
    return [statement, *([lines] if lines else [])]


def _device(bundle: Bundle) -> list[str]:
    card = part(bundle.model, "card") or bundle.model
    keys = ("summary", "inputs", "output", "training")
    lines = [f"{key.capitalize()}: {card[key]}" for key in keys if isinstance(card.get(key), str)]
    point = bundle.operating_point
    if point is not None:
        lines.append(
            f"Operating point: a score of {point.threshold:.4f} or more is called positive. "
            f"{point.origin}"
        )
    lines += [f"Compared with: {one.get('name', 'comparator')}" for one in bundle.comparators]
    return [_list(lines)] if lines else []


def _data(bundle: Bundle) -> list[str]:
    rows = [row for cohort in bundle.cohorts for row in _parts(cohort)]
    columns = ("Data set", "Role", "Part", "Units", "Patients", "Events")
    return [_table(columns, rows)] if rows else []


def _parts(cohort: CohortSummary) -> list[tuple[str, ...]]:
    parts = cohort.parts or {cohort.id: {}}
    counts = {"units": cohort.n_units, "patients": cohort.n_patients, "events": cohort.n_events}
    return [
        (
            cohort.id,
            cohort.role,
            f"whole data set, {units_words(cohort)}" if name == cohort.id else name,
            *(count_words(int(part_.get(key, total))) for key, total in counts.items()),
        )
        for name, part_ in parts.items()
    ]


def _performance(bundle: Bundle) -> list[str]:
    if not bundle.criteria:
        return ["The protocol sets no criterion; nothing was judged."]
    findings = {one.key: one.measurement for one in bundle.findings}
    outcomes = {one.criterion: one.outcome.value for one in bundle.verdicts}
    rows = []
    for one in bundle.criteria:
        measured = findings.get(one.finding)
        words = measurement_words(measured) if measured else "no finding"
        counts = (count_words(measured.n), count_words(measured.n_events)) if measured else ("", "")
        outcome = OUTCOMES[outcomes.get(one.id, "NOT_ASSESSED")]
        rows.append((question_words(one, bundle), words, *counts, one.bound_text(), outcome))
    columns = ("Measure", "Estimate", "n", "Events", "Limit", "Outcome")
    return [_table(columns, rows), HOW_TO_READ]


def _groups(bundle: Bundle) -> list[str]:
    """Return the lowest and the highest estimate of each measure, and how many have none."""
    inside = [
        one
        for one in bundle.findings
        if one.measure in MEASURES_OF_GROUPS
        and "=" in one.subset
        and one.model == "device"
        and one.check.startswith("subgroup")
    ]
    by_place: dict[tuple[str, str], list[Finding]] = {}
    for one in inside:
        by_place.setdefault((one.measure, one.population), []).append(one)
    rows = [row for findings in by_place.values() for row in _ends(findings, bundle)]
    bare = {one.subset for one in inside if not isinstance(one.measurement, Estimate)}
    if not inside:
        return ["No groups of patients were measured apart."]
    columns = ("Measure", "Population", "", "Group", "Estimate", "n")
    words = f"Groups without a number, such as because they are too small: {len(bare)}."
    return [*([_table(columns, rows)] if rows else []), words]


def _ends(findings: Sequence[Finding], bundle: Bundle) -> list[tuple[str, ...]]:
    known = [
        (one.measurement.value, place)
        for place, one in enumerate(findings)
        if isinstance(one.measurement, Estimate)
    ]
    return (
        [
            (
                measure_words(findings[place].measure),
                population_words(findings[place].population, bundle),
                word,
                subset_words(findings[place].subset),
                measurement_words(findings[place].measurement),
                count_words(findings[place].measurement.n),
            )
            for word, place in (("lowest", min(known)[1]), ("highest", max(known)[1]))
        ]
        if known
        else []
    )


def _limits(bundle: Bundle) -> list[str]:
    card = part(bundle.model, "card") or bundle.model
    stated = [*items(bundle.protocol, "limitations"), *items(card, "limitations")]
    lines = [*stated, *run_limits(bundle)]
    return [_list(lines)] if lines else []


def _digests(bundle: Bundle) -> list[str]:
    lines = [
        f"Protocol: {bundle.protocol.get('id', '')} {bundle.protocol.get('version', '')}, "
        f"{bundle.protocol_digest}",
        f"Model: {bundle.model.get('model_digest') or 'not part of the bundle'}",
        *(f"Data {one.id}: {one.provenance.fingerprint}" for one in bundle.cohorts),
        f"Software: samd-validate {bundle.software_version}",
        "The digest of the evidence covers this card; it is in manifest.json beside it.",
    ]
    return [_list(lines)]
