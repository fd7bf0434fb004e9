"""What a reader tells of the values of events: why some were not used, and how units were taken."""

from __future__ import annotations

import json
from typing import Any

from samd_validate.core.cohort import Cohort

NOT_USED = ", not used"


def not_used(cohort: Cohort) -> dict[str, int]:
    """Return the reasons for which values were not used, and how many each took."""
    return {
        row.reason.removesuffix(NOT_USED): row.count
        for row in cohort.flow
        if row.reason.endswith(NOT_USED) and row.count
    }


def ways_by_unit(cohort: Cohort) -> dict[str | None, dict[str, Any]]:
    """Return the rows of the table of harmonisation by the unit written; it is plain JSON."""
    table: Any = cohort.attachments["harmonisation_icu"]
    json.dumps(table, allow_nan=False)
    return {row["unit_written"]: row for row in table["items"]}
