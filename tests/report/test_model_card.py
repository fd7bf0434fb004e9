"""The model card: whole, inert, the same each time."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from samd_validate.core.bundle import Bundle
from samd_validate.core.estimate import NotEstimable
from samd_validate.report.model_card import inert, model_card
from samd_validate.report.words import BANNER

pytestmark = pytest.mark.requirement("SW-REPORT-CARD")

NASTY = (
    "<script>alert(1)</script>",
    "![x](http://127.0.0.1/hit)",
    "a | b | c",
    "line\n# Approved",
    "`code` **bold** $x$ &lt;b&gt;",
    "www.example.org and a@example.org",
    "\u202egnp.exe",
)


@pytest.mark.parametrize("words", NASTY)
def test_name_of_any_words_is_inert(words: str, bundle: Bundle) -> None:
    use = {"statement": words, "not_for": [words]}
    protocol = {**bundle.protocol, "intended_use": use, "limitations": [words]}
    card = model_card(replace(bundle, protocol=protocol, model={"name": words}))
    assert words not in card
    assert inert(words) in card
    for raw in ("<script>", "](http:", "\n# Approved", "www.example", "a@", "\u202e", " &lt;"):
        assert raw not in card
    heads = [line for line in card.splitlines() if line.startswith("#")]
    assert len(heads) == 8


def test_rows_of_tables_have_as_many_cells_as_their_heads(bundle: Bundle) -> None:
    width = 0
    for line in model_card(bundle).splitlines():
        cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("| ") else 0
        assert cells in (0, width) or not width
        width = cells


def test_card_tells_use_data_performance_limits_and_digests(bundle: Bundle) -> None:
    card = model_card(bundle)
    assert card == model_card(bundle)
    assert BANNER in card
    for criterion in bundle.criteria:
        assert inert(criterion.bound_text()) in card
    for cohort in bundle.cohorts:
        assert inert(cohort.provenance.fingerprint) in card
    assert inert(bundle.protocol_digest) in card


def test_run_without_findings_has_a_card_that_says_so(bundle: Bundle) -> None:
    card = model_card(replace(bundle, findings=(), criteria=(), verdicts=(), figures=()))
    assert "nothing was judged" in card
    assert "No groups of patients were measured apart" in card


def test_groups_that_are_too_small_are_named_with_their_counts(bundle: Bundle) -> None:
    one = next(finding for finding in bundle.findings if "=" in finding.subset)
    small = NotEstimable(code="too_small", reason="9 units", n=9, n_events=1)
    few = replace(one, check="subgroups", measurement=small)
    card = model_card(replace(bundle, findings=(*bundle.findings, few)))
    assert "(9 units, 1 with the event)" in card
