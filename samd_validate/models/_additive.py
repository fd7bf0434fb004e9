"""An additive logistic model of summaries: a bent line for every input, and no interaction.

Its log-odds are averaged with those of the networks, which see the course but are not as sure of
a level. Imports torch; only imported when a network is trained.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from samd_validate.core.arrays import FloatArray
from samd_validate.models._pooled import summaries

KNOTS = (-2.0, -1.0, 0.0, 1.0, 2.0)
INVERSE_PENALTY = 0.01


@dataclass(frozen=True, kw_only=True)
class Additive:
    """Coefficients of the basis, and the intercept."""

    weight: Tensor
    intercept: float

    def log_odds(self, series: Tensor, static: Tensor) -> Tensor:
        """Return log-odds ``(n,)`` of channels and static columns."""
        return basis(series, static) @ self.weight + self.intercept

    def shuffled(self, seed: int) -> Additive:
        """Return the model with its coefficients in a random order."""
        order = np.random.default_rng(seed).permutation(self.weight.numel())
        return Additive(weight=self.weight[torch.from_numpy(order)], intercept=self.intercept)


def basis(series: Tensor, static: Tensor) -> Tensor:
    """Return static columns, summaries, and their share in each of five tents one unit apart.

    The tents are degree-1 B-splines between two units below and above the development mean.
    """
    found = summaries(series)
    inside = found.clamp(KNOTS[0], KNOTS[-1])
    tents = [torch.relu(1 - (inside - knot).abs()) for knot in KNOTS]
    return torch.cat([static, found, *tents], dim=1)


def learn_additive(series: Tensor, static: Tensor, label: Tensor) -> Additive:
    """Return the ridge-penalised fit; a convex problem, so that there is one answer.

    Loss and gradient are computed by torch, whose number of threads the caller holds at one.
    """
    from scipy.optimize import minimize

    x, y = basis(series, static).double(), label.double()

    def loss(theta: FloatArray) -> tuple[float, FloatArray]:
        weight = torch.from_numpy(theta[:-1])
        eta = x @ weight + theta[-1]
        residual = torch.sigmoid(eta) - y
        fit = (torch.nn.functional.softplus(eta) - y * eta).sum()
        value = INVERSE_PENALTY * fit + weight.square().sum() / 2
        slope = INVERSE_PENALTY * (residual @ x) + weight
        shift = INVERSE_PENALTY * residual.sum()
        return float(value), np.append(slope.numpy(), float(shift))

    found = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B")
    theta = torch.from_numpy(np.asarray(found.x))
    return Additive(weight=theta[:-1].float(), intercept=float(theta[-1]))
