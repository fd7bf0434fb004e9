"""Logistic regression of few columns: coefficients, covariance by patient, likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.stats.drift.groups import Groups, sums_by_patient

STEPS = 50
CONVERGED = 1e-10
LARGEST = 30.0


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """Coefficients ``(k,)``, their covariance ``(k, k)``, and the log-likelihood."""

    coefficient: FloatArray
    covariance: FloatArray
    log_likelihood: float


def risk(eta: FloatArray) -> FloatArray:
    """Return 1 / (1 + exp(-eta)), without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(eta / 2)))


def coefficients(
    design: FloatArray, label: Column, offset: FloatArray, weight: FloatArray
) -> FloatArray | None:
    """Return the maximum-likelihood coefficients by Newton's method; None without a finite one."""
    found = np.zeros(design.shape[1])
    for _ in range(STEPS):
        chance = risk(design @ found + offset)
        slope = design.T @ (weight * (label - chance))
        information = (design.T * (weight * chance * (1 - chance))) @ design
        if np.linalg.cond(information) > 1 / np.finfo(np.float64).eps:
            return None
        step = np.linalg.solve(information, slope)
        found = found + np.clip(step, -2.0, 2.0)
        if np.abs(found).max() > LARGEST:
            return None
        if np.abs(step).max() < CONVERGED:
            return np.asarray(found)
    return None


def fit(design: FloatArray, label: Column, offset: FloatArray, groups: Groups) -> Fitted | None:
    """Return a fit whose covariance is clustered by patient where patients have several rows.

    The sandwich of Liang & Zeger 1986, doi:10.1093/biomet/73.1.13, with G / (G - 1) patients.
    """
    found = coefficients(design, label, offset, np.ones(len(label)))
    if found is None:
        return None
    eta = design @ found + offset
    chance = risk(eta)
    inverse = np.linalg.inv((design.T * (chance * (1 - chance))) @ design)
    covariance = inverse
    if not groups.are_rows:
        sums = sums_by_patient(design * (label - chance)[:, None], groups)
        covariance = inverse @ (sums.T @ sums) @ inverse * (len(sums) / (len(sums) - 1))
    likelihood = float(np.sum(label * eta - np.logaddexp(0, eta)))
    return Fitted(coefficient=found, covariance=np.asarray(covariance), log_likelihood=likelihood)
