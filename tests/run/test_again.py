"""Runs that trained a model, made again: from the stored scores, and all of it from the data."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from samd_validate.core.model import no_progress
from samd_validate.pipeline import sealed_run
from samd_validate.protocol.folders import shipped
from samd_validate.recompute import recompute_items, rerun_items

KEPT = ("cohort_table", "discrimination", "calibration", "operating_point", "model_leakage")
TINY = {
    "tiny_lstm": ("lstm", {"hidden": 6, "members": 2, "max_epochs": 2}),
    "tiny_logistic": ("logistic", {}),
    "tiny_cnn": ("small_cnn", {"size": 32, "channels": [4, 8], "batch": 32, "max_epochs": 2}),
}
STAYS = {"stays": 1000}
IMAGES = {"images": 120, "size": 64}


def recipe(place: Path, name: str) -> None:
    family, params = TINY[name]
    card = yaml.safe_load((shipped("models") / "lstm_icu.yaml").read_text())["card"]
    content = {"schema_version": 1, "name": name, "title": name, "family": family}
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{name}.yaml").write_text(yaml.safe_dump({**content, "params": params, "card": card}))


def protocol(place: Path, shipped_as: str, name: str, size: dict[str, int]) -> Path:
    """Write a shipped protocol with a small model, little data, and the checks on scores alone."""
    content = yaml.safe_load((shipped("protocols") / f"{shipped_as}.yaml").read_text())
    recipe(place / "models", name)
    content["model"] = {"use": "recipe", "recipe": name}
    for dataset in content["datasets"]:
        dataset["params"] |= size
        dataset["expect"] = {"min_units": 10, "min_events": 5}
    content["checks"] = [one for one in content["checks"] if one["use"] in KEPT]
    held = ("discrimination", "calibration", "operating_point")
    content["criteria"] = [one for one in content["criteria"] if one["finding"]["check"] in held]
    content["intervals"] = {"level": 0.95, "resamples": 200}
    path = place / "protocol.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


@pytest.mark.requirement("SW-EVIDENCE-AGAIN")
@pytest.mark.parametrize(
    ("shipped_as", "name", "size"),
    [
        ("icu_mortality", "tiny_logistic", STAYS),
        ("icu_mortality", "tiny_lstm", STAYS),
        ("chest_xray_classification", "tiny_cnn", IMAGES),
    ],
)
def test_trained_run_comes_out_again(
    shipped_as: str,
    name: str,
    size: dict[str, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    path = protocol(tmp_path, shipped_as, name, size)
    with sealed_run(path, {}, tmp_path / "runs") as evidence:
        again = {item.name: (item.status, item.words) for item in recompute_items(evidence)}
        anew = rerun_items(evidence, {}, None, no_progress)
    for step in ("discrimination", "calibration", "operating_point"):
        status, words = again[f"step {step} recomputed"]
        assert status == "ok", words
    needs = {step for step, (status, _) in again.items() if status == "not possible"}
    assert "step cohort_table recomputed" in needs
    assert {status for status, _ in again.values()} <= {"ok", "not possible"}
    assert {item.name: item.status for item in anew if item.status != "ok"} == {}
    (models,) = (item for item in anew if item.name == "models of the rerun are the same")
    assert models.words != "0 files"
