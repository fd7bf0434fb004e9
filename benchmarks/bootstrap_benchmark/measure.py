"""The order in which all is run, one thing at a time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from bootstrap_benchmark import cohort, machine, ours, peers, processes
from bootstrap_benchmark.clock import Timing, least_seconds_of, median_seconds, scaled
from bootstrap_benchmark.cohort import Rows
from bootstrap_benchmark.measured import Agreement, Amounts, Measured

METHODS = ("percentile", "bca")
SEEDS = 20
WARM_UP = 40
"""Resamples of the call before those that are timed: it compiles, or loads what is compiled."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A change of the rows or of what is asked of them."""

    change: Callable[[Rows], Rows] = lambda rows: rows
    measures: tuple[str, ...] = ours.FIVE
    is_stratified: bool = False


PLAIN, PAIR = "plain", "AUROC and AUPRC alone"
SHAPES = {
    PLAIN: Shape(),
    PAIR: Shape(measures=ours.PAIR),
    "with ties (two digits)": Shape(change=cohort.with_ties),
    "two rows a patient": Shape(change=cohort.in_pairs),
    "stratified by label": Shape(is_stratified=True),
}


def measure(amounts: Amounts) -> Measured:
    """Run everything and return what was seen."""
    found = Measured(
        amounts=amounts,
        threads=(1, 2) if machine.threads() > 1 else (1,),
        busy=(machine.busy(),),
    )
    for step in (time_first_calls, see_peaks, time_ours, time_shapes, time_peers, time_groups):
        print(f"{step.__name__} ...", file=sys.stderr, flush=True)
        step(found)
    found.busy = (*found.busy, machine.busy())
    return found


def time_first_calls(found: Measured) -> None:
    """Time the first call of a process, with nothing compiled and with all compiled before."""
    if found.amounts.with_first_calls:
        found.first_calls = processes.first_calls(found.amounts.rows[0], found.amounts.resamples)


def see_peaks(found: Measured) -> None:
    """See how memory grows with the rows."""
    for method in METHODS:
        for threads in found.threads:
            found.peaks += processes.peaks(
                found.amounts.memory_rows, found.amounts.memory_resamples, method, threads
            )


def time_ours(found: Measured) -> None:
    """Time our intervals of five measures: median of calls, after one call that is not timed."""
    for n in found.amounts.rows:
        rows = cohort.draw(n)
        for method in METHODS:
            for threads in found.threads:
                seconds = _median(found, n, rows, Shape(), method, threads)
                found.ours[(method, threads, n)] = seconds


def time_shapes(found: Measured) -> None:
    """Time the percentile intervals of rows with ties, patients, strata, and of two measures."""
    for n in found.amounts.shape_rows:
        rows = cohort.draw(n)
        for name, shape in SHAPES.items():
            for threads in found.threads:
                seconds = _median(found, n, rows, shape, "percentile", threads)
                found.shapes[(n, name, threads)] = seconds


def _median(found: Measured, n: int, rows: Rows, shape: Shape, method: str, threads: int) -> float:
    changed, stratified = shape.change(rows), shape.is_stratified
    few = ours.plan(WARM_UP, method=method, threads=threads, is_stratified=stratified)
    plan = ours.plan(
        found.amounts.resamples, method=method, threads=threads, is_stratified=stratified
    )
    ours.intervals(changed, few, shape.measures)
    return median_seconds(
        lambda: ours.intervals(changed, plan, shape.measures), found.amounts.repeats[n]
    )


def time_peers(found: Measured) -> None:
    """Time what others offer, and compare what they say with what we say."""
    for n in found.amounts.rows:
        rows = cohort.draw(n)
        for (peer, method), way in peers.WAYS.items():
            if not peers.is_installed(peers.PACKAGE[peer]):
                continue
            if method == "percentile":
                n_run, n_asked = found.amounts.peer_resamples[n], found.amounts.resamples
                found.peers[(peer, method, n)] = _percentile(found, rows, peer, way, n_run, n_asked)
            else:
                found.peers[(peer, method, n)] = _bca(found, rows, peer, way)


def _percentile(
    found: Measured, rows: Rows, peer: str, way: peers.Peer, n_run: int, n_asked: int
) -> Timing:
    said: list[np.ndarray] = []
    timing = scaled(lambda resamples: said.append(way(rows, resamples)), n_run, n_asked)
    if not timing.is_scaled:
        _compare(found, rows, peer, "percentile", said[-1])
    return timing


def _bca(found: Measured, rows: Rows, peer: str, way: peers.Peer) -> Timing:
    """Time a BCa interval, whole if it is short enough, else from single leave-one-outs.

    It evaluates the measures for each resample and again without each row.
    """
    amounts = found.amounts
    n_run = amounts.leave_outs[rows.n]
    left_out = scaled(lambda times: peers.leave_out(rows, times), n_run, rows.n)
    seconds = found.peers[(peer, "percentile", rows.n)].seconds + left_out.seconds
    if seconds > amounts.longest_seconds:
        return Timing(seconds=seconds, run=n_run, asked=rows.n)
    said: list[np.ndarray] = []
    seconds = least_seconds_of(lambda: said.append(way(rows, amounts.resamples)))
    _compare(found, rows, peer, "bca", said[-1])
    return Timing(seconds=seconds, run=rows.n, asked=rows.n)


def _compare(found: Measured, rows: Rows, peer: str, method: str, said: np.ndarray) -> None:
    """Note how far apart the two sides are, beside what other seeds move our own intervals."""
    plan = ours.plan(found.amounts.resamples, method=method)
    seen = [ours.limits(ours.intervals(rows, replace(plan, seed=seed))) for seed in range(SEEDS)]
    (value, *_), ends = seen[0], np.array([one[1:] for one in seen])
    theirs = peers.all_five(rows.threshold)(rows.label, rows.score)
    apart = np.abs(said - ends[0])
    error = np.sqrt(2) * ends.std(axis=0, ddof=1)
    agreement = Agreement(
        who=f"{peer}, {method}",
        n=rows.n,
        values=float(np.abs(value - theirs).max()),
        widths=float((apart / (ends[0, 1] - ends[0, 0])).max()),
        errors=float((apart / error).max()),
    )
    found.agreement.append(agreement)


def time_groups(found: Measured) -> None:
    """Time four measures in each of many groups."""
    amounts = found.amounts
    rows = cohort.draw(amounts.group_rows)
    group = cohort.groups(rows.n, amounts.n_groups)
    for threads in found.threads:
        plan = ours.plan(amounts.group_resamples, threads=threads)
        few = ours.plan(WARM_UP, threads=threads)
        ours.in_groups(rows, group, few)
        found.groups[threads] = median_seconds(
            lambda asked=plan: ours.in_groups(rows, group, asked),
            max(amounts.repeats.values()),
        )
    if peers.is_installed("fairlearn"):
        found.fairlearn = scaled(
            lambda resamples: peers.fairlearn_groups(rows, group, resamples),
            amounts.group_peer_resamples,
            amounts.group_resamples,
        )
