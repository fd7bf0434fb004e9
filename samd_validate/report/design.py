"""What was planned: intended use, study design, statistical plan, and the device under test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from samd_validate.core.bundle import Bundle
from samd_validate.report.build import Numbers, code, grid, items, part, texts, words_of
from samd_validate.report.opening import question_words
from samd_validate.report.promise import promise
from samd_validate.report.tree import Block, Bullets, Cell, Facts, Paragraph, Section
from samd_validate.report.words import count_words

USES = ("population", "users", "setting", "human_role")
CARD_TEXTS = ("summary", "inputs", "output", "training")
ASIDE = "{title}: a table of a comparator; a sheet of the tables beside this report (-tables.xlsx)."
CARD_ASIDE = (*CARD_TEXTS, "limitations", "references", "card", "name", "title")


def intended_use(bundle: Bundle) -> Section:
    """Return what the device is for, and what the human does."""
    use = part(bundle.protocol, "intended_use")
    names = {"population": "Patients", "users": "Users", "setting": "Setting"}
    rows = [
        (names.get(key, key.replace("_", " ").capitalize()), str(use[key]))
        for key in USES
        if key in use
    ]
    blocks: list[Block] = [
        Paragraph(text=str(use.get("statement", "No intended use is stated.")), look="lead"),
        Facts(rows=tuple(rows)),
    ]
    not_for = tuple(str(item) for item in items(use, "not_for"))
    if not_for:
        blocks += [Paragraph(text="It is not for:"), Bullets(items=not_for)]
    title = "Intended use and role of the human"
    return Section(id="intended-use", title=title, blocks=tuple(blocks), breaks=True)


def study_design(bundle: Bundle, numbers: Numbers) -> Section:
    """Return the design, the statistical plan and the criteria, as they were promised."""
    protocol = bundle.protocol
    return Section(
        id="design",
        title="Study design and statistical plan",
        blocks=(Facts(rows=_design_facts(protocol)),),
        sections=(
            Section(
                id="datasets", title="Data sets and roles", blocks=(_datasets(bundle, numbers),)
            ),
            Section(id="steps", title="Checks", blocks=(_steps(bundle, numbers),)),
            Section(id="criteria", title="Acceptance criteria", blocks=_criteria(bundle, numbers)),
            promise(bundle, numbers),
        ),
    )


def _design_facts(protocol: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    outcome, intervals = part(protocol, "outcome"), part(protocol, "intervals")
    level = 100 * float(intervals.get("level", 0.95))
    variables = protocol.get("variables", "all")
    facts = [
        ("Outcome", f"{outcome.get('name', '')}: {outcome.get('definition', '')}"),
        ("Observation window", _window_words(outcome)),
        ("Horizon", str(outcome.get("horizon", ""))),
        ("Variables", "all that the data sets have" if variables == "all" else words_of(variables)),
        ("Division of data", _split_words(part(protocol, "split"))),
        ("Operating point", _point_words(part(protocol, "operating_point"))),
        (
            "Uncertainty",
            f"{level:g}% confidence intervals; where they are resampled, "
            f"{intervals.get('resamples', 0)} resamples of patients, not of rows",
        ),
        ("Seed", str(protocol.get("seed", ""))),
    ]
    return tuple(facts)


def _split_words(split: Mapping[str, Any]) -> str:
    if not split:
        return "none: every data set is external"
    ways = {
        "random": "at random by patient",
        "site": f"by site, held out: {words_of(split.get('test_sites'))}",
        "temporal": f"by time ({split.get('order_by')}), the last part held out",
    }
    way = ways.get(str(split.get("method")), str(split.get("method")))
    shares = f"tuning share {words_of(split.get('tuning'))}"
    if split.get("test") is not None and split.get("method") != "site":
        shares = f"test share {words_of(split.get('test'))}, {shares}"
    return f"{way}; {shares}"


def _point_words(rule: Mapping[str, Any]) -> str:
    if not rule:
        return "none"
    if rule.get("threshold") is not None:
        return f"threshold {words_of(rule['threshold'])}, {rule.get('origin')}"
    target = f", target {words_of(rule['target'])}" if rule.get("target") else ""
    return f"chosen on the tuning part by {str(rule.get('choose')).replace('_', ' ')}{target}"


def _datasets(bundle: Bundle, numbers: Numbers) -> Block:
    rows = []
    for dataset in items(bundle.protocol, "datasets"):
        expect = part(dataset, "expect")
        rows.append(
            [
                code(str(dataset.get("id"))),
                *texts(str(dataset.get("role")), str(dataset.get("reader"))),
                Cell(
                    text=f"at least {expect.get('min_units', 1)} units, "
                    f"{expect.get('min_events', 1)} of them with the outcome"
                ),
            ]
        )
    columns = ("Data set", "Role", "Reader", "Expected before the run")
    return grid(numbers, "planned-data", "Data sets named in the protocol", columns, rows)


def _steps(bundle: Bundle, numbers: Numbers) -> Block:
    rows = [
        [
            code(step.id),
            *texts(f"{step.check}, version {step.version}", words_of(step.params) or "none"),
            Cell(text=step.status if not step.why else f"{step.status}: {step.why}"),
        ]
        for step in bundle.steps
    ]
    columns = ("Step", "Check", "Parameters", "Run")
    return grid(
        numbers,
        "planned-steps",
        "Checks and their parameters",
        columns,
        rows,
        widths=(20, 22, 38, 20),
    )


def _criteria(bundle: Bundle, numbers: Numbers) -> tuple[Block, ...]:
    if not bundle.all_criteria:
        return (
            Paragraph(text="The protocol sets no criterion; nothing was judged.", look="warning"),
        )
    rows = []
    for criterion in bundle.all_criteria:
        reads = "confidence interval"
        if criterion.reads == "point":
            reads = f"point estimate, because {criterion.why_point}"
        rows.append(
            [
                code(criterion.id),
                *texts(question_words(criterion, bundle), criterion.bound_text(), reads),
                *texts(criterion.rationale, ", ".join(criterion.requirements + criterion.hazards)),
            ]
        )
    columns = ("Criterion", "Measure", "Limit", "Reads", "Rationale", "Requirements and hazards")
    widths = (14, 22, 11, 12, 22, 19)
    title = "Criteria fixed in the protocol"
    return (grid(numbers, "planned-criteria", title, columns, rows, widths=widths, look="small"),)


def device(bundle: Bundle, numbers: Numbers) -> Section:
    """Return the card of the device under test, its operating point and the comparators."""
    blocks: list[Block] = [*_card(bundle.model)]
    point = bundle.operating_point
    if point is not None:
        words = (
            f"Operating point: a predicted risk of {point.threshold:.4f} or more is called positive"
        )
        blocks.append(Paragraph(text=f"{words}. {point.origin.rstrip('.')}."))
    if bundle.comparators:
        rows = [
            texts(str(card.get("name", "comparator")), str(_card_of(card).get("summary", "")))
            for card in bundle.comparators
        ]
        columns = ("Comparator", "Summary")
        blocks.append(grid(numbers, "comparators", "Comparators", columns, rows, widths=(30, 70)))
    blocks += _device_tables(numbers, bundle)
    return Section(id="device", title="Device under test", blocks=tuple(blocks))


def _device_tables(numbers: Numbers, bundle: Bundle) -> list[Block]:
    """Return the tables of the cards; on paper, those of comparators are named alone."""
    blocks = _card_tables(numbers, bundle.model)
    for card in bundle.comparators:
        tables = items(part(card, "training"), "tables")
        if numbers.is_paper and tables:
            blocks += [
                Paragraph(text=ASIDE.format(title=one["title"]), look="note") for one in tables
            ]
        else:
            blocks += _card_tables(numbers, card)
    return blocks


def _card_tables(numbers: Numbers, card: Mapping[str, object]) -> list[Block]:
    """Return the tables that a model put into its card, such as what a score's components had."""
    name = str(card.get("name", "device"))
    return [
        grid(
            numbers,
            f"card-{name}-{number}",
            str(table["title"]),
            [str(head) for head in table["columns"]],
            [texts(*(str(cell) for cell in row)) for row in table["rows"]],
            caption=str(table.get("caption", "")),
        )
        for number, table in enumerate(items(part(card, "training"), "tables"), start=1)
    ]


def _card_of(model: Mapping[str, object]) -> Mapping[str, Any]:
    return part(model, "card") or model


def _card(model: Mapping[str, object]) -> list[Block]:
    card = _card_of(model)
    rows = [("Name", str(model.get("title") or model.get("name") or "not named"))]
    rows += [(key.capitalize(), str(card[key])) for key in CARD_TEXTS if card.get(key)]
    plain = {key: _without_tables(value) for key, value in model.items() if key not in CARD_ASIDE}
    rows += [(key.replace("_", " ").capitalize(), _fact(value)) for key, value in plain.items()]
    blocks: list[Block] = [Facts(rows=tuple(rows))]
    references = tuple(str(item) for item in items(card, "references"))
    if references:
        blocks += [Paragraph(text="References:"), Bullets(items=references)]
    return blocks


def _without_tables(value: object) -> object:
    if not isinstance(value, Mapping):
        return value
    return {key: inner for key, inner in value.items() if key != "tables"}


def _fact(value: object) -> str:
    return count_words(value) if type(value) is int else words_of(value)


def _window_words(outcome: Mapping[str, object]) -> str:
    hours = outcome.get("window_hours")
    return "none: one image, or one examination" if hours is None else f"{words_of(hours)} hours"
