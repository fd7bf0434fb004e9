"""The benchmark runs, times what it says, and is honest about what it did not reach."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bootstrap_benchmark import cohort, ours, peers
from bootstrap_benchmark.clock import Timing, scaled
from bootstrap_benchmark.goals import GOALS, Goal
from bootstrap_benchmark.measured import FULL, QUICK, Measured
from bootstrap_benchmark.page import page
from bootstrap_benchmark.processes import Peak

COMMAND = Path(__file__).parents[2] / "benchmarks" / "bootstrap.py"
LOOP_OF_A_THOUSAND = GOALS[0]


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(COMMAND), *arguments], capture_output=True, text=True, check=False
    )


def goal(words: str) -> Goal:
    return next(one for one in GOALS if words in one.words)


def nothing_yet() -> Measured:
    return Measured(amounts=FULL, threads=(1, 2), busy=(0.0,))


def test_sizes_that_leave_nothing_to_run_are_refused() -> None:
    done = command("--largest", "10")
    assert done.returncode == 2
    assert "--largest: must be at least 1000" in done.stderr


def test_a_measure_without_an_interval_is_no_timing() -> None:
    rows = cohort.draw(300)
    nobody = replace(rows, label=np.zeros_like(rows.label))
    with pytest.raises(RuntimeError, match="no interval from 50 resamples"):
        ours.intervals(nobody, ours.plan(50))


def test_page_of_a_quick_run_has_every_part_and_judges_nothing(tmp_path: Path) -> None:
    done = command("--quick", "--write", str(tmp_path / "page.md"))
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "page.md").read_text()
    assert text.count("**not judged**") == len(GOALS)
    assert "**A smaller run" in text
    assert "nan" not in text
    for part in ("Goals", "Percentile", "BCa", "3 groups", "By size", "Memory", "Do they say"):
        assert f"\n## {part}" in text
    line = next(one for one in text.splitlines() if one.startswith("| 500 | plain | 1 thread"))
    assert float(line.split("|")[5]) > 0


def test_what_is_timed_are_the_same_measures() -> None:
    rows = cohort.with_ties(cohort.draw(2_000))
    value, low, high = ours.limits(ours.intervals(rows, ours.plan(100)))
    theirs = peers.all_five(rows.threshold)(rows.label, rows.score)
    assert tuple(peers.metrics(rows.threshold)) == ours.FIVE
    np.testing.assert_allclose(value, theirs, rtol=0, atol=1e-12)  # sums in another order
    assert (low < high).all()


def test_intervals_of_the_loop_are_near_ours() -> None:
    rows = cohort.draw(1_000)
    _, low, high = ours.limits(ours.intervals(rows, ours.plan(200)))
    theirs = peers.loop(rows, 200)
    # an end from 200 resamples has a standard error of 5 % of the width, a difference of two 7 %
    assert (np.abs(theirs - np.array([low, high])) < 0.3 * (high - low)).all()


def test_rows_are_the_same_for_everyone() -> None:
    one, again = cohort.draw(100_000), cohort.draw(100_000)
    assert np.array_equal(one.score, again.score)
    assert one.label.mean() == pytest.approx(cohort.PREVALENCE, abs=0.004)  # four standard errors
    assert np.unique(cohort.with_ties(one).score).size <= 101
    assert np.array_equal(
        np.unique(cohort.in_pairs(one).cluster, return_counts=True)[1], [2] * 50_000
    )


def test_time_is_scaled_up_from_fewer_and_never_down() -> None:
    ran: list[int] = []
    fewer, whole = scaled(ran.append, 5, 20), scaled(ran.append, 50, 20)
    assert ran == [5, 20]
    assert (fewer.is_scaled, whole.is_scaled) == (True, False)
    assert (whole.run, whole.asked) == (20, 20)


@pytest.mark.parametrize(
    ("seconds", "verdict"), [(2.5, "missed"), (2.0, "reached"), (None, "not measured")]
)
def test_goal_against_a_peer(seconds: float | None, verdict: str) -> None:
    found = nothing_yet()
    if seconds is not None:
        found.ours[("percentile", 2, 1_000)] = seconds
    found.ours[("percentile", 1, 1_000)] = 0.1  # the ratio is that of all threads
    found.peers[(peers.LOOP, "percentile", 1_000)] = Timing(seconds=2_000, run=1, asked=1)
    assert LOOP_OF_A_THOUSAND.verdict(found) == verdict


def test_goal_is_judged_on_the_worst_of_its_figures() -> None:
    found = nothing_yet()
    for threads, whole in ((1, 49.0), (2, 102.0)):
        found.peaks.append(Peak(method="bca", n=10, threads=threads, whole=whole, given=9))
    assert goal("thread, BCa").worst(found) == 51
    assert goal("thread, BCa").verdict(found) == "missed"
    assert goal("thread, percentile").verdict(found) == "not measured"


def test_a_smoke_run_reaches_no_goal() -> None:
    found = Measured(amounts=QUICK, threads=(1,), busy=(0.0,))
    found.peaks.append(Peak(method="bca", n=10, threads=1, whole=1.0, given=1.0))
    assert goal("thread, BCa").verdict(found) == "not judged"


def test_page_says_how_much_was_run() -> None:
    found = nothing_yet()
    found.peers[(peers.SCIPY, "bca", 10_000)] = Timing(seconds=120, run=50, asked=10_000)
    found.ours |= {("bca", 1, 10_000): 0.2, ("bca", 2, 10_000): 0.1}
    text = page(found)
    assert "| 120 (50 run) |" in text
    assert "| 1,200 x |" in text
    assert text.count("**not measured**") == len(GOALS) - 1
