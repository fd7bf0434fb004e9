"""Which parameter of the Challenge became which variable, and what became of its values."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from samd_validate.core.arrays import BoolArray, Column
from samd_validate.core.cohort import TimeSeries
from samd_validate.readers.events.dictionary import shipped_dictionary
from samd_validate.readers.physionet.pressures import JOINED
from samd_validate.readers.physionet.variables import POSITION, VARIABLES

Account = dict[str, Any]
"""The harmonisation of a data set as plain JSON."""
REPLACED = "of the cuff in a minute that has the arterial line's"


def harmonisation(variable: Column, is_used: BoolArray, lost: dict[str, BoolArray]) -> Account:
    """Return which variable was found, mapped and missing, as plain JSON.

    ``variable (m,)`` is the position of each value's variable, ``is_used (m,)`` whether it is
    in the series, ``lost`` why others are not.
    """
    dictionary = shipped_dictionary()
    known = {one.name: one for one in dictionary.variables}
    counts = {reason: _counted(variable, mask) for reason, mask in lost.items()}
    found, used = _counted(variable, np.ones(variable.size, dtype=np.bool_)), variable[is_used]
    n_used = np.bincount(used, minlength=len(VARIABLES))
    return {
        "schema_version": 1,
        "dictionary": dictionary.fingerprint,
        "source": "physionet_2012",
        "variables": [
            {
                "name": one.name,
                "unit": one.unit,
                "loinc": known[one.name].loinc,
                "status": "found" if found[index] else "missing",
                "values_used": int(n_used[index]),
                "values_not_used": {
                    reason: int(count[index]) for reason, count in counts.items() if count[index]
                },
            }
            for index, one in enumerate(VARIABLES)
        ],
        "items": [
            {
                "variable": VARIABLES[index].name,
                "table": "records",
                "item": parameter,
                "unit_written": None,
                "unit_assumed": VARIABLES[index].unit,
                "unit": VARIABLES[index].unit,
                "rows_in_table": int(found[index]),
                "factor": 1.0,
                "offset": 0.0,
            }
            for parameter, index in POSITION.items()
            if found[index]
        ],
    }


def _counted(variable: Column, mask: BoolArray) -> Column:
    return np.bincount(variable[mask], minlength=len(VARIABLES))


def joined_account(account: Account, series: TimeSeries) -> Account:
    """Return the account after arterial line and cuff became one pressure each in ``series``."""
    leads = {part: name for name, parts in JOINED.items() for part in parts[:2]}
    dictionary = {one.name: one for one in shipped_dictionary().variables}
    known = {row["name"]: row for row in account["variables"]}
    rows = [row for name, row in known.items() if name not in leads]
    for name, (line, cuff, _) in JOINED.items():
        position = [one.name for one in series.variables].index(name)
        used = int((series.variable_index == position).sum())
        parts = (known[line], known[cuff])
        lost = Counter(parts[0]["values_not_used"]) + Counter(parts[1]["values_not_used"])
        lost[REPLACED] = sum(part["values_used"] for part in parts) - used
        rows.append(
            {
                "name": name,
                "unit": parts[0]["unit"],
                "loinc": dictionary[name].loinc,
                "status": "found" if "found" in {part["status"] for part in parts} else "missing",
                "values_used": used,
                "values_not_used": {why: n for why, n in lost.items() if n},
            }
        )
    items = [
        {**one, "variable": leads.get(one["variable"], one["variable"])} for one in account["items"]
    ]
    return {**account, "variables": rows, "items": items}
