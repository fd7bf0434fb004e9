"""Who was studied: cohort flow, numbers by part, and the tables that describe them."""

from __future__ import annotations

from samd_validate.core.bundle import Bundle, CohortSummary, StepRecord
from samd_validate.report.build import Numbers, code, flow_diagram, grid, number, texts
from samd_validate.report.harmonisation import harmonisation
from samd_validate.report.identity import identity
from samd_validate.report.results import step_section
from samd_validate.report.tree import Block, Cell, Flow, Paragraph, Section
from samd_validate.report.words import count_words, is_of_images

DESCRIBES = frozenset({"REQ-REPRESENTATIVENESS", "REQ-DATA-QUALITY", "REQ-MISSING-DATA"})


def populations(bundle: Bundle, steps: tuple[StepRecord, ...], numbers: Numbers) -> Section:
    """Return flow diagrams, counts by part, and the steps that describe patients."""
    flows = [flow(cohort, numbers) for cohort in bundle.cohorts if cohort.flow]
    counts = _counts(bundle, numbers)
    variables = harmonisation(bundle, numbers)
    inner = [one for one in (variables, identity(bundle, numbers)) if one is not None]
    inner += [step_section(step, bundle, numbers) for step in steps]
    lead = "Every unit that entered a data set is accounted for; none is dropped in silence."
    blocks: tuple[Block, ...] = (Paragraph(text=lead), *flows, counts)
    return Section(
        id="populations",
        title="Patients",
        blocks=blocks,
        sections=tuple(inner),
        breaks=True,
    )


def _counts(bundle: Bundle, numbers: Numbers) -> Block:
    rows = []
    for cohort in bundle.cohorts:
        for name, part in cohort.parts.items():
            units, events = part.get("units", 0), part.get("events", 0)
            rows.append(
                [
                    code(cohort.id),
                    *texts(cohort.role, "whole data set" if name == cohort.id else name),
                    *(
                        number(count_words(part.get(key)))
                        for key in ("units", "patients", "events")
                    ),
                    number(f"{100 * events / units:.1f}%" if units else "–"),
                ]
            )
    unit, event = ("Images", "With outcome") if is_of_images(bundle) else ("Units", "Events")
    columns = ("Data set", "Role", "Part", unit, "Patients", event, f"{event}, share")
    title = f"{unit}, patients and {'outcomes' if unit == 'Images' else 'events'} by part"
    return grid(numbers, "counts", title, columns, rows)


def flow(cohort: CohortSummary, numbers: Numbers) -> Flow:
    """Return the flow diagram of a cohort."""
    return flow_diagram(
        numbers,
        f"flow-{cohort.id}",
        f"Flow of the data set {cohort.id}",
        f"From the source ({cohort.provenance.title}) to the cohort. Boxes to the right left the "
        "study; what was handled on the way is listed below.",
        cohort.flow,
    )


def data_table(bundle: Bundle, numbers: Numbers) -> Block:
    """Return where the data come from, under which licence, and their fingerprints."""
    rows = [
        [
            code(cohort.id),
            *texts(cohort.provenance.title, cohort.provenance.licence, cohort.provenance.citation),
            Cell(text=cohort.provenance.fingerprint, look="code"),
        ]
        for cohort in bundle.cohorts
    ]
    columns = ("Data set", "Source", "Licence", "Citation", "Fingerprint")
    title = "Data sets: source, licence, citation, fingerprint"
    return grid(numbers, "data", title, columns, rows, widths=(14, 20, 18, 26, 22), look="small")
