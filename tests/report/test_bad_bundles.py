"""Bundles that are newer, damaged, empty, huge or in other scripts: readable, or a clear error."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from example_bundle import sealed_example
from pypdf import PdfReader

from samd_validate.core.bundle import Bundle
from samd_validate.core.errors import CannotRun
from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.core.matrix import Matrix
from samd_validate.evidence.bundle import read_bundle
from samd_validate.report.document import document
from samd_validate.report.glyphs import undrawable
from samd_validate.report.html import render_html
from samd_validate.report.pdf import write_pdf
from samd_validate.report.sheets import plain_tables
from samd_validate.report.tree import Document, Grid, Paragraph, Section

pytestmark = pytest.mark.requirement("SW-REPORT-WHOLE")
EPOCH = 1_767_225_600
LONG = "name-" * 40
HEBREW, ARABIC, CHINESE = "\u05d2\u05d9\u05dc", "\u0639\u0645\u0631", "\u5e74\u9f84"
STRANGE = (CHINESE, "\U00012000\U00012001", "\U00017000\U00017001", "\U00013000\U00013001")
"""Chinese, cuneiform, Tangut, hieroglyphs: no machine has fonts for all of them."""


def small(bundle: Bundle) -> Bundle:
    """Return the bundle with one step and its figures alone, for a PDF that is made fast."""
    step = next(one for one in bundle.steps if one.id == bundle.findings[0].check)
    figures = tuple(one for one in bundle.figures if one.id.startswith(step.id))[:1]
    findings = tuple(one for one in bundle.findings if one.check == step.id)
    return replace(bundle, steps=(step,), figures=figures, findings=findings, tables=())


def without_rows(matrix: Matrix) -> Matrix:
    return replace(matrix, requirements=(), hazards=())


def grids(sections: tuple[Section, ...]) -> list[Grid]:
    inner = [one for section in sections for one in grids(section.sections)]
    return [b for section in sections for b in section.blocks if isinstance(b, Grid)] + inner


def notes(made: Document) -> str:
    def of(section: Section) -> list[str]:
        own = [block.text for block in section.blocks if isinstance(block, Paragraph)]
        return own + [words for inner in section.sections for words in of(inner)]

    return "\n".join(words for section in made.sections for words in of(section))


def text_of(place: Path) -> str:
    return "".join(" ".join(page.extract_text().split()) for page in PdfReader(place).pages)


@pytest.fixture
def evidence(bundle: Bundle, tmp_path: Path) -> Path:
    return sealed_example(bundle, tmp_path)


def test_bundle_of_a_newer_format_is_refused_with_words(evidence: Path) -> None:
    run = json.loads((evidence / "run.json").read_text())
    (evidence / "run.json").write_text(json.dumps(run | {"schema_version": 99}))
    with pytest.raises(CannotRun, match="schema_version 99"):
        read_bundle(evidence)


def test_figure_whose_file_is_gone_is_told(evidence: Path, bundle: Bundle, matrix: Matrix) -> None:
    gone = sorted((evidence / "figures").iterdir())[0]
    gone.unlink()
    told = ""
    try:
        told = notes(document(read_bundle(evidence), matrix))
    except CannotRun as error:
        told = str(error)
    assert gone.stem in told


def test_figure_that_a_finding_names_and_nobody_made_is_told(
    bundle: Bundle, matrix: Matrix
) -> None:
    one = replace(bundle.findings[0], figures=("nowhere",))
    made = document(replace(bundle, findings=(one, *bundle.findings[1:])), matrix)
    assert "not in this bundle: figures nowhere" in notes(made)


@pytest.mark.parametrize("is_paper", [True, False])
def test_bundle_without_findings_is_a_readable_document(
    bundle: Bundle, matrix: Matrix, templates: Path, is_paper: bool
) -> None:
    bare = replace(bundle, findings=(), figures=(), tables=(), criteria=(), verdicts=(), steps=())
    made = document(bare, matrix, is_paper=is_paper)
    page = render_html(made, templates)
    assert "No check measured anything in this run." in page
    assert "nothing was judged" in page


def test_five_hundred_subgroups_are_counted_where_they_are_not_printed(
    bundle: Bundle, matrix: Matrix
) -> None:
    first = next(one for one in bundle.findings if isinstance(one.measurement, Estimate))
    estimate = first.measurement
    assert isinstance(estimate, Estimate)
    many = [
        replace(
            first,
            subset=f"group={place}",
            measurement=replace(estimate, value=estimate.value + place / 1e4),
        )
        for place in range(500)
    ]
    whole = replace(bundle, findings=(*bundle.findings, *many))
    made = document(whole, matrix, is_paper=True)
    assert max(len(grid.rows) for grid in grids(made.sections)) < 150
    assert f" of {500 + _subsets(bundle, first.check)} findings are printed" in notes(made)
    findings = next(one for one in plain_tables(whole) if one.id == "findings")
    assert sum("group=" in row[3] for row in findings.rows) >= 500
    assert any(
        "group=499" in _cells(grid) or "group: 499" in _cells(grid) for grid in grids(made.sections)
    )


def _subsets(bundle: Bundle, check: str) -> int:
    return sum(one.check == check and one.subset != "all" for one in bundle.findings)


def _cells(grid: Grid) -> str:
    return " ".join(cell.text for row in grid.rows for cell in row)


def test_every_finding_and_table_is_in_the_tables_under_a_name_of_its_own(bundle: Bundle) -> None:
    tables = plain_tables(bundle)
    names = [one.id for one in tables]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 31 for name in names)
    findings = next(one for one in tables if one.id == "findings")
    assert len(findings.rows) == len(bundle.all_findings)
    assert len(tables) >= 2 + len(bundle.tables)
    for one in tables:
        assert {len(row) for row in one.rows} <= {len(one.columns)}


def test_names_of_two_hundred_letters_and_other_scripts_are_printed_in_a_pdf(
    bundle: Bundle, matrix: Matrix, templates: Path, tmp_path: Path
) -> None:
    names = (LONG, HEBREW, ARABIC)
    source = small(bundle)
    made = tuple(replace(source.findings[0], subset=f"group={name}", figures=()) for name in names)
    titled = {**bundle.protocol, "title": f"{LONG} {HEBREW}"}
    whole = replace(source, protocol=titled, findings=(*source.findings, *made))
    place = tmp_path / "long.pdf"
    write_pdf(document(whole, without_rows(matrix), is_paper=True), templates, place, EPOCH)
    assert "WITHOUT A FONT" not in text_of(place)
    assert LONG in text_of(place).replace(" ", "")


def test_character_without_a_font_is_spelt_and_told_on_the_first_page(
    bundle: Bundle, matrix: Matrix, templates: Path, tmp_path: Path
) -> None:
    strange = next(one for one in STRANGE if undrawable(one))
    source = small(bundle)
    named = replace(source.findings[0], subset=f"group={strange}", figures=())
    place = tmp_path / "strange.pdf"
    whole = replace(source, findings=(*source.findings, named))
    write_pdf(document(whole, without_rows(matrix), is_paper=True), templates, place, EPOCH)
    first = " ".join(PdfReader(place).pages[0].extract_text().split())
    codes = [f"U+{ord(one):04X}" for one in strange]
    assert f"CHARACTERS WITHOUT A FONT: 2 kinds ({codes[0]}" in first
    assert "".join(f"[{one}]" for one in codes) in text_of(place).replace(" ", "")


def test_many_findings_without_a_number_are_counted_where_none_is_printed(
    bundle: Bundle, matrix: Matrix
) -> None:
    reason = NotEstimable(code="too_small", reason="fewer units than asked for", n=3)
    source = next(one for one in bundle.findings if one.subset == "all")
    step = replace(bundle.steps[0], id="bare")
    bare = [
        replace(source, check="bare", subset=f"g={place}", measurement=reason, figures=())
        for place in range(40)
    ]
    whole = replace(bundle, steps=(*bundle.steps, step), findings=(*bundle.findings, *bare))
    made = document(whole, matrix, is_paper=True)
    assert "0 of 40 findings are printed" in notes(made)
    assert "Of those not printed, 40 have no number." in notes(made)


def test_shortened_table_says_how_many_rows_it_has_and_keeps_what_a_criterion_reads(
    bundle: Bundle, matrix: Matrix
) -> None:
    first = next(one for one in bundle.findings if one.key == bundle.criteria[0].finding)
    many = [replace(first, subset=f"g={place}") for place in range(40)]
    made = document(replace(bundle, findings=(*bundle.findings, *many)), matrix, is_paper=True)
    assert "findings are printed: those that a criterion reads" in notes(made)
