"""Gated residual networks and variable selection, the bricks of the Temporal Fusion Transformer.

Lim et al. 2021, doi:10.1016/j.ijforecast.2021.03.012. Imports torch; only imported when a network
is made.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from samd_validate.models._noise import Noise, dropped


class Gate(nn.Module):
    """``LayerNorm(skip + GLU(value))``: how much of a block is let through (eq. 5)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, 2 * width)
        self.norm = nn.LayerNorm(width)

    def forward(self, value: Tensor, skip: Tensor, noise: Noise | None = None) -> Tensor:
        """Return the gated sum, shaped like ``skip``."""
        gated = functional.glu(self.linear(dropped(value, noise)), dim=-1)
        output: Tensor = self.norm(skip + gated)
        return output


class GatedResidual(nn.Module):
    """Gated residual network: a dense block that can be switched off (eqs. 2 to 4)."""

    def __init__(self, width_in: int, width: int, width_out: int, *, context: int = 0) -> None:
        super().__init__()
        self.skip = nn.Identity() if width_in == width_out else nn.Linear(width_in, width_out)
        self.enter = nn.Linear(width_in, width)
        self.context = nn.Linear(context, width, bias=False) if context else None
        self.leave = nn.Linear(width, width_out)
        self.gate = Gate(width_out)

    def forward(
        self, value: Tensor, context: Tensor | None = None, noise: Noise | None = None
    ) -> Tensor:
        """Return ``(..., width_out)``; ``context`` is shaped to be added to the hidden layer."""
        inner = self.enter(value)
        if self.context is not None and context is not None:
            inner = inner + self.context(context)
        output: Tensor = self.gate(self.leave(functional.elu(inner)), self.skip(value), noise)
        return output


class ManyGatedResiduals(nn.Module):
    """One gated residual network per variable, all computed as one batched product."""

    def __init__(self, variables: int, width: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(width)

        def drawn(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.empty(shape).uniform_(-bound, bound))

        self.enter, self.enter_shift = drawn(variables, width, width), drawn(variables, 1, width)
        self.leave, self.leave_shift = (
            drawn(variables, width, 2 * width),
            drawn(variables, 1, 2 * width),
        )
        self.scale = nn.Parameter(torch.ones(variables, 1, width))
        self.shift = nn.Parameter(torch.zeros(variables, 1, width))

    def forward(self, value: Tensor) -> Tensor:
        """Return ``(variables, rows, width)`` from the same shape.

        The second dense layer and that of the gate, both linear, are one product here.
        """
        inner = functional.elu(torch.baddbmm(self.enter_shift, value, self.enter))
        gated = functional.glu(torch.baddbmm(self.leave_shift, inner, self.leave), dim=-1)
        normed = functional.layer_norm(value + gated, value.shape[-1:])
        return torch.addcmul(self.shift, normed, self.scale)


class VariableSelection(nn.Module):
    """Weights of the variables that sum to one, and their weighted sum (eqs. 6 to 8)."""

    def __init__(self, variables: int, width: int, *, context: int = 0) -> None:
        super().__init__()
        self.each = ManyGatedResiduals(variables, width)
        self.weigh = GatedResidual(variables * width, width, variables, context=context)

    def forward(
        self, embedded: Tensor, context: Tensor | None = None, noise: Noise | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return ``(rows, width)`` and weights ``(rows, variables)``.

        ``embedded`` is ``(variables, rows, width)``.
        """
        flat = embedded.transpose(0, 1).flatten(1)
        weights = torch.softmax(self.weigh(flat, context, noise), dim=-1)
        selected = torch.einsum("vrd,rv->rd", self.each(embedded), weights)
        return selected, weights


class InterpretableAttention(nn.Module):
    """Multi-head attention whose heads share their values, so that weights can be averaged.

    The outcome is one horizon, so there is one query: the last step (eqs. 13 to 16).
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width // heads)
        self.out = nn.Linear(width // heads, width, bias=False)

    def forward(self, steps: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``(n, width)`` and the mean attention ``(n, steps)`` of ``(n, steps, width)``."""
        width = steps.shape[2] // self.heads
        query = self.query(steps[:, -1]).reshape(-1, self.heads, width)
        key = self.key(steps).reshape(*steps.shape[:2], self.heads, width)
        match = torch.einsum("nhd,nthd->nht", query, key) / math.sqrt(key.shape[-1])
        attention = torch.softmax(match, dim=-1).mean(1)
        output: Tensor = self.out(torch.einsum("nt,ntd->nd", attention, self.value(steps)))
        return output, attention
