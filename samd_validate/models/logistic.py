"""Penalised logistic regression on summary features: the comparator that anyone can check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from samd_validate.core.arrays import FloatArray
from samd_validate.core.canonical import canonical_bytes
from samd_validate.core.cohort import Cohort
from samd_validate.core.kinds import FitRequest, family
from samd_validate.models._preprocessing import coding_from
from samd_validate.models._recalibrate import Platt, learn_platt
from samd_validate.models._static import StaticCoding, learn_static
from samd_validate.models._summaries import feature_names, summary_features

CLIP = 5.0


class LogisticParams(BaseModel):
    """Hyper-parameters of the logistic regression."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    inverse_penalty: float = Field(default=0.01, gt=0)
    static_numbers: tuple[str, ...] = ("age_years",)
    static_groups: tuple[str, ...] = ("sex",)


@dataclass(frozen=True, kw_only=True)
class LogisticModel:
    """Coefficients on scaled summary features."""

    name: str
    variables: tuple[str, ...]
    coding: StaticCoding
    centre: FloatArray
    spread: FloatArray
    coefficients: FloatArray
    intercept: float
    platt: Platt
    card: Mapping[str, object]

    def predict(self, cohort: Cohort) -> FloatArray:
        """Return recalibrated probabilities of the outcome, shape ``(n,)``."""
        return self.platt.apply(self._raw(cohort))

    def _raw(self, cohort: Cohort) -> FloatArray:
        matrix = _design(_features(cohort, self.variables, self.coding), self.centre, self.spread)
        return np.asarray(matrix @ self.coefficients + self.intercept)

    def learned(self) -> Mapping[str, float]:
        """Return centre and spread of each feature, as learned."""
        return _statistics(self.centre, self.spread)

    def relearned(self, cohort: Cohort) -> Mapping[str, float]:
        """Return centre and spread of each feature, as ``cohort`` would have taught them."""
        raw = _features(cohort, self.variables, coding_from(cohort, self.coding))
        return _statistics(*_centre_and_spread(raw))

    def artefact(self) -> bytes:
        """Return the coefficients as canonical JSON."""
        return canonical_bytes(
            {
                "features": [*feature_names(self.variables), *self.coding.inputs],
                "centre": self.centre,
                "spread": self.spread,
                "coefficients": self.coefficients,
                "intercept": self.intercept,
                "platt": self.platt,
            }
        )


@family("logistic", version=1, params=LogisticParams)
def logistic_regression(request: FitRequest, params: LogisticParams) -> LogisticModel:
    """Fit a ridge logistic regression on first, last, lowest, highest, mean and count.

    A summary of a variable that was never measured takes the development mean and is marked by
    its count of zero. Recalibrated on the tuning part (Platt).
    """
    from sklearn.linear_model import LogisticRegression

    coding = learn_static(request.development, params.static_numbers, params.static_groups)
    raw = _features(request.development, request.variables, coding)
    centre, spread = _centre_and_spread(raw)
    fit = LogisticRegression(C=params.inverse_penalty, max_iter=2000)
    fit.fit(_design(raw, centre, spread), request.development.label)
    model = LogisticModel(
        name=request.name,
        variables=request.variables,
        coding=coding,
        centre=centre,
        spread=spread,
        coefficients=fit.coef_[0],
        intercept=float(fit.intercept_[0]),
        platt=Platt(slope=1.0, intercept=0.0),
        card={},
    )
    platt = learn_platt(model._raw(request.tuning), request.tuning.label)
    request.progress(f"training {request.name}", 1.0)
    card = {
        "family": "logistic",
        "hyper_parameters": params.model_dump(mode="json"),
        "variables": list(request.variables),
        "static_inputs": list(coding.inputs),
        "n_development": request.development.size,
        "n_development_events": request.development.n_events,
        "n_weights": int(fit.coef_.size) + 1,
        "recalibration": {"slope": platt.slope, "intercept": platt.intercept},
    }
    return LogisticModel(**{**vars(model), "platt": platt, "card": card})


def _features(cohort: Cohort, variables: tuple[str, ...], coding: StaticCoding) -> FloatArray:
    summaries = summary_features(cohort, variables)
    summaries[:, 5::6] = np.log1p(summaries[:, 5::6])
    return np.concatenate([summaries, coding.columns(cohort)], axis=1)


def _statistics(centre: FloatArray, spread: FloatArray) -> dict[str, float]:
    parts = (("centre", centre), ("spread", spread))
    return {
        f"feature {number}:{part}": value
        for part, values in parts
        for number, value in enumerate(values.tolist())
    }


def _centre_and_spread(raw: FloatArray) -> tuple[FloatArray, FloatArray]:
    known = np.isfinite(raw)
    count = np.maximum(known.sum(0), 1)
    centre = np.where(known, raw, 0).sum(0) / count
    spread = np.sqrt((np.where(known, raw - centre, 0) ** 2).sum(0) / count)
    return centre, np.where(spread > 0, spread, 1.0)


def _design(raw: FloatArray, centre: FloatArray, spread: FloatArray) -> FloatArray:
    scaled = np.clip((raw - centre) / spread, -CLIP, CLIP)
    return np.nan_to_num(scaled, nan=0.0)
