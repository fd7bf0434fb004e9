"""The benchmark of image inference gives numbers that can be true."""

from __future__ import annotations

from image_inference import measured


def test_memory_and_time_of_a_small_image() -> None:
    found = measured(256)
    assert found["image_mib"] == 0.25
    assert 0 < found["before_mib"] <= found["peak_mib"]
    assert found["cpu_seconds"] > 0
