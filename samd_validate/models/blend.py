"""A blend: the averaged log-odds of models of several families."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from samd_validate import models
from samd_validate.core.arrays import FloatArray
from samd_validate.core.canonical import canonical_bytes
from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import did_you_mean
from samd_validate.core.kinds import FamilyPlugin, FitRequest, family
from samd_validate.core.model import Model
from samd_validate.core.plugin import discover
from samd_validate.core.seeds import step_seed
from samd_validate.models._recalibrate import Platt, learn_platt, log_odds

OWN_NAME = "blend"


class Part(BaseModel):
    """One model of the blend: its family, with which parameters, and its weight."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    family: str
    params: dict[str, Any] = Field(default_factory=dict)
    weight: float = Field(default=1.0, gt=0)

    @model_validator(mode="after")
    def _family_takes_params(self) -> Part:
        _bound(self)
        return self


class BlendParams(BaseModel):
    """The parts of the blend."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    parts: Annotated[tuple[Part, ...], Field(min_length=2)]


@dataclass(frozen=True, kw_only=True)
class BlendModel:
    """Models of several families with one recalibration."""

    name: str
    parts: tuple[Model, ...]
    weights: tuple[float, ...]
    platt: Platt
    card: Mapping[str, object]

    def predict(self, cohort: Cohort) -> FloatArray:
        """Return recalibrated probabilities of the outcome, shape ``(n,)``."""
        return self.platt.apply(self.raw_log_odds(cohort))

    def raw_log_odds(self, cohort: Cohort) -> FloatArray:
        """Return the weighted mean of the parts' log-odds, shape ``(n,)``."""
        scores = [log_odds(part.predict(cohort)) for part in self.parts]
        return np.asarray(np.average(scores, axis=0, weights=self.weights))

    def artefact(self) -> bytes:
        """Return the bytes of the parts, in base64, and how they are put together."""
        contents = [base64.b64encode(part.artefact()).decode("ascii") for part in self.parts]
        return canonical_bytes({"parts": contents, "weights": self.weights, "platt": self.platt})


@family(OWN_NAME, version=1, params=BlendParams)
def blend(request: FitRequest, params: BlendParams) -> BlendModel:
    """Fit models of several families and average their log-odds with fixed weights.

    Each part is fitted and recalibrated as its family does it, with a seed of its own; the
    average is recalibrated once more on the tuning part (Platt), because averaged log-odds are
    less spread than the truth.
    """
    parts = tuple(_fitted(number, part, request) for number, part in enumerate(params.parts))
    model = BlendModel(
        name=request.name,
        parts=parts,
        weights=tuple(part.weight for part in params.parts),
        platt=Platt(slope=1.0, intercept=0.0),
        card={},
    )
    platt = learn_platt(model.raw_log_odds(request.tuning), request.tuning.label)
    card = {
        "family": OWN_NAME,
        "parts": [dict(part.card) for part in parts],
        "weights": list(model.weights),
        "recalibration": {"slope": platt.slope, "intercept": platt.intercept},
    }
    return replace(model, platt=platt, card=card)


def _fitted(number: int, part: Part, request: FitRequest) -> Model:
    plugin, params = _bound(part)
    name = f"{request.name}-{part.family}"
    seed = step_seed(request.seed, f"part/{number}")
    model: Model = plugin.run(replace(request, name=name, seed=seed), params)
    return model


def _bound(part: Part) -> tuple[FamilyPlugin, Any]:
    """Return the family of a part and its parameters; ValueError says what does not fit."""
    known = {name: one for name, one in discover(models, "model").items() if name != OWN_NAME}
    if part.family not in known:
        raise ValueError(
            f"{part.family!r} is no family to blend: {did_you_mean(part.family, known)}"
        )
    return known[part.family], known[part.family].params.model_validate(part.params)
