"""Fuzz every parser of outside files for a while, guided by coverage, and count.

``python tests/fuzz/campaign.py SECONDS [TARGET ...]`` runs atheris on each target in a process of
its own (4 GB of memory at most, 25 s for one input at most), starting from the target's whole
files, and prints a table: inputs, seconds, crashes, the slowest input, and the peak of memory. What
crashed a target is kept in ``.fuzz/TARGET``. It ends with 1 if anything did.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
PLACE = Path(".fuzz")
MOST_MB, MOST_SECONDS, MOST_BYTES = 4096, 25, 65536
HEAD = "| target of fuzzing | inputs | seconds | crashes | slowest input (s) | peak memory (MB) |"
DONE = re.compile(r"#(\d+)\s+(?:DONE|pulse|NEW|REDUCE|INITED|RELOAD)")


def row_of(name: str, seconds: int) -> tuple[str, int]:
    """Run one campaign, and return its row of the table and the number of its crashes."""
    place = PLACE / name
    corpus = place / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for old in place.glob("*-*"):
        old.unlink()
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, __file__, "--one", name, str(seconds), str(place)],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    lasted = time.monotonic() - start
    (place / "log").write_text(done.stdout + done.stderr)
    crashes = len(list(place.glob("*-*"))) or int(done.returncode != 0)
    stats = dict(re.findall(r"stat::(\w+):\s+(\d+)", done.stderr))
    counted = DONE.findall(done.stderr)
    inputs = int(stats.get("number_of_executed_units", counted[-1] if counted else 0))
    slowest, peak = stats.get("slowest_unit_time_sec", "?"), stats.get("peak_rss_mb", "?")
    return f"| {name} | {inputs:,} | {lasted:.0f} | {crashes} | {slowest} | {peak} |", crashes


def one(name: str, seconds: str, place: str) -> None:
    """Fuzz one target in this process, which libFuzzer ends."""
    import atheris

    sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
    with atheris.instrument_imports(include=["samd_validate", "yaml", "pydicom", "pyhanko"]):
        from targets import target

        fuzzed = target(name)
        seeds = fuzzed.seeds()
        for seed in seeds:
            fuzzed.read(seed)
    for number, seed in enumerate(seeds):
        (Path(place) / "corpus" / f"seed{number}").write_bytes(seed)
    limits = [f"-rss_limit_mb={MOST_MB}", f"-timeout={MOST_SECONDS}", f"-max_len={MOST_BYTES}"]
    counts = [f"-max_total_time={seconds}", "-print_final_stats=1", f"-artifact_prefix={place}/"]
    atheris.Setup([name, str(Path(place) / "corpus"), *limits, *counts, "-seed=1"], fuzzed.read)
    atheris.Fuzz()


def main(arguments: list[str]) -> int:
    if arguments[0] == "--one":
        one(*arguments[1:])
    sys.path.insert(0, str(HERE))
    from targets import names

    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    lines, crashes = [HEAD, "|---|---|---|---|---|---|"], 0
    for name in arguments[1:] or names():
        line, found = row_of(name, int(arguments[0]))
        sys.stderr.write(line + "\n")
        lines.append(line)
        crashes += found
    sys.stdout.write("\n".join(lines) + "\n")
    return int(crashes > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
