"""Simulate the coverage of intervals: `python tests/support/simulate.py DOCS [REPEATS [MEASURE ...]]`.

Writes the page `methods/coverage.md` and the picture `images/coverage.svg` into the folder DOCS. With
measures named, only theirs are simulated (on the same data sets as ever) and put into the page that is there.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import matplotlib as mpl
import numpy as np
from held import BY_ROW, BY_ROW_SHOWN, RESAMPLES, Cell, Tallies, tallied
from matplotlib.figure import Figure

from samd_validate.stats.calibration.calibration_error import ERRORS
from samd_validate.stats.engine import MEASURES
from samd_validate.stats.intervals.choose import METHODS

MANY = 2000
SIZES = (100, 200, 500, 2000)
PREVALENCES = (0.05, 0.15, 0.40)
SETTINGS = (("binormal", 0.0), ("beta", 0.0), ("binormal", 0.3), ("beta", 0.3))
LOW, HIGH = 0.935, 0.965
LEFT_OUT = ("partial_auroc_mcclish", "interventions_avoided", *ERRORS)
"""Measures that say the same as another, and calibration errors, which have a page of their own."""

SHOWN = tuple(name for name in MEASURES if name not in LEFT_OUT)
WAYS = (*(way for way in METHODS if way != "bootstrap"), "percentile" + BY_ROW)
Found = dict[Cell, Tallies]


def cells() -> list[Cell]:
    """Return the settings, the longest first."""
    return [
        Cell(n, prevalence, kind, icc)
        for n in reversed(SIZES)
        for prevalence in PREVALENCES
        for kind, icc in SETTINGS
    ]


def _run(task: tuple[Cell, int, tuple[str, ...]]) -> tuple[Cell, Tallies]:
    cell, repeats, names = task
    ways = [way for way in WAYS if cell.icc or not way.endswith(BY_ROW)]
    if cell.n >= MANY:
        ways.remove("studentised")  # it takes as long as all others, and they agree there
    with np.errstate(all="ignore"):
        return cell, tallied(cell, names, ways, repeats if cell.n < MANY else fewer(repeats))


def fewer(repeats: int) -> int:
    """Return how many data sets of the largest size are drawn: they take the longest."""
    return max(2, repeats * 2 // 5)


def page(found: Found, repeats: int) -> str:
    """Return the page of measured coverage."""
    errors = [100 * np.sqrt(0.05 * 0.95 / sets) for sets in (repeats, fewer(repeats))]
    lines = [
        "# Coverage of intervals, as simulated",
        "",
        f"Made by `make simulate`: {repeats} data sets a cell ({fewer(repeats)} with 2,000 rows), {RESAMPLES} resamples, nominal level 95 %; the",
        f"standard error of a cell is {errors[0]:.1f} ({errors[1]:.1f}) points. Scores are true risks: log-odds of a binormal score (shift 1.2), or drawn",
        "from a beta distribution of concentration 4; the threshold is the prevalence. With ICC 0.3 patients have one to",
        "four rows whose scores and outcomes resemble each other. A cell in **bold** lies outside 93.5 to 96.5 % by more",
        "than two standard errors; in brackets the share of data sets with an interval, where it is below 99.5 %.",
        "",
        "![Coverage of each method against the expected number of events](../images/coverage.svg)",
        "",
        "## The interval that is chosen by default",
        "",
    ]
    for measure in SHOWN:
        lines += _default_table(found, measure)
    lines += ["## Every interval that is offered", "", *_methods_table(found)]
    lines += ["", "## Rows taken for patients", "", *_rows_table(found)]
    return "\n".join(lines) + "\n"


def _default_table(found: Found, measure: str) -> list[str]:
    heads = [f"{kind}, ICC {icc:g}" for kind, icc in SETTINGS]
    lines = [
        f"**{MEASURES[measure].title}** (`{measure}`)",
        "",
        "| n | prevalence | events | " + " | ".join(heads) + " |",
        "|---|---|---|" + "---|" * len(heads),
    ]
    for n in SIZES:
        for prevalence in PREVALENCES:
            words = [
                _words(found[Cell(n, prevalence, kind, icc)], measure) for kind, icc in SETTINGS
            ]
            head = f"| {n} | {100 * prevalence:.0f} % | {n * prevalence:.0f} | "
            lines.append(head + " | ".join(words) + " |")
    return [*lines, ""]


def _words(tallies: Tallies, measure: str) -> str:
    tally = tallies[(measure, "auto")]
    error = np.sqrt(0.05 * 0.95 / max(tally.known, 1))
    words = f"{100 * tally.share:.1f}"
    if not LOW - 2 * error <= tally.share <= HIGH + 2 * error:
        words = f"**{words}**"
    known = tally.known / tally.asked
    return words if known >= 0.995 else f"{words} ({100 * known:.0f} %)"


def _methods_table(found: Found, names: tuple[str, ...] = SHOWN) -> list[str]:
    lines = [
        "Lowest, median and highest coverage over the cells with at least 20 expected events, and with fewer.",
        "",
        "| measure | method | 20 events or more | fewer |",
        "|---|---|---|---|",
    ]
    for measure in names:
        for way in WAYS:
            groups = [_range(found, measure, way, is_many=many) for many in (True, False)]
            if any(groups) and not way.endswith(BY_ROW):
                lines.append(f"| {measure} | {way} | {groups[0]} | {groups[1]} |")
    return lines


def _range(found: Found, measure: str, way: str, *, is_many: bool) -> str:
    shares = [
        100 * tallies[(measure, way)].share
        for cell, tallies in found.items()
        if (measure, way) in tallies
        and tallies[(measure, way)].known > 50
        and (cell.n * cell.prevalence >= 20) == is_many
    ]
    return f"{min(shares):.1f} / {np.median(shares):.1f} / {max(shares):.1f}" if shares else ""


def _rows_table(found: Found) -> list[str]:
    lines = [
        "Percentile bootstrap on data with ICC 0.3 (binormal): patients resampled, and rows resampled as if each were a",
        "patient. The latter is too narrow, and more so with more events.",
        "",
        "| n | prevalence | "
        + " | ".join(f"{m}, patients | {m}, rows" for m in BY_ROW_SHOWN)
        + " |",
        "|---|---|" + "---|" * (2 * len(BY_ROW_SHOWN)),
    ]
    for n in SIZES:
        for prevalence in PREVALENCES:
            tallies = found[Cell(n, prevalence, "binormal", 0.3)]
            words = [
                f"{100 * tallies[(measure, way)].share:.1f}"
                for measure in BY_ROW_SHOWN
                for way in ("percentile", "percentile" + BY_ROW)
            ]
            lines.append(f"| {n} | {100 * prevalence:.0f} % | " + " | ".join(words) + " |")
    return lines


DRAWN = ("auroc", "auprc", "brier", "calibration_slope", "observed_expected_ratio", "sensitivity")
COLOURS = ("#000000", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")


def picture(found: Found, path: Path) -> None:
    """Draw the coverage of each method against the expected number of events."""
    mpl.rcParams["svg.hashsalt"] = "coverage"
    figure = Figure(figsize=(11, 6.5), layout="constrained")
    for place, measure in enumerate(DRAWN, start=1):
        axes = figure.add_subplot(2, 3, place)
        axes.axhspan(100 * LOW, 100 * HIGH, color="#dddddd")
        ways = [way for way in WAYS if any((measure, way) in one for one in found.values())]
        for way, colour in zip(["auto", *(w for w in ways if w in PLOTTED)], COLOURS, strict=False):
            events, shares = _curve(found, measure, way)
            axes.plot(
                events, shares, color=colour, label=way, linewidth=2.2 if way == "auto" else 1
            )
        axes.set(title=MEASURES[measure].title, xscale="log", ylim=(75, 100))
        axes.set(xlabel="expected events", ylabel="coverage (%)")
        axes.legend(fontsize=7, loc="lower right")
    figure.savefig(path, metadata={"Date": None})


PLOTTED = ("percentile", "basic", "bca", "jackknife", "delong", "percentile" + BY_ROW)


def _curve(found: Found, measure: str, way: str) -> tuple[list[float], list[float]]:
    """Return mean coverage over the settings at each expected number of events."""
    by_events: dict[float, list[float]] = {}
    for cell, tallies in found.items():
        if (measure, way) in tallies and not (way.endswith(BY_ROW) and cell.icc == 0):
            share = 100 * tallies[(measure, way)].share
            by_events.setdefault(round(cell.n * cell.prevalence), []).append(share)
    events = sorted(by_events)
    return events, [float(np.mean(by_events[one])) for one in events]


def renewed(text: str, found: Found, names: tuple[str, ...]) -> str:
    """Return a page with the tables and rows of some measures replaced."""
    for measure in names:
        table = "\n".join(_default_table(found, measure))
        first = text.index(table.split("\n", maxsplit=1)[0])
        following = text.index("\n\n", text.index("|---|", first))
        text = text[:first] + table.rstrip("\n") + text[following:]
    rows = _methods_table(found, names)[4:]
    lines = text.splitlines()
    for measure in names:
        mine = [n for n, line in enumerate(lines) if line.startswith(f"| {measure} | ")]
        lines[mine[0] : mine[-1] + 1] = [row for row in rows if row.startswith(f"| {measure} | ")]
    return "\n".join(lines) + "\n"


def main(docs: Path, repeats: int, names: tuple[str, ...]) -> None:
    """Simulate all cells on all processors and write page and picture, or renew some measures."""
    tasks = [(cell, repeats, names or SHOWN) for cell in cells()]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = {}
        for cell, tallies in pool.map(_run, tasks):
            found[cell] = tallies
            sys.stderr.write(f"{len(found)} of {len(tasks)}: {cell}\n")
    target = docs / "methods" / "coverage.md"
    if names:
        target.write_text(renewed(target.read_text(encoding="utf-8"), found, names), "utf-8")
        return
    target.write_text(page(found, repeats), encoding="utf-8")
    picture(found, docs / "images" / "coverage.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 500, tuple(sys.argv[3:]))
