"""A small run of the default protocol, made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from samd_validate.pipeline import Run, run
from samd_validate.protocol.folders import shipped

TINY_RECIPE = """
schema_version: 1
name: lstm_tiny
title: a small recurrent network
family: lstm
params: {hidden: 12, members: 2, max_epochs: 3, static_numbers: [age_years], static_groups: [sex]}
card:
  summary: a network small enough for a test
  inputs: all variables
  output: probability of death
  training: three epochs
  limitations: [it is a test]
"""
SMALLER = (
    ("recipe: lstm_icu", "recipe: lstm_tiny"),
    ("stays: 5000", "stays: 1100"),
    ("stays: 3000", "stays: 1000"),
    ("min_events: 100", "min_events: 50"),
    ("resamples: 2000", "resamples: 200"),
    ("patients: 60, local: 1, blocks: 8", "patients: 12, local: 1, blocks: 4"),
    ("{patients: 30, steps: 5, orders: 2}", "{patients: 10, steps: 2, orders: 1}"),
    ("patients: 300\n", "patients: 60\n"),
)


def rewritten(place: Path, *replacements: tuple[str, str]) -> Path:
    """Write the default protocol with some text replaced everywhere."""
    text = (shipped("protocols") / "icu_mortality.yaml").read_text()
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new)
    place.mkdir(parents=True, exist_ok=True)
    path = place / "protocol.yaml"
    path.write_text(text)
    return path


@pytest.fixture(scope="session")
def small_protocol(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a maker of small protocols in folders of their own, with the small recipe beside."""

    def make(*replacements: tuple[str, str]) -> Path:
        place = tmp_path_factory.mktemp("protocol")
        (place / "models").mkdir()
        (place / "models" / "lstm_tiny.yaml").write_text(TINY_RECIPE)
        return rewritten(place, *SMALLER, *replacements)

    return make


@pytest.fixture(scope="session")
def small_run(small_protocol: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a finished small run."""
    path = small_protocol()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path.parent)
        return run(path, {}, tmp_path_factory.mktemp("runs"))
