"""A bundle and its matrix to a document: words and layout, nothing computed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from samd_validate.core.bundle import Bundle, StepRecord
from samd_validate.core.checklist import Checklist
from samd_validate.core.matrix import Matrix
from samd_validate.protocol.signature import SignatureRecord
from samd_validate.report import closing, design, opening, people, results
from samd_validate.report.build import Numbers, items
from samd_validate.report.checklists import checklist_section
from samd_validate.report.signatures import signature_section
from samd_validate.report.tracing import traceability
from samd_validate.report.tree import Document, Section
from samd_validate.report.wording import unsupported
from samd_validate.report.words import headline

EXPLAINS = frozenset({"REQ-EXPLANATION"})


def document(
    bundle: Bundle,
    matrix: Matrix,
    checklists: tuple[Checklist, ...] = (),
    signed: Sequence[SignatureRecord] = (),
    *,
    is_paper: bool = False,
) -> Document:
    """Return the report of a run; the same bundle always gives the same document.

    ``checklists`` become its appendix, with those places only that the report has. ``signed`` are
    the signatures so far, for a page that can be written anew after each; the last page of a PDF
    has places for them instead. ``is_paper`` makes the edition for pages: figures beside each
    other, and long tables shortened to what decides, with words on where the rest is.
    """
    words, look = headline(bundle)
    numbers = Numbers(is_paper=is_paper)
    sections = _sections(bundle, matrix, numbers)
    if checklists:
        appendix, checklists = checklist_section(checklists, sections, numbers)
        sections = (*sections, appendix)
    title = str(bundle.protocol.get("title", "Validation report"))
    last = (closing.glossary(repr(sections)), signature_section(bundle, signed, numbers))
    return Document(
        title=title,
        subtitle="Validation report",
        version=str(bundle.protocol.get("version", "")),
        headline=words,
        headline_look=look,
        banners=opening.banners(bundle),
        marks=(*opening.marks(bundle), *unsupported(title, sections)),
        facts=opening.title_facts(bundle),
        protocol_digest=bundle.protocol_digest,
        software_version=bundle.software_version,
        is_recomputable=bundle.has_predictions,
        authors=tuple(str(name) for name in items(bundle.protocol, "authors")),
        sections=(*sections, *last),
        checklists=checklists,
    )


def _sections(bundle: Bundle, matrix: Matrix, numbers: Numbers) -> tuple[Section, ...]:
    describing, measuring, explaining = _sorted_steps(bundle.steps)
    sections = [
        opening.summary(bundle, numbers),
        design.intended_use(bundle),
        design.study_design(bundle, numbers),
        design.device(bundle, numbers),
        people.populations(bundle, describing, numbers),
        results.results(bundle, measuring, numbers),
        results.explanations(bundle, explaining, numbers),
    ]
    further = results.leftovers(bundle, numbers)
    sections += [further] if further else []
    sections += [
        closing.limitations(bundle),
        closing.oversight(bundle),
        closing.provenance(bundle, numbers),
        traceability(matrix, numbers),
    ]
    return tuple(sections)


def _sorted_steps(
    steps: Iterable[StepRecord],
) -> tuple[tuple[StepRecord, ...], tuple[StepRecord, ...], tuple[StepRecord, ...]]:
    """Return the steps that describe patients, that measure, and that explain, in their order."""
    describing, measuring, explaining = [], [], []
    for step in steps:
        cited = set(step.requirements)
        if cited & EXPLAINS:
            explaining.append(step)
        elif cited and cited <= people.DESCRIBES:
            describing.append(step)
        else:
            measuring.append(step)
    return tuple(describing), tuple(measuring), tuple(explaining)
