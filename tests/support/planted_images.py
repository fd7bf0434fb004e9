"""Whole protocols on simulated images with a planted effect, and on the twin without it.

`python tests/support/planted_images.py [--seeds N] [--only NAME]` prints the table of
docs/methods/planted_images.md; with `--append FILE` it keeps each run as it ends. Each run is a
shipped protocol, with another seed and with the checks of its planted effect alone, from data to
verdict; training is cut to a few epochs where the page says so.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from samd_validate.core.estimate import Estimate
from samd_validate.pipeline import run
from samd_validate.protocol.folders import shipped

FIRST_SEED = 101


@dataclass(frozen=True)
class Effect:
    """A planted effect: where it is, what is asked, and how training is cut short."""

    name: str
    protocol: str
    criterion: str
    epochs: int | None = None


EFFECTS = (
    Effect("scanner drop", "chest_xray_segmentation", "dice-kept-elsewhere", 20),
    Effect("stain shift", "histopathology_nuclei", "dice-kept-elsewhere"),
    Effect("shortcut marker", "chest_xray_classification", "corner"),
)


@dataclass(frozen=True)
class Seen:
    """What a run said of an effect: its verdict, and the finding with its interval."""

    effect: str
    is_planted: bool
    seed: int
    verdict: str
    low: float
    value: float
    high: float

    def row(self) -> str:
        """Return a row of the table of runs."""
        arm = "planted" if self.is_planted else "twin"
        numbers = f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"
        return f"| {self.effect} | {arm} | {self.seed} | {numbers} | {self.verdict} |"


def cut(effect: Effect, seed: int, *, is_planted: bool) -> dict[str, Any]:
    """Return the protocol of an effect with its one criterion, from another seed."""
    source = shipped("protocols") / f"{effect.protocol}.yaml"
    protocol: dict[str, Any] = yaml.safe_load(source.read_text(encoding="utf-8"))
    by_id = {one["id"]: one for one in protocol["criteria"]}
    criterion = by_id[effect.criterion]
    for dataset in protocol["datasets"]:
        dataset["params"]["planted"] = is_planted
    step = criterion["finding"]["check"]
    return protocol | {
        "criteria": [criterion],
        "checks": [one for one in protocol["checks"] if one["use"] == step],
        "seed": seed,
    }


def recipe(effect: Effect, name: str) -> dict[str, Any]:
    """Return the recipe of a device, with its training cut short if the effect says so."""
    text = (shipped("models") / f"{name}.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    if effect.epochs is not None:
        found["params"]["max_epochs"] = effect.epochs
    return found


def seen(effect: Effect, seed: int, *, is_planted: bool) -> Seen:
    """Carry out the protocol of an effect, and return what it said."""
    protocol = cut(effect, seed, is_planted=is_planted)
    name = protocol["model"]["recipe"]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "models").mkdir()
        (folder / "models" / f"{name}.yaml").write_text(yaml.safe_dump(recipe(effect, name)))
        path = folder / "protocol.yaml"
        path.write_text(yaml.safe_dump(protocol, sort_keys=False), encoding="utf-8")
        before = Path.cwd()
        os.chdir(folder)
        try:
            bundle = run(path, {}, folder / "out").bundle
        finally:
            os.chdir(before)
    verdict = bundle.verdicts[0]
    key = bundle.criteria[0].finding
    measured = next(one.measurement for one in bundle.findings if one.key == key)
    if not isinstance(measured, Estimate):
        raise TypeError(f"{effect.name}: {measured.reason}")
    return Seen(
        effect=effect.name,
        is_planted=is_planted,
        seed=seed,
        verdict=verdict.outcome.value,
        low=measured.low,
        value=measured.value,
        high=measured.high,
    )


HEAD = [
    "| effect | arm | seed | finding of the criterion | verdict |",
    "|---|---|---|---|---|",
]


def main(arguments: Sequence[str]) -> None:
    """Print the table of all runs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--only", choices=[one.name for one in EFFECTS])
    parser.add_argument("--append", type=Path)
    chosen = parser.parse_args(arguments)
    rows = []
    for effect in EFFECTS:
        if chosen.only in (None, effect.name):
            for seed in range(FIRST_SEED, FIRST_SEED + chosen.seeds):
                for is_planted in (True, False):
                    rows.append(seen(effect, seed, is_planted=is_planted).row())
                    if chosen.append is not None:
                        with chosen.append.open("a", encoding="utf-8") as kept:
                            kept.write(rows[-1] + "\n")
    sys.stdout.write("\n".join([*HEAD, *rows]) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
