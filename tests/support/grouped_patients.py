"""Patients of two sexes and three regions with known truth, for checks of groups."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

from samd_validate.core.cohort import Cohort, Provenance
from samd_validate.core.inputs import Population


def drawn(seed: int, n: int = 3000, shift: float = 0.0) -> Population:
    """Draw patients of two sexes and three regions; women of the south have more events."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["female", "male"], n)
    region = rng.choice(["north", "south", "west", ""], n, p=[0.45, 0.4, 0.13, 0.02])
    score = expit(-1.5 + 1.2 * rng.standard_normal(n))
    hit = (sex == "female") & (region == "south")
    label = (rng.random(n) < expit(logit(score) + shift * hit)).astype(np.int8)
    ids = np.array([f"p{i}" for i in range(n)])
    cohort = Cohort(
        name="test",
        unit_id=ids,
        patient_id=ids,
        site=np.full(n, "here"),
        label=label,
        groups={"sex": sex, "region": region},
        provenance=Provenance(
            source="drawn", title="drawn", licence="none", citation="none", fingerprint="0"
        ),
    )
    return Population(name="test", cohort=cohort, score=score)
