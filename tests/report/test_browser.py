"""The pages in a browser: offline, silent, reachable by keyboard, and nothing lost in any of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from seen_pages import grave_findings, seen

from samd_validate.checks._stored_points import stored_points
from samd_validate.core.bundle import Bundle
from samd_validate.core.inputs import IntervalPlan
from samd_validate.core.matrix import Matrix
from samd_validate.report.document import document
from samd_validate.report.html import environment, render_html
from samd_validate.stats.sample import Sample
from samd_validate.trace.write import write_html

WIDTHS = (390, 820, 1440)


@pytest.fixture(scope="module")
def stored_bundle(bundle: Bundle) -> Bundle:
    random = np.random.default_rng(7)
    score = random.beta(1, 6, 600)
    label = (random.random(600) < score).astype(np.int8)
    sample = Sample(label=label, score=score, threshold=0.1432)
    points = stored_points("operating_point-points-test", "test", sample, IntervalPlan())
    return replace(bundle, figures=(*bundle.figures, points))


@pytest.fixture(scope="module")
def report(
    stored_bundle: Bundle, matrix: Matrix, templates: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    place = tmp_path_factory.mktemp("page") / "report.html"
    place.write_text(render_html(document(stored_bundle, matrix), templates), encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def trace(matrix: Matrix, templates: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("page") / "matrix.html"
    some = replace(matrix, clauses=matrix.clauses[:20])  # axe reads a page of all for a minute
    write_html(some, environment(templates), place)
    return place


@pytest.fixture
def page(browser: Any, report: Path) -> Any:
    with seen(browser, report) as one:
        yield one.page


@pytest.mark.requirement("SW-REPORT-READER")
@pytest.mark.parametrize("name", ["report", "trace"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_asks_for_nothing_says_nothing_and_fits(
    name: str, scheme: str, browser: Any, request: pytest.FixtureRequest
) -> None:
    place = request.getfixturevalue(name)
    with seen(browser, place, color_scheme=scheme) as one:
        for width in WIDTHS:
            one.page.set_viewport_size({"width": width, "height": 900})
            assert one.page.evaluate("document.documentElement.scrollWidth") <= width
        assert {url for url in one.asked if not url.startswith("data:")} == {place.as_uri()}
        assert one.said == []
        assert grave_findings(one.page) == []


def test_script_that_is_not_the_page_s_own_is_refused(
    browser: Any, report: Path, tmp_path: Path
) -> None:
    forged = tmp_path / "forged.html"
    text = report.read_text(encoding="utf-8")
    forged.write_text(text.replace("</main>", "<script>document.title = 'x'</script></main>"))
    with seen(browser, forged) as one:
        assert one.page.title() != "x"
        assert any("Content Security Policy" in line for line in one.said)


@pytest.mark.requirement("SW-REPORT-READER")
def test_page_without_scripts_shows_every_row_and_every_stored_threshold(
    browser: Any, report: Path
) -> None:
    with seen(browser, report, java_script_enabled=False) as one:
        assert one.page.locator("details.stored tr.chosen").is_visible()
        assert one.page.locator("nav.contents a").last.is_visible()
        assert not one.page.locator(".tools").is_visible()


def column(table: Any, place: int) -> list[str]:
    return [
        text.replace("\u202f", "")
        for text in table.locator(f"tbody tr > :nth-child({place})").all_inner_texts()
    ]


@pytest.mark.requirement("SW-REPORT-READER")
def test_table_is_sorted_up_down_and_back_by_keyboard(page: Any) -> None:
    table = page.locator("table.grid[id^='findings-subgroups']").first
    heads = table.locator("thead th").all_inner_texts()
    place = next(at for at, head in enumerate(heads, start=1) if head.startswith("Event"))
    written = column(table, place)
    numbers = sorted(int(text) for text in written if text.isdigit())
    head = table.locator(f"thead th:nth-child({place})")
    head.locator("button").focus()
    for state in ("ascending", "descending", "none"):
        page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == state
        now = [int(text) for text in column(table, place) if text.isdigit()]
        if state != "none":
            assert now == (numbers if state == "ascending" else numbers[::-1])
    assert column(table, place) == written


@pytest.mark.requirement("SW-REPORT-READER")
def test_rows_are_filtered_by_group_outcome_and_words_and_the_count_is_told(page: Any) -> None:
    told = page.locator("form.filters output")
    assert told.inner_text() == "All rows shown"
    page.select_option("select[name=outcome]", "Fail")
    rows = page.locator("#verdicts tbody tr:visible")
    assert rows.count() == 1
    assert "slope-external" in rows.inner_text()
    assert "tables" in told.inner_text()
    page.click("button[type=reset]")
    page.wait_for_function(
        "document.querySelector('form.filters output').value === 'All rows shown'"
    )
    page.select_option("select[name=subset]", "sex: F")
    group = page.locator("table.grid[id^='findings-subgroups'] tbody tr:visible")
    assert group.count() >= 1
    assert all("sex: F" in text for text in group.all_inner_texts())
    page.select_option("select[name=subset]", "")
    page.fill("input[name=words]", "no row has these words")
    assert page.locator("main table.grid tbody tr:visible").count() == 0
    page.emulate_media(media="print")
    assert page.locator("#verdicts tbody tr:visible").count() == 4  # paper hides nothing


@pytest.mark.requirement("SW-REPORT-READER")
def test_threshold_moves_along_stored_points_and_back(page: Any) -> None:
    panel, slider = page.locator(".threshold"), page.locator(".threshold input")
    assert "of the protocol" in panel.locator("output").inner_text()
    before = panel.locator("dd").all_inner_texts()
    slider.focus()
    page.keyboard.press("End")
    assert panel.locator("output").inner_text() == "0.95 (not judged)"
    after = panel.locator("dd").all_inner_texts()
    last = page.locator("details.stored tbody tr").last.locator("td")
    assert after == last.evaluate_all("cells => cells.map((cell) => cell.textContent)")
    assert sum(int(text) for text in after[:4]) == 600
    panel.locator("button").click()
    assert panel.locator("dd").all_inner_texts() == before


@pytest.mark.requirement("SW-REPORT-READER")
def test_values_of_a_figure_are_read_with_the_arrows_and_by_pointing(page: Any) -> None:
    figure = page.locator("figure#figure-roc")
    mark, line = figure.locator("[role=slider]"), figure.locator(".value")
    mark.focus()
    page.keyboard.press("ArrowRight")
    said = mark.get_attribute("aria-valuetext")
    assert said == "Internal test part: 1 - specificity 0.025, sensitivity 0.515 (0.485 to 0.545)"
    assert line.inner_text() == said
    page.keyboard.press("ArrowDown")
    assert mark.get_attribute("aria-valuetext").startswith("Hospital B: ")
    picture = figure.locator("img")
    box = picture.bounding_box()
    picture.hover(position={"x": box["width"] * 0.9, "y": box["height"] * 0.1})
    assert "sensitivity 0.9" in line.inner_text()


def background(page: Any) -> str:
    return str(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))


@pytest.mark.requirement("SW-REPORT-READER")
@pytest.mark.parametrize("name", ["report", "trace"])
def test_button_turns_dark_on_and_off(
    name: str, browser: Any, request: pytest.FixtureRequest
) -> None:
    with seen(browser, request.getfixturevalue(name), color_scheme="light") as one:
        light, button = background(one.page), one.page.locator("button.dark")
        button.focus()
        one.page.keyboard.press("Enter")
        assert button.get_attribute("aria-pressed") == "true"
        assert background(one.page) == "rgb(23, 24, 26)"
        one.page.emulate_media(media="print")
        assert background(one.page) == light
        one.page.emulate_media(media="screen")
        button.click()
        assert background(one.page) == light


def test_contents_fold_on_a_small_screen_and_the_first_stop_leads_to_the_summary(
    browser: Any, report: Path
) -> None:
    with seen(browser, report, viewport={"width": 390, "height": 800}) as one:
        button = one.page.locator("nav.contents h2 button").first
        assert button.get_attribute("aria-expanded") == "false"
        one.page.keyboard.press("Tab")
        assert one.page.evaluate("document.activeElement.className") == "skip"
        button.click()
        assert one.page.locator("nav.contents a").first.is_visible()


@pytest.mark.requirement("SW-REPORT-READER")
def test_matrix_is_sorted_and_filtered(browser: Any, trace: Path) -> None:
    with seen(browser, trace) as one:
        rows = one.page.locator("table.matrix tbody tr")
        everything = rows.count()
        one.page.select_option("select[name=row]", "hazard")
        shown = one.page.locator("table.matrix tbody tr:visible").count()
        assert 0 < shown < everything
        assert one.page.locator("output").inner_text() == f"{shown} of {everything} rows"
        head = one.page.locator("table.matrix thead th").first
        head.locator("button").click()
        names = one.page.locator("table.matrix tbody tr:visible th .code").all_inner_texts()
        assert names == sorted(names)
        assert head.get_attribute("aria-sort") == "ascending"
