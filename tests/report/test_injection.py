"""Words from data that mean something to HTML, CSS, Jinja or a reader's eye come out inert."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from samd_validate.core.bundle import Bundle
from samd_validate.core.finding import Figure
from samd_validate.core.matrix import Matrix
from samd_validate.core.visible import SHOWN_AS
from samd_validate.report.document import document
from samd_validate.report.html import environment, render_html, values_json
from samd_validate.report.pdf import typeset
from samd_validate.report.tree import Picture
from samd_validate.trace.write import write_csv

NASTY = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><style>body{background:url(http://127.0.0.1:9/hit)}",
    "{{ 7 * 7 }}{% raw %}",
    "=cmd|' /C calc'!A0",
    "a\x1b[2Jb",
    "\u202egnp.exe",
)


@pytest.mark.parametrize("words", NASTY)
def test_title_and_limitation_of_any_words_are_inert(
    words: str, bundle: Bundle, matrix: Matrix, templates: Path
) -> None:
    protocol = {**bundle.protocol, "title": words, "limitations": [words]}
    page = render_html(document(replace(bundle, protocol=protocol), matrix), templates)
    for raw in ("<script>alert", "<img src=x", "</style><style>", "\x1b", "\u202e"):
        assert raw not in page
    assert "49{%" not in page
    assert ("{{ 7 * 7 }}" in page) == ("{{" in words)
    assert (SHOWN_AS in page) == (words in NASTY[-2:])


def test_name_on_the_seal_of_a_signature_is_inert_in_the_pdf(
    templates: Path, tmp_path: Path
) -> None:
    template = environment(templates).get_template("signature.html")
    for number, words in enumerate(NASTY):
        who = {"name": words, "role": words, "meaning": words}
        html = template.render(who=who, time="t", evidence="e", whose=words)
        place = tmp_path / f"{number}.pdf"
        place.write_bytes(typeset(html, 0).content)  # raises if anything outside were asked for
        told = subprocess.run(["pdftotext", str(place), "-"], capture_output=True, check=True)
        assert "\u202e" not in told.stdout.decode()
        assert b"/JavaScript" not in place.read_bytes()


def test_cell_of_a_spreadsheet_is_inert(matrix: Matrix, tmp_path: Path) -> None:
    row = replace(matrix.rows[0], title=NASTY[4], text="\t" + NASTY[6])
    write_csv(replace(matrix, requirements=(row,)), tmp_path / "m.csv")
    text = (tmp_path / "m.csv").read_text()
    assert ",'=cmd|" in text
    assert "\u202e" not in text


@pytest.mark.parametrize("words", NASTY)
def test_name_in_the_values_of_a_figure_closes_no_script(words: str) -> None:
    row = {"label": words, "value": 0.8, "low": 0.7, "high": 0.9, "n": 9, "n_events": 3}
    content = {"measure": f"</script>{words}", "rows": [row]}
    figure = Figure(id="f", kind="forest", title="t", caption="c", alt="a", content=content)
    held = str(values_json(Picture(number=1, figure=figure)))
    assert not set("<>&'") & set(held)
    assert "\u202e" not in json.loads(held)["spots"][0][3]
