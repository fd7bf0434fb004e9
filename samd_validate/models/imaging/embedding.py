"""What a network makes of images: the means of a layer over its places.

Imports torch; only imported when a network is run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from samd_validate.core.arrays import FloatArray

OF_PLACES = 4
"""Dimensions of an output with places: images, channels, rows, columns."""


def pooled(network: nn.Module, images: Iterable[Tensor], layer: str | None = None) -> FloatArray:
    """Return the channels of a layer, averaged over its places, for each image ``(n, channels)``.

    ``images`` are ``(parts, channels, rows, columns)`` each; the parts of an image are averaged.
    ``layer`` is the name of a module; None takes the coarsest output of the network, the last of
    equally coarse ones before they are enlarged again.
    """
    network.eval()
    found = []
    with torch.no_grad():
        for parts in images:
            with _watched(network, layer) as seen:
                network(parts)
            found.append(_coarsest(seen).mean(dim=(0, 2, 3)).float().numpy())
    return np.stack(found).astype(np.float64)


@contextmanager
def _watched(network: nn.Module, layer: str | None) -> Iterator[list[Tensor]]:
    """Collect the outputs with places while the network runs; leaves no hook behind."""
    seen: list[Tensor] = []

    def keep(module: nn.Module, given: tuple[Tensor, ...], output: object) -> None:
        del module, given
        if isinstance(output, Tensor) and output.dim() == OF_PLACES:
            seen.append(output)

    chosen = dict(network.named_modules())
    modules = [chosen[layer]] if layer is not None else list(chosen.values())
    hooks = [module.register_forward_hook(keep) for module in modules]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def _coarsest(seen: list[Tensor]) -> Tensor:
    least = min(one.shape[2] * one.shape[3] for one in seen)
    return [one for one in seen if one.shape[2] * one.shape[3] == least][-1]
