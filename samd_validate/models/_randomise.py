"""Networks with weights drawn anew, stage by stage from the output down.

Adebayo et al. 2018, arXiv:1810.03292: an explanation that stays as it was where the weights are
random does not explain them. Imports torch; only imported when a model is put to that test.
"""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import nn

REST = "further weights"


def stages_of(network: nn.Module) -> tuple[str, ...]:
    """Return the parts of a network that have weights, the one next to the output first.

    A part that only holds other parts in a row (``nn.Sequential``) is taken apart.
    """
    return tuple(name for name, _ in reversed(_parts(network)))


def randomised(network: nn.Module, stages: int, seed: int) -> nn.Module:
    """Return a copy whose first ``stages`` stages have weights as before any training.

    A layer draws its weights as it does when it is made; weights that no layer of torch owns are
    shuffled within their array.
    """
    drawn = copy.deepcopy(network)
    chosen = list(reversed(_parts(drawn)))[:stages]
    generator = np.random.default_rng(seed)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for name, part in chosen:
            for module in (part,) if name == REST else part.modules():
                _draw(module, generator)
    return drawn.eval()


def _parts(network: nn.Module) -> list[tuple[str, nn.Module]]:
    parts: list[tuple[str, nn.Module]] = []
    if next(network.parameters(recurse=False), None) is not None:
        parts.append((REST, network))
    for name, child in network.named_children():
        inner = _parts(child) if isinstance(child, nn.Sequential) else [("", child)]
        parts += [
            (f"{name}.{below}".strip("."), part)
            for below, part in inner
            if next(part.parameters(), None) is not None
        ]
    return parts


def _draw(module: nn.Module, generator: np.random.Generator) -> None:
    reset = getattr(module, "reset_parameters", None)
    if callable(reset):
        reset()
        return
    for weight in module.parameters(recurse=False):
        order = torch.from_numpy(generator.permutation(weight.numel()))
        weight.copy_(weight.flatten()[order].reshape(weight.shape))
