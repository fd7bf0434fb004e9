"""One independent random generator per step, so that no number moves when a neighbour is added."""

from __future__ import annotations

import hashlib

import numpy as np


def step_seed(protocol_seed: int, step: str) -> int:
    """Return a 63-bit seed that depends on the protocol's seed and the step's id alone.

    >>> step_seed(7, "calibration") == step_seed(7, "calibration")
    True
    >>> step_seed(7, "a") != step_seed(7, "b")
    True
    """
    content = f"{protocol_seed}/{step}".encode()
    return int.from_bytes(hashlib.sha256(content).digest()[:8], "big") >> 1


def step_generator(protocol_seed: int, step: str) -> np.random.Generator:
    """Return the generator of a step (Philox, counter-based)."""
    return np.random.Generator(np.random.Philox(step_seed(protocol_seed, step)))
