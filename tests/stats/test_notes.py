"""What a note or a page says of simulated coverage is what the page of the simulation says."""

from __future__ import annotations

import re

import numpy as np
import pytest

from samd_validate.protocol.folders import ROOT
from samd_validate.stats.intervals.choose import note_on
from samd_validate.stats.sample import Sample

PAGE = (ROOT / "docs" / "methods" / "coverage.md").read_text(encoding="utf-8")


def sample(events: int) -> Sample:
    return Sample(label=np.arange(400) < events, score=np.linspace(1, 0, 400))


def defaults() -> dict[str, list[tuple[int, float]]]:
    """Return for each measure the expected events and the coverage of the cells of its default."""
    found: dict[str, list[tuple[int, float]]] = {}
    for part in re.split(r"\n\*\*[^*]+\*\* \(`", PAGE.split("\n## Every")[0])[1:]:
        measure = part.split("`", maxsplit=1)[0]
        for row in re.findall(r"^\| \d+ \| \d+ % \| (\d+) \| (.*) \|$", part, re.MULTILINE):
            cells = (cell.split("(")[0].strip(" *") for cell in row[1].split("|"))
            found.setdefault(measure, []).extend((int(row[0]), float(cell)) for cell in cells)
    return found


@pytest.mark.parametrize(
    ("measures", "events", "below", "above"),
    [
        (None, 8, 10, 0),
        (("auprc",), 30, 50, 0),
        (("youden_threshold",), 10, 20, 0),
        (("youden_threshold",), 60, 10_000, 20),
    ],
)
def test_note_says_what_was_simulated(
    measures: tuple[str, ...] | None, events: int, below: int, above: int
) -> None:
    own = ("auprc", "youden_threshold")
    shares = [
        share
        for measure, cells in defaults().items()
        if measure in (measures or ()) or (measures is None and measure not in own)
        for expected, share in cells
        if above <= expected < below
    ]
    said = re.search(
        r"in (\d+) to (\d+) of 100", note_on((measures or ("brier",))[0], sample(events))
    )
    assert said is not None
    assert (int(said[1]), int(said[2])) == (round(min(shares)), round(max(shares)))
