"""What is asked of any folder of phantoms, and in what its site differs from home."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class PhantomSimulation:
    """Where, how large, how often with the finding; ``is_planted`` False: the sites are alike."""

    site: Literal["north", "south"]
    size: int
    prevalence: float
    seed: int
    is_planted: bool = True

    def parameters(self) -> dict[str, object]:
        """Return what was asked for, as it stands beside the truth."""
        asked = {name: value for name, value in asdict(self).items() if name != "is_planted"}
        return {**asked, "seed": str(self.seed), "planted": self.is_planted}


def differences(site: Mapping[str, object], home: Mapping[str, object]) -> dict[str, object]:
    """Return in what a site differs from home, by name of the property, without its own name.

    >>> differences({"name": "south", "blur": 2, "noise": 1}, {"name": "n", "blur": 1, "noise": 1})
    {'blur': 2}
    """
    return {name: value for name, value in site.items() if name != "name" and value != home[name]}
