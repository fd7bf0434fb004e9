"""What moves the output of an ensemble of networks, by input and block of time.

Shapley values, integrated gradients, and the output with some inputs at the reference. Imports
torch and captum; only imported when a model is explained.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from captum.attr import IntegratedGradients, ShapleyValueSampling
from torch import Tensor

from samd_validate.core.arrays import BoolArray, FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.model import Attribution, Progress

if TYPE_CHECKING:
    from samd_validate.models._ensemble import EnsembleModel

PERMUTATIONS = 16
STEPS = 32
AT_ONCE = 1024
"""Rows that go through the networks at once."""
REFERENCE = "the average stay of the development part"


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
    baselines = _reference(model)
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
        inputs=model.inputs,
        values=values,
        base=base,
        output=output,
        block_hours=tuple(float(edge) for edge in np.linspace(0, hours, blocks + 1)),
        method=f"Shapley values, {PERMUTATIONS} sampled permutations",
        reference=REFERENCE,
        additivity_error=float(error),
    )


def gradients_by_input(model: EnsembleModel, cohort: Cohort) -> Attribution:
    """Return integrated gradients from the reference, summed over the channels of an input.

    Sundararajan et al. 2017, arXiv:1703.01365; 32 points of Gauss-Legendre on the straight line.
    """
    baselines = _reference(model)
    method = IntegratedGradients(model.log_odds_of)
    series, static = model.tensors(cohort)
    every = max(1, AT_ONCE // STEPS)
    parts = [
        _by_input(model, method.attribute(rows, baselines=baselines, n_steps=STEPS))
        for rows in zip(torch.split(series, every), torch.split(static, every), strict=True)
    ]
    values = np.concatenate(parts)[:, :, None]
    with torch.no_grad():
        output = model.log_odds_of(series, static).numpy().astype(np.float64)
        base = float(model.log_odds_of(*baselines)[0])
    error = np.abs(base + values.sum(axis=(1, 2)) - output).max(initial=0.0)
    return Attribution(
        inputs=model.inputs,
        values=values,
        base=base,
        output=output,
        block_hours=(0.0, float(series.shape[1])),
        method=f"integrated gradients, {STEPS} points",
        reference=REFERENCE,
        additivity_error=float(error),
    )


def log_odds_with(model: EnsembleModel, cohort: Cohort, kept: BoolArray) -> FloatArray:
    """Return log-odds ``(n,)`` where the inputs that are not ``kept`` are those of the reference.

    Raises
    ------
    ValueError
        If ``kept`` is not ``(n, inputs)``.
    """
    n_variables = len(model.scales)
    if kept.shape != (cohort.size, len(model.inputs)):
        raise ValueError("kept must have a row for each unit and a column for each input")
    series, static = model.tensors(cohort)
    keep = torch.from_numpy(np.ascontiguousarray(kept))
    of_series = keep[:, :n_variables].repeat(1, 3)[:, None]
    of_static = keep[:, n_variables:][:, list(model.coding.owners)]
    reference = _reference(model)
    mixed = (
        torch.where(of_series, series, reference[0]),
        torch.where(of_static, static, reference[1]),
    )
    with torch.no_grad():
        parts = [
            model.log_odds_of(*rows)
            for rows in zip(*(torch.split(part, AT_ONCE) for part in mixed), strict=True)
        ]
    return np.asarray(torch.cat(parts).numpy(), dtype=np.float64)


def _reference(model: EnsembleModel) -> tuple[Tensor, Tensor]:
    return (
        torch.from_numpy(model.reference_series)[None],
        torch.from_numpy(model.reference_static)[None],
    )


def _by_input(model: EnsembleModel, parts: tuple[Tensor, Tensor]) -> FloatArray:
    """Return ``(n, inputs)``: the sum over hours and over the three channels or the columns."""
    series, static = (part.detach().double().numpy() for part in parts)
    n_variables = len(model.scales)
    channels = series.sum(axis=1).reshape(series.shape[0], 3, n_variables).sum(axis=1)
    columns = np.zeros((static.shape[0], len(model.coding.inputs)))
    np.add.at(columns.T, list(model.coding.owners), static.T)
    return np.concatenate([channels, columns], axis=1)


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
