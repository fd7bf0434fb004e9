"""What all tests share: where the real data and the reference values lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="module", autouse=True)
def _no_test_writes_the_ledger_of_its_user(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give each file of tests a ledger of its own: none counts the looks of another."""
    os.environ["SAMD_VALIDATE_LEDGER"] = str(tmp_path_factory.mktemp("ledger"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real data and oracles that lies beside the project."""
    default = Path(__file__).parents[2] / "shared"
    place = Path(os.environ.get("SAMD_VALIDATE_SHARED", default))
    if not place.is_dir():
        reason = f"no folder of real data at {place}: set SAMD_VALIDATE_SHARED"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return place
