"""The PDF declares PDF/A-3 and PDF/UA-1, and its tags are what these ask for."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from samd_validate.core.bundle import Bundle
from samd_validate.core.matrix import Matrix
from samd_validate.report.document import document
from samd_validate.report.html import render_html

pytestmark = pytest.mark.requirement("SW-REPORT-TAGGED")


@pytest.fixture(scope="module")
def reader(pdf: Path) -> PdfReader:
    return PdfReader(pdf)


def elements(reader: PdfReader) -> Iterator[Any]:
    """Yield every element of the tree of tags."""
    waiting = [reader.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        one = waiting.pop().get_object()
        if not isinstance(one, DictionaryObject):
            continue
        if "/S" in one:
            yield one
        inside = one.get("/K", [])
        inside = inside.get_object() if hasattr(inside, "get_object") else inside
        waiting += [k for k in (inside if isinstance(inside, list) else [inside]) if _is_part(k)]


def _is_part(one: Any) -> bool:
    return not isinstance(one, int | float)


def test_metadata_declare_archive_and_accessibility(reader: PdfReader) -> None:
    words = reader.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    assert re.search(r'pdfaid:part="3"', words)
    assert re.search(r'pdfaid:conformance="A"', words)
    assert "<pdfuaid:part>1</pdfuaid:part>" in words
    assert "pdfaExtension:schemas" in words  # PDF/A asks that the schema be described
    assert words.count("<rdf:RDF") == 1


def test_language_and_title_are_shown(reader: PdfReader) -> None:
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert all(page.get("/Tabs") == "/S" for page in reader.pages)


def test_every_figure_has_an_alternative_text(reader: PdfReader) -> None:
    figures = [one for one in elements(reader) if one["/S"] == "/Figure"]
    assert len(figures) > 5
    assert all(str(one.get("/Alt", "")).strip() for one in figures)


def test_every_head_of_a_table_says_over_what_it_stands(reader: PdfReader) -> None:
    heads = [one for one in elements(reader) if one["/S"] == "/TH"]
    assert {str(one["/A"]["/Scope"]) for one in heads} == {"/Row", "/Column"}


def test_levels_of_headings_are_not_skipped(reader: PdfReader) -> None:
    levels = {str(one["/S"]) for one in elements(reader) if re.fullmatch(r"/H\d", one["/S"])}
    assert levels <= {"/H1", "/H2", "/H3", "/H4"}
    assert {"/H1", "/H2", "/H3"} <= levels


def test_every_font_is_embedded(reader: PdfReader) -> None:
    fonts = {
        id(font): font.get_object()
        for page in reader.pages
        for font in page["/Resources"].get("/Font", {}).values()
    }
    assert fonts
    for font in fonts.values():
        inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
        descriptor = inner["/FontDescriptor"]
        assert any(f"/FontFile{end}" in descriptor for end in ("", "2", "3")), font["/BaseFont"]


def test_validator_of_pdf_ua_finds_nothing(pdf: Path) -> None:
    command = [sys.executable, "-m", "pdfua", "check", str(pdf)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout[-2000:]


@pytest.mark.parametrize("flavour", ["3a", "ua1"])
def test_verapdf_finds_nothing_where_a_machine_has_it(pdf: Path, flavour: str) -> None:
    if shutil.which("verapdf") is None:
        pytest.skip("this machine has no veraPDF, which no package index offers for Python")
    command = ["verapdf", "--flavour", flavour, "--format", "text", str(pdf)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.stdout.startswith("PASS"), told.stdout[-2000:]


@pytest.mark.parametrize(("page", "size"), [("a4", "A4"), ("letter", "Letter")])
def test_page_is_of_the_size_that_was_asked_for(
    bundle: Bundle, matrix: Matrix, templates: Path, page: str, size: str
) -> None:
    made = render_html(document(bundle, matrix, is_paper=True), templates, page=page)
    assert f"@page {{ size: {size}; }}" in made
    assert f"@page wide {{ size: {size} landscape; }}" in made
