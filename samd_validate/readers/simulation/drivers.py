"""What drives the risk in the simulated hospitals, by input: the truth for explanations."""

from __future__ import annotations

import numpy as np

from samd_validate.readers.simulation.measurements import BETWEEN, WITHIN
from samd_validate.readers.simulation.people import (
    AGE_SPREAD,
    ON_ADMISSION,
    ON_AGE_DECADE,
    ON_ORGANS,
    ON_SEVERITY,
    OWN_DRIFT,
    SEVERITY_DRIFT,
    SHARED,
    Site,
)
from samd_validate.readers.simulation.variables import SIMULATED

DECADE = 10


def drivers(site: Site) -> dict[str, float]:
    """Return how much the log-odds of death rise with a standard deviation of each input.

    Of a variable it is the slope on its value at the end of the window, taken alone: what goes
    with it through severity and the other organs is part of it. Age acts by itself. The type of
    admission has no direction: it is the spread of its effects. Everything else is 0.
    """
    on_organs = np.array(ON_ORGANS)
    common = SHARED + SEVERITY_DRIFT
    own = 1 - SHARED**2 + OWN_DRIFT**2
    shared = common * (ON_SEVERITY + common * on_organs.sum())
    found = {}
    for one in SIMULATED:
        covariance = one.loading * (shared + own * on_organs[one.organ])
        spread = np.sqrt(one.loading**2 * (common**2 + own) + BETWEEN**2 + WITHIN**2)
        found[one.name] = float(covariance / spread)
    effects, shares = np.array(ON_ADMISSION), np.array(site.admission)
    mean = float(effects @ shares)
    return found | {
        "age_years": ON_AGE_DECADE * AGE_SPREAD / DECADE,
        "admission_type": float(np.sqrt(shares @ (effects - mean) ** 2)),
    }
