"""What the house asks of a model: that it predicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias, runtime_checkable

from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort

Progress: TypeAlias = Callable[[str, float], None]
"""Called with what is being done and the share done in [0, 1]."""


def no_progress(what: str, share: float) -> None:
    """Report to nobody."""
    del what, share


@runtime_checkable
class Model(Protocol):
    """Anything that scores a cohort; a black box is allowed."""

    @property
    def name(self) -> str:
        """Name of the model as shown to readers."""
        ...

    @property
    def card(self) -> Mapping[str, object]:
        """What a reader must know of it: family, inputs, training record; plain JSON."""
        ...

    def predict(self, cohort: Cohort) -> FloatArray:
        """Return the predicted probability of label 1, shape ``(n,)``, higher is riskier."""
        ...

    def artefact(self) -> bytes:
        """Return the bytes that are the model (weights, coefficients); empty for a black box."""
        ...
