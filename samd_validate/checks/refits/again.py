"""The device fitted again: what its recipe says of itself, and the model or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from samd_validate.core.errors import CannotRun
from samd_validate.core.estimate import NotEstimable
from samd_validate.core.inputs import Inputs
from samd_validate.core.model import Model


def own_choice(inputs: Inputs, name: str) -> object:
    """Return a hyper-parameter as the device's card tells it; None if it tells none."""
    card = {} if inputs.model is None else inputs.model.card
    hyper = card.get("hyper_parameters")
    return hyper.get(name) if isinstance(hyper, Mapping) else None


def model_or_reason(fit: Callable[[], Model], n: int) -> Model | NotEstimable:
    """Return the model of a fit; where the recipe is refused or training fails, the words of it.

    ``n`` is the number of units that lose their number by it.
    """
    try:
        return fit()
    except ValueError as error:
        return NotEstimable(code="no_such_choice", reason=str(error), n=n)
    except CannotRun as error:
        found = "; ".join(f"{one.where}: {one.found}" for one in error.problems)
        return NotEstimable(code="no_fit", reason=found, n=n)
