"""Shapley values of an ensemble of networks by input and block of time.

Imports torch and captum; only imported when a model is explained.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from captum.attr import ShapleyValueSampling
from torch import Tensor

from samd_validate.core.cohort import Cohort
from samd_validate.core.model import Attribution, Progress

if TYPE_CHECKING:
    from samd_validate.models._ensemble import EnsembleModel

PERMUTATIONS = 16


def shapley_by_input(
    model: EnsembleModel, cohort: Cohort, *, blocks: int, seed: int, progress: Progress
) -> Attribution:
    """Return contributions in recalibrated log-odds, relative to the average development stay.

    All three channels of a variable in a block of time change together. Each sampled permutation
    adds up exactly, and so does their mean (Strumbelj & Kononenko 2014,
    doi:10.1007/s10115-013-0679-x); what remains is rounding, reported as ``additivity_error``.
    """
    series, static = model.tensors(cohort)
    hours, n_variables = series.shape[1], len(model.scales)
    masks = _masks(hours, n_variables, blocks, model.coding.owners)
    baselines = (
        torch.from_numpy(model.reference_series)[None],
        torch.from_numpy(model.reference_static)[None],
    )
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        parts = ShapleyValueSampling(model.log_odds_of).attribute(
            (series, static), baselines=baselines, feature_mask=masks, n_samples=PERMUTATIONS
        )
        output = model.log_odds_of(series, static).numpy().astype(np.float64)
        base = float(model.log_odds_of(*baselines)[0])
    progress("explaining", 1.0)
    values = _once_per_group(parts, masks, n_variables, blocks, len(model.coding.inputs))
    error = np.abs(base + values.sum(axis=(1, 2)) - output).max(initial=0.0)
    return Attribution(
        inputs=(*(scale.name for scale in model.scales), *model.coding.inputs),
        values=values,
        base=base,
        output=output,
        block_hours=tuple(float(edge) for edge in np.linspace(0, hours, blocks + 1)),
        method=f"Shapley values, {PERMUTATIONS} sampled permutations",
        reference="the average stay of the development part",
        additivity_error=float(error),
    )


def _masks(
    hours: int, n_variables: int, blocks: int, owners: tuple[int, ...]
) -> tuple[Tensor, Tensor]:
    """Return the group of each channel and hour, and of each static column."""
    block = torch.arange(hours) * blocks // hours
    variable = torch.arange(3 * n_variables) % n_variables
    series = variable[None, :] * blocks + block[:, None]
    static = torch.tensor(owners, dtype=torch.long) + n_variables * blocks
    return series[None], static[None]


def _once_per_group(
    parts: tuple[Tensor, Tensor],
    masks: tuple[Tensor, Tensor],
    n_variables: int,
    blocks: int,
    n_static: int,
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return ``(n, inputs, blocks)``: captum repeats a group's value at each of its members."""
    values = np.zeros((parts[0].shape[0], n_variables + n_static, blocks))
    for part, mask in zip(parts, masks, strict=True):
        flat = part.reshape(part.shape[0], -1).numpy()
        groups, first = np.unique(mask.numpy().ravel(), return_index=True)
        for group, position in zip(groups.tolist(), first.tolist(), strict=True):
            is_static = group >= n_variables * blocks
            row = group - n_variables * blocks + n_variables if is_static else group // blocks
            values[:, row, 0 if is_static else group % blocks] = flat[:, position]
    return values
