"""The title page and the summary: what a clinician reads first."""

from __future__ import annotations

from samd_validate.core.bundle import Bundle, CohortSummary
from samd_validate.core.estimate import Estimate
from samd_validate.core.finding import Finding
from samd_validate.core.verdict import Criterion, Outcome, Verdict
from samd_validate.report.build import Numbers, part
from samd_validate.report.measured import measurement_words
from samd_validate.report.promise import EXPLORATORY, standing_words, state_words
from samd_validate.report.tree import (
    Block,
    Bullets,
    Paragraph,
    Section,
    Strip,
    VerdictRow,
    VerdictTable,
)
from samd_validate.report.words import (
    BANNER,
    OUTCOMES,
    count_words,
    event_words,
    headline,
    measure_words,
    population_words,
    subset_names,
    subset_words,
    units_words,
)

MOST_FINGERPRINTS = 8
HOW_TO_READ = (
    "A criterion is met only if the whole confidence interval keeps the limit that was set "
    "before the data were seen. It is inconclusive if the interval reaches across the limit, not "
    "met if it lies wholly outside, and not assessed if there was no number. None of the last "
    "three is a pass."
)


def title_facts(bundle: Bundle) -> tuple[tuple[str, str], ...]:
    """Return what stands on the title page: digests, software, and fingerprints of the data."""
    facts = [
        ("Protocol digest", bundle.protocol_digest),
        ("Protocol state", state_words(bundle)),
        ("Evidence digest", bundle.content_digest or "not sealed"),
        ("Head of the audit trail", bundle.audit_head or "none"),
        ("Software", f"samd-validate {bundle.software_version}"),
    ]
    shown = bundle.cohorts[:MOST_FINGERPRINTS]
    facts += [(f"Data: {cohort.id}", cohort.provenance.fingerprint) for cohort in shown]
    left = len(bundle.cohorts) - len(shown)
    return (*facts, ("Further data sets", f"{left}, see Provenance")) if left else tuple(facts)


def banners(bundle: Bundle) -> tuple[str, ...]:
    """Return what every page must say: simulated data, and a protocol that was not locked."""
    simulated = (BANNER,) if bundle.is_simulated else ()
    return simulated + (() if bundle.is_locked else (EXPLORATORY,))


def marks(bundle: Bundle) -> tuple[str, ...]:
    """Return the warnings that a title page must carry."""
    simulated = (BANNER,) if bundle.is_simulated else ()
    return simulated + (() if bundle.is_locked else (f"{EXPLORATORY} ({state_words(bundle)})",))


def summary(bundle: Bundle, numbers: Numbers) -> Section:
    """Return the summary in plain language, on one page."""
    use, outcome = part(bundle.protocol, "intended_use"), part(bundle.protocol, "outcome")
    words, look = headline(bundle)
    blocks: list[Block] = [
        Paragraph(text=str(use.get("statement", "No intended use is stated.")), look="lead"),
        Paragraph(text=_what_was_done(bundle, str(outcome.get("name", "the outcome")))),
        Paragraph(text=f"{words}.", look=f"headline {look}"),
    ]
    if bundle.all_criteria:
        blocks.append(verdict_table(bundle, numbers))
        blocks.append(Paragraph(text=HOW_TO_READ, look="note"))
    blocks.append(Bullets(items=_keep_in_mind(bundle, str(use.get("human_role", "")))))
    return Section(id="summary", title="Summary", blocks=tuple(blocks), breaks=True)


def _what_was_done(bundle: Bundle, outcome: str) -> str:
    name = str(bundle.model.get("name") or bundle.model.get("title") or "The device")
    sets = [_one_cohort(cohort) for cohort in bundle.cohorts]
    return (
        f"The device under test ({name}) {_does(bundle)}: {_lowered(outcome)}. "
        f"It was studied in {_listed(sets)}."
    )


def _does(bundle: Bundle) -> str:
    """Return what a device does: one whose marks were measured marks, any other predicts."""
    return "marks" if any(one.measure == "dice" for one in bundle.findings) else "predicts"


def _one_cohort(cohort: CohortSummary) -> str:
    role = "the development data set" if cohort.role == "development" else "the external data set"
    return (
        f"{role} {cohort.id} ({count_words(cohort.n_units)} {units_words(cohort)} of "
        f"{count_words(cohort.n_patients)} patients, {count_words(cohort.n_events)} with the "
        "outcome)"
    )


def _listed(parts: list[str]) -> str:
    if len(parts) <= 1:
        return parts[0] if parts else "no data set"
    return f"{'; '.join(parts[:-1])}; and {parts[-1]}"


def _lowered(words: str) -> str:
    return words if words[:2].isupper() else words[:1].lower() + words[1:]


def _keep_in_mind(bundle: Bundle, human_role: str) -> tuple[str, ...]:
    unmet = [v for v in bundle.all_verdicts if v.outcome is not Outcome.PASS]
    lines = []
    if bundle.is_simulated:
        lines.append("The data are simulated; no statement about patients can be drawn from them.")
    lines.append(f"Standing: {standing_words(bundle)}")
    if unmet:
        names = ", ".join(verdict.criterion for verdict in unmet)
        lines.append(f"Not passed: {names}. The section Limitations says why, one by one.")
    if human_role:
        lines.append(f"Role of the human: {human_role}")
    lines.append(
        "This report gives evidence for review; it is neither an approval nor a statement of "
        "conformity with any regulation."
    )
    return tuple(lines)


def verdict_table(bundle: Bundle, numbers: Numbers) -> VerdictTable:
    """Return every criterion with its estimate, its limit drawn in, and its outcome."""
    findings = {finding.key: finding for finding in bundle.all_findings}
    verdicts = {verdict.criterion: verdict for verdict in bundle.all_verdicts}
    rows = [
        _row(criterion, findings.get(criterion.finding), verdicts.get(criterion.id), bundle)
        for criterion in bundle.all_criteria
    ]
    return VerdictTable(
        number=numbers.table(),
        title="Criteria and verdicts",
        caption="Dot: estimate; bar: confidence interval; line: limit; shaded: where it is kept.",
        rows=tuple(rows),
    )


def _row(
    criterion: Criterion, finding: Finding | None, verdict: Verdict | None, bundle: Bundle
) -> VerdictRow:
    outcome = verdict.outcome.value if verdict else Outcome.NOT_ASSESSED.value
    measurement = finding.measurement if finding else None
    estimate = measurement if isinstance(measurement, Estimate) else None
    point = " (point estimate)" if criterion.reads == "point" else ""
    counts = measurement and (measurement.n, measurement.n_events)
    return VerdictRow(
        criterion=criterion.id,
        question=question_words(criterion, bundle),
        estimate=measurement_words(measurement) if measurement else "no finding",
        counts=_counts(finding.measure, *counts) if finding and counts else "",
        limit=criterion.bound_text() + point,
        outcome=outcome,
        outcome_words=OUTCOMES[outcome],
        because=verdict.because if verdict else "the run holds no verdict on it",
        strip=_strip(criterion, estimate) if estimate else None,
        subsets=subset_names(criterion.finding.split("/", 4)[3]),
    )


def _counts(measure: str, n: int, n_events: int | None) -> str:
    """Return the counts behind a number; a measure of overlap has no events."""
    events = "" if n_events is None else f", {event_words(measure)} {count_words(n_events)}"
    return f"n {count_words(n)}{events}"


def question_words(criterion: Criterion, bundle: Bundle) -> str:
    """Return the address of a criterion's finding in a reader's words."""
    _, measure, population, subset, model = criterion.finding.split("/", 4)
    words = f"{measure_words(measure)}; {population_words(population, bundle)}"
    if subset != "all":
        words += f"; {subset_words(subset)}"
    return words if model == "device" else f"{words}; model {model}"


def _strip(criterion: Criterion, estimate: Estimate) -> Strip:
    return Strip(
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        at_least=criterion.at_least,
        at_most=criterion.at_most,
        alt=f"{measurement_words(estimate)}; limit {criterion.bound_text()}",
    )
