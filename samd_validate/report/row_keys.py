"""By what the rows of findings can be filtered: groups of patients, and how criteria came out."""

from __future__ import annotations

from samd_validate.core.bundle import Bundle
from samd_validate.core.finding import Finding
from samd_validate.report.tree import RowKey
from samd_validate.report.words import OUTCOMES, subset_names


def row_key(finding: Finding, bundle: Bundle) -> RowKey:
    """Return the key of a finding: its groups, and the outcome of the criteria that read it.

    Where several criteria read it, the worst of their outcomes counts.
    """
    criteria = [one.id for one in bundle.all_criteria if one.finding == finding.key]
    came_out = {one.outcome.value for one in bundle.all_verdicts if one.criterion in criteria}
    worst = next((words for name, words in WORST_FIRST.items() if name in came_out), "")
    return RowKey(subsets=subset_names(finding.subset), outcome=worst)


WORST_FIRST = {name: OUTCOMES[name] for name in ("FAIL", "INCONCLUSIVE", "NOT_ASSESSED", "PASS")}
