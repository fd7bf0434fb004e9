"""Times the first and second read of a large chartevents table beside what people use today.

``python benchmarks/ehr_read.py --write docs/benchmarks_ehr.md`` writes the page; ``--rows`` and
``--rounds`` make it smaller. The folder is generated in a temporary place and removed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ITEMS = (220045, 220210, 220277, 220179, 220180, 220181, 220050, 220051, 220052, 223761)
VARIABLES = (
    "heart_rate", "resp_rate", "spo2", "sbp_cuff", "dbp_cuff", "map_cuff", "sbp_invasive",
    "dbp_invasive", "map_invasive", "temperature",
)  # fmt: skip
ROWS_PER_STAY = 4000
WINDOW_HOURS = 96
EVENTS = "icu/chartevents"


def generate(place: Path, rows: int) -> None:
    """Write a MIMIC-IV-shaped folder with a chartevents table of so many rows."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
    from mimic_folder import mimic_people, write_chartevents, write_tables

    people = mimic_people(stays=-(-rows // ROWS_PER_STAY), hours=WINDOW_HOURS)
    write_tables(place, people)
    write_chartevents(place / f"{EVENTS}.csv.gz", rows, ROWS_PER_STAY)


def as_parquet(place: Path, target: Path) -> None:
    """Write the same folder with Parquet tables."""
    import polars as pl

    for path in sorted(place.glob("*/*.csv.gz")):
        name = path.name.removesuffix(".csv.gz")
        (target / path.parent.name).mkdir(parents=True, exist_ok=True)
        frame = pl.scan_csv(path, try_parse_dates=True)
        frame.sink_parquet(target / path.parent.name / f"{name}.parquet")


def gzip_alone(place: Path, _: Path) -> int:
    """Decompress and throw away: the limit of who reads with gzip."""
    path = str(place / f"{EVENTS}.csv.gz")
    subprocess.run(["gzip", "-dc", path], stdout=subprocess.DEVNULL, check=True)
    return 0


def polars_alone(place: Path, _: Path) -> int:
    """Decompress and count rows: the limit of who reads with Polars, as this reader does."""
    import polars as pl

    rows = pl.scan_csv(place / f"{EVENTS}.csv.gz", infer_schema=False).select(pl.len())
    return int(rows.collect(engine="streaming").item())


def usual_pandas(place: Path, _: Path) -> int:
    """Every column in chunks of a million rows, times parsed by the reader, then filtered."""
    import pandas as pd

    path = place / f"{EVENTS}.csv.gz"
    times = ["charttime", "storetime"]
    return _in_chunks(place, pd.read_csv(path, parse_dates=times, chunksize=1_000_000))


def careful_pandas(place: Path, _: Path) -> int:
    """Four columns in chunks of a million rows, filtered before times are parsed."""
    import pandas as pd

    columns = ["stay_id", "itemid", "charttime", "valuenum"]
    path = place / f"{EVENTS}.csv.gz"
    return _in_chunks(place, pd.read_csv(path, usecols=columns, chunksize=1_000_000))


def _in_chunks(place: Path, chunks: Iterable[Any]) -> int:
    import pandas as pd

    stays = pd.read_csv(place / "icu/icustays.csv.gz", parse_dates=["intime"])
    intime = stays.set_index("stay_id")["intime"]
    parts = []
    for chunk in chunks:
        kept = chunk[chunk["itemid"].isin(ITEMS)]
        since = pd.to_datetime(kept["charttime"]) - kept["stay_id"].map(intime)
        kept = kept.assign(hour=since.dt.total_seconds() // 3600)
        parts.append(kept.groupby(["stay_id", "itemid", "hour"])["valuenum"].agg(["sum", "count"]))
    whole = pd.concat(parts).groupby(level=[0, 1, 2]).sum()
    return int((whole["sum"] / whole["count"]).size)


def this_reader(place: Path, cache: Path) -> int:
    """Read the cohort with hourly means: digests, flow and harmonisation included."""
    from samd_validate.core.kinds import ReadRequest
    from samd_validate.readers.mimic_iv import MimicIvParams, mimic_iv

    request = ReadRequest(dataset="mimic", place=str(place), seed=0, window_hours=WINDOW_HOURS)
    params = MimicIvParams(variables=VARIABLES, cache=str(cache))
    series = mimic_iv.run(request, params).series
    return 0 if series is None else int(series.value.size)


WAYS: dict[str, Callable[[Path, Path], int]] = {
    "gzip": gzip_alone,
    "polars": polars_alone,
    "usual pandas": usual_pandas,
    "careful pandas": careful_pandas,
    "reader": this_reader,
}


def child(way: str, place: Path, cache: Path) -> None:
    """Do one thing in a process of its own; print seconds, result and peak memory."""
    start, busy = time.perf_counter(), sum(os.times()[:4])
    result = WAYS[way](place, cache)
    seconds, processor = time.perf_counter() - start, sum(os.times()[:4]) - busy
    status = Path("/proc/self/status").read_text("ascii")
    peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    measured = {"seconds": seconds, "processor": processor, "result": result}
    json.dump({**measured, "gigabytes": int(peak) / 1e6}, sys.stdout)


def timed(way: str, place: Path, cache: Path) -> dict[str, float]:
    """Run a way in a fresh process."""
    command = [sys.executable, __file__, "--child", way, str(place), str(cache)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def measure(rows: int, rounds: int, folder: Path) -> dict[str, list[dict[str, float]]]:
    """Return every measurement of every way on a folder of so many rows, round by round."""
    place, parquet = folder / "csv", folder / "parquet"
    command = [sys.executable, __file__, "--generate", str(place), str(parquet), str(rows)]
    subprocess.run(command, check=True)
    measured: dict[str, list[dict[str, float]]] = {}
    for number in range(rounds):
        cache = folder / f"cache-{number}"
        steps = (
            ("gzip -dc alone", "gzip", place),
            ("Polars, rows counted and no more", "polars", place),
            ("this reader, first read of csv.gz", "reader", place),
            ("this reader, second read", "reader", place),
            ("this reader, Parquet as the source", "reader", parquet),
            ("pandas in chunks, needed columns only", "careful pandas", place),
            ("pandas in chunks, as usually written", "usual pandas", place),
        )
        for name, way, source in steps:
            measured.setdefault(name, []).append(timed(way, source, cache))
    return measured


def page(sizes: dict[int, dict[str, list[dict[str, float]]]]) -> str:
    """Return the page: times at the largest size, memory at all."""
    rows, largest = max(sizes), sizes[max(sizes)]
    rounds = len(largest["gzip -dc alone"])
    seconds = {name: statistics.median(m["seconds"] for m in ms) for name, ms in largest.items()}
    lines = [
        "# Reading health records",
        "",
        "Written by `python benchmarks/ehr_read.py --write docs/benchmarks_ehr.md`: a generated",
        f"MIMIC-IV-shaped `chartevents.csv.gz` of {rows:,} rows and 100 items, of which 10 (30 %",
        "of the rows) are averaged by the hour of the stay. Each way runs in a fresh process;",
        "the start of Python is left out, the import of libraries is not. Median (smallest to",
        f"largest) of {rounds} rounds, the ways taken in turn.",
        "This reader's times include the digests of all files and everything a cohort holds.",
        "",
        f"Machine: {_machine()}.",
        "",
        "| way | seconds | of processor time | million rows a second | result: stay-item-hours |",
        "|---|---|---|---|---|",
    ]
    lines += [_time_row(name, ms, rows) for name, ms in largest.items()]
    lines += ["", "| peak memory, GB | " + " | ".join(f"{n:,} rows" for n in sorted(sizes)) + " |"]
    lines.append("|---|" + "---|" * len(sizes))
    lines += [_memory_row(name, sizes) for name in largest if "this reader" in name]
    usual = seconds["pandas in chunks, as usually written"]
    polars = seconds["Polars, rows counted and no more"]
    lines += [
        "",
        "Fewer intervals in this reader's result are those of values stored after the end of the",
        "window or outside plausible limits, which it counts and pandas here keeps.",
        "",
        f"Eight times as fast as pandas as usually written would be {usual / 8:.2f} s here;",
        f"to decompress the file and count its rows takes Polars {polars:.2f} s.",
        "",
        "| goal | found | met |",
        "|---|---|---|",
        *_goals(seconds, rows, _most(largest)),
        "",
    ]
    return "\n".join(lines)


def _most(largest: dict[str, list[dict[str, float]]]) -> float:
    ours = [ms for name, ms in largest.items() if name.startswith("this reader")]
    return max(m["gigabytes"] for ms in ours for m in ms)


def _goals(seconds: dict[str, float], rows: int, most: float) -> list[str]:
    gzip, first = seconds["gzip -dc alone"], seconds["this reader, first read of csv.gz"]
    usual = seconds["pandas in chunks, as usually written"] / first
    parquet = rows / seconds["this reader, Parquet as the source"] / 1e6
    goals = (
        ("first read no slower than `gzip -dc`", f"{first / gzip:.2f} of its time", first <= gzip),
        ("at least 8 times as fast as pandas in chunks", f"{usual:.1f} times", usual >= 8),
        ("from Parquet at least 10 million rows a second", f"{parquet:.1f} million", parquet >= 10),
        ("memory of this reader under 4 GB", f"{most:.2f} GB", most < 4),
    )
    return [f"| {goal} | {found} | {'yes' if is_met else 'no'} |" for goal, found, is_met in goals]


def _time_row(name: str, measured: list[dict[str, float]], rows: int) -> str:
    seconds = sorted(m["seconds"] for m in measured)
    middle = statistics.median(seconds)
    result = int(measured[0]["result"])
    spread = f"{middle:.2f} ({seconds[0]:.2f} to {seconds[-1]:.2f})"
    processor = statistics.median(m["processor"] for m in measured)
    speed = rows / middle / 1e6
    shown = "-" if result in (0, rows) else str(result)
    return f"| {name} | {spread} | {processor:.2f} | {speed:.1f} | {shown} |"


def _memory_row(name: str, sizes: dict[int, dict[str, list[dict[str, float]]]]) -> str:
    peaks = [max(m["gigabytes"] for m in sizes[n][name]) for n in sorted(sizes)]
    return f"| {name} | " + " | ".join(f"{peak:.2f}" for peak in peaks) + " |"


def _machine() -> str:
    import polars as pl

    cores = len(os.sched_getaffinity(0))
    versions = f"Python {platform.python_version()}, Polars {pl.__version__}"
    busy = f"{os.getloadavg()[0]:.1f} runnable processes in the last minute"
    return f"{cores} cores, {platform.machine()}, {versions}; {busy}"


def main() -> None:
    """Run, and write the page or print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the page there")
    parser.add_argument("--rows", type=int, nargs="+", default=[2_000_000, 20_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--generate", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        way, place, cache = arguments.child
        return child(way, Path(place), Path(cache))
    if arguments.generate:
        place, parquet, rows = arguments.generate
        generate(Path(place), int(rows))
        return as_parquet(Path(place), Path(parquet))
    sizes = {}
    for rows in arguments.rows:
        with tempfile.TemporaryDirectory() as folder:
            sizes[rows] = measure(rows, arguments.rounds, Path(folder))
    text = page(sizes)
    if arguments.write is None:
        sys.stdout.write(text)
    else:
        arguments.write.write_text(text, encoding="utf-8")
    return None


if __name__ == "__main__":
    main()
