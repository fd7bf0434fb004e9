"""Gradient-boosted trees on summary features: the comparator that is hard to beat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.canonical import canonical_bytes
from samd_validate.core.cohort import Cohort
from samd_validate.core.kinds import FitRequest, family
from samd_validate.core.seeds import step_seed
from samd_validate.models._preprocessing import coding_from, statistics_of
from samd_validate.models._recalibrate import Platt, learn_platt, logistic
from samd_validate.models._static import StaticCoding, learn_static
from samd_validate.models._summaries import feature_names, summary_features

DECIMALS = 9
WORKERS = 2


class GradientBoostingParams(BaseModel):
    """Hyper-parameters of the boosted trees."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    members: int = Field(default=3, ge=1, le=20, description="fits whose log-odds are averaged")
    max_trees: int = Field(default=500, ge=1, le=5000)
    patience: int = Field(default=40, ge=1, description="trees without a better tuning loss")
    learning_rate: float = Field(default=0.04, gt=0, le=1)
    leaves: int = Field(default=10, ge=2, le=255)
    min_leaf: int = Field(default=15, ge=1, description="fewest stays in a leaf")
    penalty: float = Field(default=1.0, ge=0, description="ridge penalty of the leaves")
    feature_share: float = Field(
        default=0.2, gt=0, le=1, description="share of the features that a split may choose from"
    )
    static_numbers: tuple[str, ...] = ("age_years",)
    static_groups: tuple[str, ...] = ("sex",)


@dataclass(frozen=True, kw_only=True)
class GradientBoostingModel:
    """Boosted trees, averaged over members, with one recalibration."""

    name: str
    variables: tuple[str, ...]
    coding: StaticCoding
    members: tuple[Any, ...]
    platt: Platt
    record: Mapping[str, object]
    card: Mapping[str, object]

    def predict(self, cohort: Cohort) -> FloatArray:
        """Return recalibrated probabilities of the outcome, shape ``(n,)``."""
        return self.platt.apply(self._raw(cohort))

    def _raw(self, cohort: Cohort) -> FloatArray:
        features = _features(cohort, self.variables, self.coding)
        return _mean_log_odds(self.members, features)

    def learned(self) -> Mapping[str, float]:
        """Return means and spreads of the static inputs, as learned; trees need no other."""
        return statistics_of(self.coding.numbers)

    def relearned(self, cohort: Cohort) -> Mapping[str, float]:
        """Return means and spreads of the static inputs, as ``cohort`` would have taught them."""
        return statistics_of(coding_from(cohort, self.coding).numbers)

    def artefact(self) -> bytes:
        """Return the record of the fit as canonical JSON.

        No trees are written: what a fit learned is made again by fitting again, and the log-odds
        of the tuning part (nine decimals) show that it is the same.
        """
        return canonical_bytes({**self.record, "recalibration": self.platt})


@family("gradient_boosting", version=1, params=GradientBoostingParams)
def gradient_boosting(request: FitRequest, params: GradientBoostingParams) -> GradientBoostingModel:
    """Fit boosted trees on first, last, lowest, highest, mean and count of each variable.

    Missing summaries go down the branch that lowers the loss (no value is filled in). The number
    of trees is that of the smallest log loss on the tuning part, on which the averaged log-odds
    are then recalibrated (Platt). Ref. Friedman 2001, doi:10.1214/aos/1013203451; Ke et al. 2017
    (histogram-based trees), as implemented in scikit-learn.
    """
    coding = learn_static(request.development, params.static_numbers, params.static_groups)
    features = _features(request.development, request.variables, coding)
    tuning = _features(request.tuning, request.variables, coding)
    members, trees = _fit_all(features, tuning, request, params)
    log_odds = _mean_log_odds(members, tuning)
    record = {
        "features": [*feature_names(request.variables), *coding.inputs],
        "hyper_parameters": params.model_dump(mode="json"),
        "trees": list(trees),
        "tuning_log_odds": np.round(log_odds, DECIMALS).tolist(),
    }
    model = GradientBoostingModel(
        name=request.name,
        variables=request.variables,
        coding=coding,
        members=members,
        platt=learn_platt(log_odds, request.tuning.label),
        record=record,
        card={},
    )
    return replace(model, card=_training_record(request, params, model, trees))


def _fit_all(
    features: FloatArray, tuning: FloatArray, request: FitRequest, params: GradientBoostingParams
) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    """Return the members and their numbers of trees, fitted side by side with a seed each.

    Each fit has one thread: small parts wait longer for threads than they compute.
    """
    from threadpoolctl import threadpool_limits

    label = request.development.label

    def fit(number: int) -> tuple[Any, int]:
        seed = step_seed(request.seed, f"member/{number}") % 2**31
        count = _best_count(features, label, tuning, request, params, seed)
        member = _fit(features, label, params, count, seed)
        request.progress(f"training {request.name}", (number + 1) / params.members)
        return member, count

    with threadpool_limits(1), ThreadPoolExecutor(WORKERS) as pool:
        fitted = tuple(pool.map(fit, range(params.members)))
    return tuple(member for member, _ in fitted), tuple(count for _, count in fitted)


def _features(cohort: Cohort, variables: tuple[str, ...], coding: StaticCoding) -> FloatArray:
    return np.concatenate([summary_features(cohort, variables), coding.columns(cohort)], axis=1)


def _mean_log_odds(members: Sequence[Any], features: FloatArray) -> FloatArray:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return np.asarray(np.mean([one.decision_function(features) for one in members], axis=0))


def _fit(
    features: FloatArray, label: Column, params: GradientBoostingParams, trees: int, seed: int
) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=trees,
        learning_rate=params.learning_rate,
        max_leaf_nodes=params.leaves,
        min_samples_leaf=params.min_leaf,
        l2_regularization=params.penalty,
        max_features=params.feature_share,
        early_stopping=False,
        random_state=seed,
    ).fit(features, label)


def _best_count(
    features: FloatArray,
    label: Column,
    tuning: FloatArray,
    request: FitRequest,
    params: GradientBoostingParams,
    seed: int,
) -> int:
    """Return the number of trees with the smallest tuning loss before patience runs out."""
    longest = _fit(features, label, params, params.max_trees, seed)
    best, least = 1, np.inf
    for number, log_odds in enumerate(longest.staged_decision_function(tuning), start=1):
        loss = _log_loss(np.ravel(log_odds), request.tuning.label)
        if loss < least:
            best, least = number, loss
        if number - best >= params.patience:
            break
    return best


def _log_loss(log_odds: FloatArray, label: Column) -> float:
    return float(np.mean(np.logaddexp(0, log_odds) - label * log_odds))


def _training_record(
    request: FitRequest,
    params: GradientBoostingParams,
    model: GradientBoostingModel,
    trees: Sequence[int],
) -> dict[str, object]:
    return {
        "family": "gradient_boosting",
        "hyper_parameters": params.model_dump(mode="json"),
        "variables": list(request.variables),
        "static_inputs": list(model.coding.inputs),
        "n_development": request.development.size,
        "n_development_events": request.development.n_events,
        "n_tuning": request.tuning.size,
        "n_tuning_events": request.tuning.n_events,
        "trees": list(trees),
        "mean_tuning_risk": float(np.mean(logistic(np.array(model.record["tuning_log_odds"])))),
        "recalibration": {"slope": model.platt.slope, "intercept": model.platt.intercept},
    }
