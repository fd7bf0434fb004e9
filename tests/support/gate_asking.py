"""A rule of the gate asked of a run that differs from the example in what is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from samd_validate.trace.gate.asked import Answer, Asked
from samd_validate.trace.gate.run import RULES

DAY = date(2026, 11, 25)
"""The day on which the gate is asked."""


def answer(asked: Asked, rule: str, **bundle: Any) -> Answer:
    """Return what a rule says of the run with these fields of its bundle replaced."""
    run = replace(asked.run, bundle=replace(asked.bundle, **bundle))
    return RULES[rule](replace(asked, run=run))
