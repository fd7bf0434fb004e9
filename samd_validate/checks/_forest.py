"""Rows of forest plots, and subsets in words."""

from __future__ import annotations

from samd_validate.core.estimate import Estimate, Measurement


def forest_row(label: str, value: Measurement) -> dict[str, object]:
    """Return what a forest plot draws of a measurement; without a number the reason."""
    row: dict[str, object] = {"label": label, "n": value.n, "n_events": value.n_events}
    if isinstance(value, Estimate):
        return {**row, "value": value.value, "low": value.low, "high": value.high, "reason": ""}
    return {**row, "value": None, "low": None, "high": None, "reason": value.reason}


def subset_label(subset: str) -> str:
    """Return a subset in words.

    >>> subset_label("sex=female&age_band=80+"), subset_label("all")
    ('sex: female, age band: 80+', 'all')
    """
    parts = [part.partition("=") for part in subset.split("&")]
    return ", ".join(
        f"{group.replace('_', ' ')}: {level}" if mark else group for group, mark, level in parts
    )
