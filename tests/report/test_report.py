"""The report: nothing from outside, nothing unescaped, the same bytes, every page marked."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader

from samd_validate.core.bundle import Bundle
from samd_validate.core.errors import CannotRun
from samd_validate.core.finding import Figure
from samd_validate.core.matrix import Matrix
from samd_validate.report.document import document
from samd_validate.report.figures import DRAWINGS, draw
from samd_validate.report.html import render_html
from samd_validate.report.pdf import typeset, write_pdf
from samd_validate.report.words import BANNER

EPOCH = 1_767_225_600
SECTIONS = (
    "Summary",
    "Intended use and role of the human",
    "Study design and statistical plan",
    "Device under test",
    "Patients",
    "Results",
    "Explanations",
    "Limitations",
    "Human oversight",
    "Provenance",
    "Traceability matrix",
    "Glossary",
)


@pytest.fixture(scope="module")
def page(bundle: Bundle, matrix: Matrix, templates: Path) -> str:
    return render_html(document(bundle, matrix), templates)


@pytest.mark.parametrize("kind", ["roc", "forest", "calibration", "waterfall"])
def test_figure_whose_content_does_not_fit_is_refused(kind: str) -> None:
    figure = Figure(id="f", kind=kind, title="t", caption="c", alt="a", content={"x": 1})
    with pytest.raises(CannotRun, match="content that does not fit"):
        draw(figure)


def test_unknown_kind_of_figure_lists_the_known() -> None:
    figure = Figure(id="f", kind="rock", title="t", caption="c", alt="a", content={})
    with pytest.raises(CannotRun, match="did you mean 'roc'"):
        draw(figure)


def test_every_kind_of_figure_is_drawn_the_same_each_time(bundle: Bundle) -> None:
    from samd_validate.report.figures import _drawn

    kinds = {figure.kind for figure in bundle.figures} & DRAWINGS.keys()
    assert {"roc", "precision_recall", "calibration", "forest"} <= kinds
    for figure in bundle.figures:
        if figure.kind in DRAWINGS:
            first = draw(figure)
            _drawn.cache_clear()
            assert first == draw(figure)
            assert first.startswith("<svg")


def test_all_parts_that_a_reviewer_expects_are_there_in_order(page: str) -> None:
    heads = [
        re.sub(r"<[^>]+>|[0-9]", "", head).strip() for head in re.findall(r"<h2.*?</h2>", page)
    ]
    assert [head for head in heads if head in SECTIONS] == list(SECTIONS)


@pytest.mark.requirement("SW-REPORT-OFFLINE")
def test_page_asks_for_nothing_from_outside(page: str) -> None:
    for words in ('src="http', 'href="http', "url(http", "@import", 'src="/', "file:"):
        assert words not in page


@pytest.mark.requirement("SW-REPORT-OFFLINE")
def test_name_from_the_data_is_escaped(page: str) -> None:
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.requirement("SW-REPORT-ALONE")
def test_same_bundle_gives_the_same_bytes(
    bundle: Bundle, matrix: Matrix, templates: Path, page: str, pdf: Path, tmp_path: Path
) -> None:
    assert render_html(document(bundle, matrix), templates) == page
    paper = document(bundle, matrix, is_paper=True)
    write_pdf(paper, templates, tmp_path / "again.pdf", EPOCH)
    assert (tmp_path / "again.pdf").read_bytes() == pdf.read_bytes()


@pytest.mark.requirement("SW-REPORT-SIMULATED")
def test_simulated_run_says_so_on_every_page_and_a_real_one_on_none(
    pdf: Path, real_bundle: Bundle, matrix: Matrix, templates: Path
) -> None:
    for number, one in enumerate(PdfReader(pdf).pages, start=1):
        assert BANNER in " ".join(one.extract_text().split()), f"page {number}"
    assert BANNER not in render_html(document(real_bundle, matrix), templates)


@pytest.mark.requirement("SW-REPORT-TAGGED")
def test_pdf_is_tagged_titled_and_has_bookmarks(pdf: Path) -> None:
    reader = PdfReader(pdf)
    catalogue = reader.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/Lang"] == "en"
    assert reader.metadata is not None
    assert reader.metadata.title
    titles = [str(one.title) for one in reader.outline if not isinstance(one, list)]
    assert len(titles) >= len(SECTIONS) - 1


@pytest.mark.parametrize(
    "address", ["https://example.org/x.png", "file:///etc/hostname", "http://127.0.0.1/x.png"]
)
def test_pdf_writer_fetches_nothing(address: str) -> None:
    with pytest.raises(CannotRun, match="asks for something outside itself"):
        typeset(f'<html lang="en"><body><img src="{address}"></body></html>', EPOCH)


def test_place_that_cannot_be_written_is_told(
    bundle: Bundle, matrix: Matrix, templates: Path, tmp_path: Path
) -> None:
    with pytest.raises(CannotRun, match="no such file"):
        write_pdf(document(bundle, matrix), templates, tmp_path / "no" / "r.pdf", EPOCH)


def test_table_too_long_for_paper_is_named_and_not_printed(
    bundle: Bundle, matrix: Matrix, templates: Path
) -> None:
    many = tuple(replace(one, subset=f"g={n}") for n in range(200) for one in bundle.findings[:1])
    page = render_html(document(replace(bundle, findings=many), matrix), templates)
    assert "too many to print" in page


def test_table_in_the_card_of_a_comparator_is_printed_and_escaped(
    bundle: Bundle, matrix: Matrix, templates: Path
) -> None:
    table = {
        "title": "Components of a score",
        "caption": "What is missing was scored as normal.",
        "columns": ["component", "in the data set"],
        "rows": [["lactate <mmol>", "missing"], ["Glasgow coma scale", "available"]],
    }
    score = {"name": "score", "training": {"family": "score", "tables": [table]}}
    told = replace(bundle, comparators=(*bundle.comparators, score))
    page = render_html(document(told, matrix), templates)
    assert page.index("Components of a score") < page.index("lactate &lt;mmol&gt;")
    assert "What is missing was scored as normal." in page
    bare = {**bundle.model, "training": score["training"]}
    alone = render_html(document(replace(bundle, model=bare), matrix), templates, is_on_paper=True)
    words = re.sub(r"data:[^\"]*", "", alone)  # figures have the name too
    assert words.count("Glasgow coma scale") == 1  # in the table, and not among the facts
