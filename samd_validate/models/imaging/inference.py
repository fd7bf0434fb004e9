"""Sliding windows over an image, and the maps kept on disk, one file an image.

Imports torch; only imported when a network is run.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from samd_validate.core.arrays import FloatArray
from samd_validate.core.images import Image
from samd_validate.models.imaging.grid import Grid, padded

LEVELS = 65535


@dataclass(frozen=True, kw_only=True)
class Windows:
    """How an image is covered: side and overlap of the windows, and how many run at once."""

    side: int
    overlap: float
    batch: int
    flips: bool


class MeanLogit(nn.Module):
    """Networks as one: the mean of their logits."""

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, image: Tensor) -> Tensor:
        """Return the mean logit of each pixel."""
        return torch.stack([one(image) for one in self.members]).mean(dim=0)


def probability_of(
    network: nn.Module, image: Image, grid: Grid, windows: Windows, device: torch.device
) -> FloatArray:
    """Return the probability of each pixel of an image, on its own grid.

    Windows overlap and are blended with Gaussian weights; with ``flips`` the mean over the image
    and its mirror image is taken. Memory is that of a batch of windows and of the map.
    """
    tensor = grid.pixels(image)
    found = torch.sigmoid(logits_of(network, tensor, windows, device))
    if windows.flips:
        mirrored = logits_of(network, tensor.flip(2), windows, device).flip(2)
        found = (found + torch.sigmoid(mirrored)) / 2
    return grid.back(found, image.pixels.shape)


def logits_of(network: nn.Module, tensor: Tensor, windows: Windows, device: torch.device) -> Tensor:
    """Return the logit of each pixel of an image on the grid, ``(1, rows, columns)``.

    An image that one window covers goes through whole.
    """
    rows, columns = tensor.shape[1:]
    whole = padded(tensor, windows.side)
    top, left = (whole.shape[1] - rows) // 2, (whole.shape[2] - columns) // 2
    with torch.no_grad():
        if tuple(whole.shape[1:]) == (windows.side, windows.side):
            logits = network(whole[None].to(device)).cpu()
        else:
            logits = _blended(network, whole, windows, device)
    found: Tensor = logits[0, :1, top : top + rows, left : left + columns].float()
    return found


def tiled(tensor: Tensor, side: int) -> Tensor:
    """Return an image as windows side by side ``(windows, channels, side, side)``.

    What an edge lacks to a window is repeated from it.
    """
    steps = [-(-length // side) * side for length in tensor.shape[1:]]
    missing = [step - length for step, length in zip(steps, tensor.shape[1:], strict=True)]
    wide = nn.functional.pad(tensor[None], (0, missing[1], 0, missing[0]), mode="replicate")[0]
    parts = wide.unfold(1, side, side).unfold(2, side, side)
    return parts.permute(1, 2, 0, 3, 4).reshape(-1, tensor.shape[0], side, side)


def _blended(network: nn.Module, whole: Tensor, windows: Windows, device: torch.device) -> Tensor:
    from monai.inferers import sliding_window_inference

    logits = sliding_window_inference(
        whole[None],
        roi_size=(windows.side, windows.side),
        sw_batch_size=windows.batch,
        predictor=network,
        overlap=windows.overlap,
        mode="gaussian",
        sw_device=device,
        device=torch.device("cpu"),
    )
    assert isinstance(logits, Tensor)  # noqa: S101  # one output, not a tuple or mapping
    return logits


@dataclass(frozen=True, kw_only=True)
class KeptMaps:
    """Maps in a folder of their own, removed with it; probabilities in steps of 1/65535.

    A pixel that reaches the threshold still does so when it is read back, and no other.
    """

    threshold: float
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="samd-validate-")))

    def __post_init__(self) -> None:
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    def keep(self, row: int, probability: FloatArray) -> None:
        """Write the map of an image."""
        steps = np.rint(np.clip(probability, 0, 1) * LEVELS)
        least = np.searchsorted(np.arange(LEVELS + 1) / LEVELS, self.threshold)
        is_marked = probability >= self.threshold
        kept = np.where(is_marked, np.maximum(steps, least), np.minimum(steps, least - 1))
        np.savez_compressed(self._file(row), steps=kept.astype(np.uint16))

    def probability(self, row: int) -> FloatArray:
        """Read the map of an image."""
        with np.load(self._file(row)) as kept:
            return np.asarray(kept["steps"] / LEVELS)

    def _file(self, row: int) -> Path:
        return self.folder / f"{row}.npz"
