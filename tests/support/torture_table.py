"""Count what `make torture` printed: `python tests/support/torture_table.py NAME=FILE ...`.

A file holds what killing.py prints, a list of runs, or what tampering.py prints, counts of changes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HEAD = "| torture | tried | not as it should be | what more was seen |"


def row(name: str, told: Any) -> str:
    if isinstance(told, list):
        return _of_kills(name, told)
    pairs = (("changes", "missed"), ("changes_of_pdf_alone", "missed_alone"))
    pairs += (("changes_by_command", "missed_by_command"),)
    counts = [
        f"| {name}: {key.replace('_', ' ')} | {told[key]:,} | {len(told[bad])} | {told['files']} files |"
        for key, bad in pairs
    ]
    return "\n".join(counts)


def _of_kills(name: str, runs: list[dict[str, Any]]) -> str:
    kills = sum(len(one["killed_after_seconds"]) for one in runs)
    wrong = sum(bool(one["differ"] or one["left"]) for one in runs)
    resumed = sum(one["taken_up"] for one in runs)
    steps = sum(one["steps_taken"] > 0 for one in runs)
    more = f"{len(runs)} runs; {resumed} taken up half written, {steps} with steps done before"
    return f"| {name}: kills | {kills} | {wrong} | {more} |"


if __name__ == "__main__":
    given = [one.partition("=") for one in sys.argv[1:]]
    rows = [row(name, json.loads(Path(file).read_text())) for name, _, file in given]
    sys.stdout.write("\n".join([HEAD, "|---|---|---|---|", *rows]) + "\n")
