"""How many images were left out, and what was found of the others."""

from __future__ import annotations

from samd_validate.core.cohort import FlowRow


def counted(kind: str, reason: str, count: int) -> FlowRow:
    """Return a row of the flow of images."""
    return FlowRow(kind=kind, reason=reason, count=count, counted="images")
