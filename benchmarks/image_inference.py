"""Peak memory and processor time of a U-Net's inference, by the side of the image.

    python benchmarks/image_inference.py 1024 4096

Each side is measured in a process of its own. The weights are the first ones: memory and time do
not depend on them. The image is in floating point, in windows of 256 pixels, four at once.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time

import numpy as np

WINDOW = 256
MIB = 1024


def peak_mib() -> float:
    """Return the largest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB


def measured(side: int) -> dict[str, float]:
    """Return memory before and after, and seconds of processor time, for one square image."""
    from samd_validate.core.images import Image
    from samd_validate.models.imaging.segmentation_fit import new_unet
    from samd_validate.models.unet import UnetModel, UnetParams

    params = UnetParams(size=None, patch=WINDOW, channels=(16, 32, 64, 128, 256), overlap=0.25)
    model = UnetModel(name="m", params=params, network=new_unet(1, params, 1).eval(), card={})
    model.probability(Image(pixels=np.zeros((WINDOW, WINDOW), np.float32)))
    pixels = np.random.default_rng(1).random((side, side), dtype=np.float32)
    before, start = peak_mib(), time.process_time()
    model.probability(Image(pixels=pixels))
    return {
        "side": side,
        "image_mib": pixels.nbytes / MIB**2,
        "before_mib": before,
        "peak_mib": peak_mib(),
        "cpu_seconds": time.process_time() - start,
    }


def main() -> None:
    """Print a table of all sides given."""
    print("| side | image MiB | memory before MiB | peak MiB | processor seconds |")
    print("|---|---|---|---|---|")
    for side in sys.argv[1:]:
        command = [sys.executable, __file__, "--one", side]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        one = json.loads(out)
        cells = (one["image_mib"], one["before_mib"], one["peak_mib"], one["cpu_seconds"])
        print(f"| {one['side']} | " + " | ".join(f"{cell:.0f}" for cell in cells) + " |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measured(int(sys.argv[2]))))
    else:
        main()
