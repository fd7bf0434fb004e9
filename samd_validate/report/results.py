"""What was measured: every finding of every step, with its figures and tables."""

from __future__ import annotations

from collections.abc import Iterable

from samd_validate.core.bundle import Bundle, StepRecord
from samd_validate.core.estimate import Estimate
from samd_validate.core.finding import Figure, Finding, Table
from samd_validate.report.build import (
    Numbers,
    grid,
    name_cell,
    number,
    picture,
    pictures,
    plain_table,
    texts,
)
from samd_validate.report.compact import MOST_PRINTED, compact_tables
from samd_validate.report.groups import group_tables, of_compared_groups
from samd_validate.report.measured import measurement_words, method_words, shared_clauses
from samd_validate.report.row_keys import row_key
from samd_validate.report.sanity import sanity_of, with_verdict
from samd_validate.report.tree import Block, Bullets, Cell, Paragraph, Section
from samd_validate.report.words import (
    count_words,
    event_words,
    measure_words,
    population_words,
    subset_words,
)

BESIDE = (
    "{title}: a table of {rows} rows, not printed because the figures of this section show what "
    "stands out; it is a sheet of the tables beside this report (-tables.xlsx)."
)


def results(bundle: Bundle, steps: tuple[StepRecord, ...], numbers: Numbers) -> Section:
    """Return the results of the steps in the order of the protocol."""
    is_short = numbers.is_paper
    lead = (
        "Each row is one measured quantity: estimate with its confidence interval, number of units "
        "(n) and events, and how the interval was made. A quantity that could not be estimated "
        "stays a row" + (", or is counted below a table that is shortened." if is_short else ".")
    )
    inner = tuple(step_section(step, bundle, numbers) for step in steps)
    blocks: tuple[Block, ...] = (Paragraph(text=lead),)
    if not steps:
        blocks = (Paragraph(text="No check measured anything in this run.", look="warning"),)
    return Section(id="results", title="Results", blocks=blocks, sections=inner, breaks=True)


def explanations(bundle: Bundle, steps: tuple[StepRecord, ...], numbers: Numbers) -> Section:
    """Return what moves the output, overall and for single patients."""
    if steps:
        lead = (
            "An explanation says what moved the output of the device, not what causes the outcome. "
            "Contributions are in log-odds; to the right raises the risk."
        )
        blocks: tuple[Block, ...] = (Paragraph(text=lead),)
    else:
        words = "This run holds no explanation of the outputs: no check for it was planned."
        blocks = (Paragraph(text=words, look="warning"),)
    inner = tuple(step_section(step, bundle, numbers) for step in steps)
    return Section(
        id="explanations", title="Explanations", blocks=blocks, sections=inner, breaks=bool(steps)
    )


def step_section(step: StepRecord, bundle: Bundle, numbers: Numbers) -> Section:
    """Return one step: what it means, its findings, figures, tables and notes."""
    findings = [finding for finding in bundle.findings if finding.check == step.id]
    first, *more = doc_paragraphs(step.doc)[:2] or [""]
    blocks: list[Block] = [Paragraph(text=first)] if first else []
    blocks += [Paragraph(text=text, look="method") for text in more]
    if step.status != "ran":
        blocks.append(Paragraph(text=f"Not run: {step.why or step.status}.", look="warning"))
    blocks += _finding_tables(step, findings, bundle, numbers)
    sanity = sanity_of(step, bundle)
    if sanity is not None:
        blocks.append(Paragraph(text=sanity.words, look="note" if sanity.is_passed else "warning"))
    shown = [with_verdict(figure, sanity) for figure in figures_of(step, bundle)]
    blocks += [*pictures(numbers, shown), *_absent(findings, bundle)]
    blocks += _tables(tables_of(step, bundle), numbers, is_drawn=bool(shown))
    if step.notes:
        blocks.append(Bullets(items=step.notes))
    return Section(id=f"step-{step.id}", title=step_title(step), blocks=tuple(blocks))


def _tables(tables: list[Table], numbers: Numbers, *, is_drawn: bool) -> list[Block]:
    """Return the tables of a check; on paper, a long one that a figure shows is named alone."""
    return [
        Paragraph(text=BESIDE.format(title=table.title, rows=len(table.rows)), look="note")
        if numbers.is_paper and is_drawn and len(table.rows) > MOST_PRINTED
        else plain_table(numbers, table)
        for table in tables
    ]


def step_title(step: StepRecord) -> str:
    """Return a step's heading.

    >>> step_title(StepRecord(id="by_age", check="subgroups", version=1, status="ran", why="",
    ...                       params={}, doc="", requirements=()))
    'Subgroups (by_age)'
    """
    words = step.check.replace("_", " ")
    words = words.upper() if words == "shap" else words[:1].upper() + words[1:]
    return words if step.id == step.check else f"{words} ({step.id})"


def doc_paragraphs(doc: str) -> list[str]:
    r"""Return the paragraphs of a docstring, without its sections for programmers.

    >>> doc_paragraphs("Measure it.\n\n    Over two\n    lines.\n\n    Raises\n    ------\n")
    ['Measure it.', 'Over two lines.']
    """
    paragraphs = [" ".join(block.split()) for block in doc.strip().split("\n\n")]
    heads = ("Raises", "References", "Parameters", "Returns", "Notes", ">>>")
    kept: list[str] = []
    for paragraph in paragraphs:
        if paragraph.startswith(heads) and ("---" in paragraph or ">>>" in paragraph):
            break
        kept.append(paragraph.replace("``", ""))
    return [paragraph for paragraph in kept if paragraph]


def _finding_tables(
    step: StepRecord, findings: list[Finding], bundle: Bundle, numbers: Numbers
) -> list[Block]:
    if not findings:
        return []
    compared = of_compared_groups(findings)
    single = [finding for finding in findings if finding not in compared]
    whole = [finding for finding in single if finding.subset == "all"]
    parts = [finding for finding in single if finding.subset != "all"]
    blocks: list[Block] = []
    if compared:
        title = f"{step_title(step)}: each group, and how it differs"
        blocks += group_tables(f"findings-{step.id}-groups", title, compared, bundle, numbers)
    for name, group in (("findings", whole), ("findings by subset", parts)):
        if group:
            title, place = f"{step_title(step)}: {name}", f"{step.id}-{len(blocks)}"
            if numbers.is_paper:
                blocks += compact_tables(place, title, group, bundle, numbers)
            else:
                blocks.append(_finding_table(place, title, group, bundle, numbers))
    return blocks


def _finding_table(
    name: str, title: str, findings: list[Finding], bundle: Bundle, numbers: Numbers
) -> Block:
    has_subsets = any(finding.subset != "all" for finding in findings)
    has_models = any(finding.model != "device" for finding in findings)
    columns = ["Measure", "Population"]
    columns += ["Subset"] * has_subsets + ["Model"] * has_models
    counted = {event_words(one.measure) for one in findings if one.measurement.n_events is not None}
    columns += ["Estimate (CI)", "n", *[" or ".join(sorted(counted)).capitalize()] * bool(counted)]
    shared = shared_clauses([finding.measurement for finding in findings])
    methods = [method_words(finding.measurement, shared) for finding in findings]
    has_methods = not shared or any(words not in ("", "–") for words in methods)
    columns += ["Further" if shared else "Method"] * has_methods
    rows = [
        [
            *_finding_row(finding, bundle, has_subsets, has_models, bool(counted)),
            *texts(words or "–") * has_methods,
        ]
        for finding, words in zip(findings, methods, strict=True)
    ]
    return grid(
        numbers,
        f"findings-{name}",
        title,
        columns,
        rows,
        caption=f"Method of all rows: {', '.join(shared)}." if shared else "",
        file="findings.json",
        look="small findings" if has_subsets or has_models else "findings",
        keys=[row_key(finding, bundle) for finding in findings],
    )


def _finding_row(
    finding: Finding, bundle: Bundle, has_subsets: bool, has_models: bool, has_events: bool
) -> list[Cell]:
    measurement = finding.measurement
    cells = texts(measure_words(finding.measure), population_words(finding.population, bundle))
    cells += [name_cell(subset_words(finding.subset))] * has_subsets
    cells += texts(finding.model) if has_models else []
    is_number = isinstance(measurement, Estimate)
    cells.append(Cell(text=measurement_words(measurement), look="estimate" if is_number else "gap"))
    cells.append(number(count_words(measurement.n)))
    return cells + [number(count_words(measurement.n_events))] * has_events


def figures_of(step: StepRecord, bundle: Bundle) -> list[Figure]:
    """Return the figures that a step's findings name, or whose id begins with that of the step."""
    named = {name for one in bundle.findings if one.check == step.id for name in one.figures}
    return [
        figure
        for figure in bundle.figures
        if figure.id in named or owner(figure.id, bundle.steps) == step.id
    ]


def _absent(findings: list[Finding], bundle: Bundle) -> list[Block]:
    """Return a warning that names the figures which findings name and the bundle has not."""
    known = {figure.id for figure in bundle.figures}
    named = dict.fromkeys(name for one in findings for name in one.figures if name not in known)
    words = f"Named by findings, and not in this bundle: figures {', '.join(named)}."
    return [Paragraph(text=words, look="warning")] if named else []


def tables_of(step: StepRecord, bundle: Bundle) -> list[Table]:
    """Return the tables whose id begins with that of the step."""
    return [table for table in bundle.tables if owner(table.id, bundle.steps) == step.id]


def owner(name: str, steps: Iterable[StepRecord]) -> str:
    """Return the id of the step whose id is the longest beginning of ``name``; else nothing."""
    owners = [step.id for step in steps if name == step.id or _begins(name, step.id)]
    return max(owners, key=len, default="")


def _begins(name: str, step: str) -> bool:
    return name.startswith(step) and not name[len(step)].isalnum()


def leftovers(bundle: Bundle, numbers: Numbers) -> Section | None:
    """Return figures and tables that belong to no step, so that none is left out."""
    shown = {figure.id for step in bundle.steps for figure in figures_of(step, bundle)}
    tabled = {table.id for step in bundle.steps for table in tables_of(step, bundle)}
    figures = [figure for figure in bundle.figures if figure.id not in shown]
    tables = [table for table in bundle.tables if table.id not in tabled]
    if not figures and not tables:
        return None
    blocks: list[Block] = [picture(numbers, figure) for figure in figures]
    blocks += [plain_table(numbers, table) for table in tables]
    return Section(id="other", title="Further figures and tables", blocks=tuple(blocks))
