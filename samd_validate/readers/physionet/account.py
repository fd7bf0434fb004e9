"""Which parameter of the Challenge became which variable, and what became of its values."""

from __future__ import annotations

import numpy as np

from samd_validate.core.arrays import BoolArray, Column
from samd_validate.readers.events.dictionary import shipped_dictionary
from samd_validate.readers.physionet.variables import POSITION, VARIABLES


def harmonisation(variable: Column, is_used: BoolArray, lost: dict[str, BoolArray]) -> object:
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
