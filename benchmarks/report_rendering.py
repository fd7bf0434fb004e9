"""How long a report takes to set, how much memory, how many pages and figures; and its bytes."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ONE = """
import hashlib, json, resource, sys, time
from pathlib import Path
from samd_validate.protocol.folders import shipped
from samd_validate.publish import REPORT_EPOCH, report_tree
from samd_validate.report.html import render_html
from samd_validate.report.pdf import typeset

start = time.perf_counter()
tree = report_tree(Path(sys.argv[1]))
page = render_html(tree, shipped("templates"))
drawn = time.perf_counter()
done = typeset(page, REPORT_EPOCH)
end = time.perf_counter()
print(json.dumps({
    "tree_and_figures": drawn - start,
    "typesetting": end - drawn,
    "seconds": end - start,
    "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "pages": done.n_pages,
    "figures": len(tree.listed(("picture", "flow"))),
    "mib": len(done.content) / 2**20,
    "sha256": hashlib.sha256(done.content).hexdigest(),
}))
"""
HEAD = """# Benchmark of the report

Made by `python benchmarks/report_rendering.py EVIDENCE --write docs/benchmarks_report.md` on a
sealed run of `protocols/icu_mortality.yaml`. Each repetition is a process of its own: it reads the
evidence, draws every figure and sets every page of the PDF; imports are not counted, memory is the
peak of the whole process. The target for 60 pages with 40 figures is less than 20 s on two
processors and less than 500 MB.

"""


def measured(evidence: Path) -> dict[str, float | str]:
    """Return what one process took to make the PDF of a run."""
    command = [sys.executable, "-c", ONE, str(evidence)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(told.stdout))


def report(evidence: Path, repeats: int) -> str:
    """Return the table of medians."""
    runs = [measured(evidence) for _ in range(repeats)]
    rows = [
        ("processors", str(len(os.sched_getaffinity(0)))),
        ("repetitions", str(repeats)),
        *((name, f"{_median(runs, key):.1f} {unit}") for name, key, unit in MEDIANS),
        ("pages", f"{runs[0]['pages']}"),
        ("figures", f"{runs[0]['figures']}"),
        ("different files among the repetitions", str(len({run["sha256"] for run in runs}))),
    ]
    lines = ["| quantity | value |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows)]
    spread = ", ".join(f"{float(run['seconds']):.1f}" for run in runs)
    within = (
        "met" if _median(runs, "seconds") < 20 and _median(runs, "peak_mib") < 477 else "missed"
    )
    verdict = f"Seconds of each repetition: {spread}. The target is {within} here."
    return f"{HEAD}{chr(10).join(lines)}\n\n{verdict}\n"


MOST_SECONDS, MOST_MIB = 20, 500e6 / 2**20
MEDIANS = (
    ("whole, median", "seconds", "s"),
    ("tree and figures, median", "tree_and_figures", "s"),
    ("typesetting, median", "typesetting", "s"),
    ("peak memory, median", "peak_mib", "MiB"),
    ("size of the PDF", "mib", "MiB"),
)


def _median(runs: list[dict[str, float | str]], key: str) -> float:
    return statistics.median(float(run[key]) for run in runs)


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("evidence", type=Path, help="the evidence folder of a run")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    text = report(asked.evidence, asked.repeats)
    print(text)
    if asked.write:
        asked.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
