"""What a reader must bear in mind: limitations, oversight, provenance, and the words used."""

from __future__ import annotations

from collections.abc import Iterator

from samd_validate.core.bundle import Bundle, CohortSummary
from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.core.finding import Finding
from samd_validate.core.verdict import Outcome
from samd_validate.report.build import Numbers, code, grid, items, number, part, texts, words_of
from samd_validate.report.glossary import terms_in
from samd_validate.report.people import data_table
from samd_validate.report.tree import Block, Bullets, Facts, Paragraph, Section, Terms
from samd_validate.report.words import (
    count_words,
    event_words,
    measure_words,
    population_words,
    subset_words,
)

FEW_EVENTS = 100
"""Below about 100 events, measures of a prediction model are imprecise (doi:10.1002/sim.6787)."""
MOST_NAMED = 12
TOO_SMALL = "too_small"
SHOWN_PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "statsmodels",
    "torch",
    "numba",
    "matplotlib",
    "weasyprint",
    "pydantic",
)
MACHINE_FACTS = {
    "processor": "Processor",
    "processors": "Processors",
    "processors_allowed": "Processors allowed",
    "gpus": "GPUs",
    "threads": "Threads",
    "determinism": "Determinism",
    "variables": "Variables that are set",
    "waited_for_images": "Share of training spent waiting for images",
}
UNMET = {
    Outcome.FAIL: "was not met",
    Outcome.INCONCLUSIVE: "is inconclusive",
    Outcome.NOT_ASSESSED: "was not assessed",
}


def limitations(bundle: Bundle) -> Section:
    """Return the limits stated beforehand, and those that follow from the findings."""
    stated = [str(item) for item in items(bundle.protocol, "limitations")]
    card = part(bundle.model, "card") or bundle.model
    of_device = [str(item) for item in items(card, "limitations")]
    followed = run_limits(bundle)
    sections = [
        _listing("limits-stated", "Stated in the protocol", stated),
        _listing("limits-device", "Stated with the device", of_device),
        _listing("limits-found", "Following from this run", followed),
    ]
    return Section(id="limitations", title="Limitations", sections=tuple(sections), breaks=True)


def run_limits(bundle: Bundle) -> list[str]:
    """Return what a run could not show: verdicts, steps not run, no number, few events."""
    followed = [*_from_verdicts(bundle), *_from_steps(bundle), *_from_findings(bundle)]
    return [*followed, *_few_events(bundle)]


def _listing(name: str, title: str, lines: list[str]) -> Section:
    block: Block = Bullets(items=tuple(lines)) if lines else Paragraph(text="None.", look="note")
    return Section(id=name, title=title, blocks=(block,))


def _from_verdicts(bundle: Bundle) -> Iterator[str]:
    for verdict in bundle.all_verdicts:
        if verdict.outcome in UNMET:
            yield f"Criterion {verdict.criterion} {UNMET[verdict.outcome]}: {verdict.because}."


def _from_steps(bundle: Bundle) -> Iterator[str]:
    for step in bundle.steps:
        if step.status != "ran":
            yield f"The check {step.id} was not run: {step.why or step.status}."
    if not any(cohort.role == "external" for cohort in bundle.cohorts):
        yield "No external data set was studied; how far the numbers travel is not known."


def _from_findings(bundle: Bundle) -> Iterator[str]:
    """Name quantities without a number, grouped by reason so that the list stays readable."""
    by_reason: dict[str, list[Finding]] = {}
    small: dict[str, list[Finding]] = {}
    for finding in bundle.findings:
        if isinstance(finding.measurement, NotEstimable):
            is_small = finding.measurement.code == TOO_SMALL
            groups, name = (small, finding.check) if is_small else (by_reason, "")
            groups.setdefault(name or finding.measurement.reason, []).append(finding)
    yield from (_small_words(check, findings, bundle) for check, findings in small.items())
    for reason, findings in by_reason.items():
        names = list(dict.fromkeys(_place(finding, bundle) for finding in findings))
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        yield f"No number ({reason}): {'; '.join(names[:MOST_NAMED])}{more}."


def _small_words(check: str, findings: list[Finding], bundle: Bundle) -> str:
    """Return every place of a check that was too small for a number, with its counts, once."""
    places: dict[str, str] = {}
    for one in findings:
        where = f"{population_words(one.population, bundle)}, {subset_words(one.subset)}"
        n, events = one.measurement.n, count_words(one.measurement.n_events)
        places[where] = f"{where} ({count_words(n)} units, {events} with the event)"
    return (
        f"Too small for a number in {check.replace('_', ' ')}, {len(places)} groups: "
        f"{'; '.join(places.values())}. Nothing is known of the device in them."
    )


def _place(finding: Finding, bundle: Bundle) -> str:
    where = population_words(finding.population, bundle)
    subset = f", {subset_words(finding.subset)}" if finding.subset != "all" else ""
    return f"{measure_words(finding.measure)} in {where}{subset}"


def _few_events(bundle: Bundle) -> Iterator[str]:
    few: dict[str, dict[str, int]] = {}
    for finding in bundle.findings:
        measured = finding.measurement
        if isinstance(measured, Estimate) and 0 <= (measured.n_events or FEW_EVENTS) < FEW_EVENTS:
            subset = f", {subset_words(finding.subset)}" if finding.subset != "all" else ""
            where = f"{population_words(finding.population, bundle)}{subset}"
            few.setdefault(event_words(finding.measure), {})[where] = measured.n_events or 0
    for noun, places in few.items():
        named = [f"{where} ({events})" for where, events in list(places.items())[:MOST_NAMED]]
        more = f" and {len(places) - MOST_NAMED} more" if len(places) > MOST_NAMED else ""
        yield (
            f"Fewer than {FEW_EVENTS} {noun}, so that estimates are imprecise: "
            f"{'; '.join(named)}{more}."
        )


def oversight(bundle: Bundle) -> Section:
    """Return what the human must be able to do, as the protocol states it."""
    use = part(bundle.protocol, "intended_use")
    stated = tuple(str(item) for item in items(bundle.protocol, "human_oversight"))
    blocks: list[Block] = [Paragraph(text=str(use.get("human_role", "")))] if use else []
    if stated:
        blocks.append(Bullets(items=stated))
    else:
        words = (
            "The protocol states no measures of human oversight; the manufacturer supplies them."
        )
        blocks.append(Paragraph(text=words, look="warning"))
    words = (
        "This run measured the device alone. How people and device perform together was not "
        "studied here, and needs a study with users."
    )
    blocks.append(Paragraph(text=words, look="note"))
    return Section(id="oversight", title="Human oversight", blocks=tuple(blocks))


def provenance(bundle: Bundle, numbers: Numbers) -> Section:
    """Return where data and software come from, and the digests that tie all together."""
    return Section(
        id="provenance",
        title="Provenance",
        sections=(
            Section(id="provenance-data", title="Data", blocks=_data(bundle, numbers)),
            Section(id="provenance-software", title="Software", blocks=_software(bundle, numbers)),
            Section(id="provenance-record", title="Records of this run", blocks=_records(bundle)),
        ),
        breaks=not numbers.is_paper,
    )


def _data(bundle: Bundle, numbers: Numbers) -> tuple[Block, ...]:
    rows = [
        [
            *texts(cohort.id),
            code(file.name),
            number(count_words(file.size_bytes)),
            code(file.sha256),
        ]
        for cohort in bundle.cohorts
        for file in cohort.provenance.files
    ]
    blocks: list[Block] = [data_table(bundle, numbers)]
    roots = [(f"Merkle root of {c.id}", _root_words(c)) for c in bundle.cohorts]
    blocks.append(Facts(rows=tuple(roots)))
    notes = [f"{c.id}: {note}" for c in bundle.cohorts for note in c.provenance.notes]
    if notes:
        blocks.append(Bullets(items=tuple(notes)))
    if rows:
        columns = ("Data set", "File", "Bytes", "SHA-256")
        title = "Source files"
        widths = (16, 28, 14, 42)
        blocks.append(
            grid(numbers, "files", title, columns, rows, widths=widths, file="cohorts.json")
        )
    return tuple(blocks)


def _root_words(cohort: CohortSummary) -> str:
    count = len(cohort.provenance.files)
    if not count:
        return "none: no file lies behind these data"
    noun = "file" if count == 1 else "files"
    return f"{cohort.merkle_root or 'not kept'} ({count_words(count)} {noun})"


def _software(bundle: Bundle, numbers: Numbers) -> tuple[Block, ...]:
    environment = bundle.environment
    source, packages = part(environment, "source"), part(environment, "packages")
    facts = [("samd-validate", bundle.software_version)]
    facts += [
        (key.capitalize(), words_of(environment[key]))
        for key in ("python", "system")
        if key in environment
    ]
    facts += [
        (title, words_of(bundle.machine[key]) or "none")
        for key, title in MACHINE_FACTS.items()
        if key in bundle.machine
    ]
    if bundle.seeds:
        steps = len(bundle.seeds) - 1
        words = f"{bundle.seeds['protocol']}; those of {steps} steps follow from it (run.json)"
        facts.append(("Seed", words))
    if source:
        dirty = " with changes that were not committed" if source.get("is_dirty") else ""
        facts.append(("Source revision", f"{source.get('commit') or 'not from a checkout'}{dirty}"))
    shown = [
        [code(name), number(str(packages[name]))] for name in SHOWN_PACKAGES if name in packages
    ]
    if numbers.is_paper and shown:
        named = ", ".join(f"{name.text} {version.text}" for name, version in shown)
        facts.append(("Main packages", f"{named}; all {len(packages)} are in sbom.cdx.json"))
        shown = []
    blocks: list[Block] = [Facts(rows=tuple(facts))]
    if shown:
        columns, title = ("Package", "Version"), "Main packages"
        caption = f"All {len(packages)} installed packages, with digests, are in sbom.cdx.json."
        blocks.append(
            grid(numbers, "packages", title, columns, shown, caption=caption, look="narrow")
        )
    return tuple(blocks)


def _predictions_words(bundle: Bundle) -> str:
    if bundle.has_predictions:
        return "in predictions/ and cases/ as Parquet, under keyed pseudonyms of unit and patient"
    return (
        "left out on request (--without-predictions): no estimate can be recomputed from this "
        "evidence folder alone"
    )


def _records(bundle: Bundle) -> tuple[Block, ...]:
    facts = [
        ("Protocol digest", bundle.protocol_digest),
        ("Evidence digest", bundle.content_digest or "not sealed"),
        ("Head of the audit trail", bundle.audit_head or "none"),
        ("Scores of each case", _predictions_words(bundle)),
        ("Attachments", ", ".join(sorted(bundle.attachments)) or "none"),
        ("Signatures", "made on the sealed evidence, after this page; see the last section"),
    ]
    words = (
        "The evidence digest covers every file of the evidence folder but the audit trail and "
        "what depends on place and time (looks.json, machine.json), which the manifest lists too. "
        "samd-validate verify recomputes all of these from the folder."
    )
    return Facts(rows=tuple(facts)), Paragraph(text=words, look="note")


def glossary(text: str) -> Section:
    """Return the terms that the report uses."""
    return Section(id="glossary", title="Glossary", blocks=(Terms(rows=terms_in(text)),))
