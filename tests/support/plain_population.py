"""A population of a few units, each a patient of its own."""

from __future__ import annotations

import numpy as np

from samd_validate.core.cohort import Cohort, Provenance
from samd_validate.core.inputs import Population


def population(
    labels: tuple[int, ...] = (0, 1, 0), fingerprint: str = "sha256:a", name: str = "hillcrest"
) -> Population:
    n = len(labels)
    cohort = Cohort(
        name=name,
        unit_id=np.array([f"u{number}" for number in range(n)]),
        patient_id=np.array([f"p{number}" for number in range(n)]),
        site=np.full(n, "s"),
        label=np.array(labels),
        provenance=Provenance(
            source="s", title="t", licence="l", citation="c", fingerprint=fingerprint
        ),
    )
    return Population(name=name, cohort=cohort, score=np.full(n, 0.5))
