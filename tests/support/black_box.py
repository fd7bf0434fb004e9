"""The smallest whole run: the starter protocol and a file of predictions that fits it."""

from __future__ import annotations

from pathlib import Path

from samd_validate.protocol.folders import shipped


def small_black_box(path: Path) -> None:
    """Write the starter protocol and a predictions file that fits it."""
    path.write_text((shipped("protocols") / "starter.yaml").read_text())
    lines = ["unit_id,patient_id,site,label,score,sex,age_band"]
    for number in range(400):
        label = int(number % 5 == 0)
        score = (number * 37 % 100) / 200 + 0.4 * label
        sex = ("female", "male")[number % 2]
        lines.append(f"u{number},p{number // 2},s,{label},{score:.3f},{sex},<b>65+</b>")
    (path.parent / "p.csv").write_text("\n".join(lines) + "\n")
