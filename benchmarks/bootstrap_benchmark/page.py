"""The page: goals first, then every figure they were judged on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bootstrap_benchmark import machine, peers
from bootstrap_benchmark.clock import Timing
from bootstrap_benchmark.cohort import PREVALENCE
from bootstrap_benchmark.goals import GOALS, Goal, ratio
from bootstrap_benchmark.measure import METHODS, SEEDS
from bootstrap_benchmark.measured import FULL, Measured

NONE = "-"
NAMES = {"percentile": "Percentile", "bca": "BCa"}


def page(found: Measured) -> str:
    """Return the page in Markdown."""
    parts = [
        _head(found),
        _goals(found),
        *(_side_by_side(found, method) for method in METHODS),
        _groups(found),
        _sizes(found),
        _shapes(found),
        _peaks(found),
        _first_calls(found),
        _agreement(found),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(found: Measured) -> str:
    versions = ", ".join(f"{name} {one}" for name, one in machine.versions().items())
    lines = [
        "# Intervals by resampling: how long they take",
        "",
        "Written by `make benchmark` "
        "(`python benchmarks/bootstrap.py --write docs/benchmarks_statistics.md`):"
        " all of it in one run on one machine, one thing at a time."
        if found.amounts == FULL
        else "**A smaller run than that of `make benchmark`.**",
        "",
        f"- Processor: {machine.processor()}; {machine.threads()} usable.",
        f"- {versions}.",
        "- Load average of a minute, first and last (our own run is 1 to 2 of the last):"
        f" {', '.join(f'{one:.1f}' for one in found.busy)}.",
        f"- Simulated rows, {100 * PREVALENCE:.0f} % with the event;"
        f" {found.amounts.resamples:,} resamples.",
        "- Ours: wall time from raw arrays to intervals, checks of the input included, median of"
        " repeated calls, compiled before.",
        "- Others: wall or processor time of one call, whichever is less, as all of them run on one"
        " thread. Where fewer resamples (or rows left out, for BCa) were run and their time scaled"
        " up, brackets say how many.",
    ]
    return "\n".join(lines)


def _goals(found: Measured) -> str:
    rows = [
        (goal.words, _bound(goal), _figure(goal, found), f"**{goal.verdict(found)}**")
        for goal in GOALS
    ]
    words = (
        f"Ratios to others are those of {found.most_threads} threads. Each goal is judged on the"
        " worst of its figures over sizes and threads."
    )
    return f"## Goals\n\n{words}\n\n" + _table(("goal", "asked", "worst seen", ""), rows)


def _bound(goal: Goal) -> str:
    return f"{'at least' if goal.is_least else 'at most'} {goal.bound:,g} {goal.unit}"


def _figure(goal: Goal, found: Measured) -> str:
    worst = goal.worst(found)
    return NONE if worst is None else f"{_short(worst)} {goal.unit}"


def _side_by_side(found: Measured, method: str) -> str:
    others = [peer for peer, way in peers.WAYS if way == method]
    named = [
        part
        for peer in others
        for part in (f"{peer}, s", *(f"ratio, {_threads(t)}" for t in found.threads))
    ]
    heads = ("n", *(f"ours, {_threads(t)}, s" for t in found.threads), *named)
    rows = []
    for n in found.amounts.rows:
        ours = [_seconds(found.ours.get((method, t, n))) for t in found.threads]
        theirs = [
            part
            for peer in others
            for part in (
                _timing(found.peers.get((peer, method, n))),
                *(_times(ratio(found, peer, method, n, t)) for t in found.threads),
            )
        ]
        rows.append((f"{n:,}", *ours, *theirs))
    return (
        f"## {NAMES[method]} intervals of five measures\n\nAUROC, average precision, Brier score,"
        f" sensitivity and specificity at a given threshold.{_on_memory(found, method)}\n\n"
        + _table(heads, rows)
    )


def _on_memory(found: Measured, method: str) -> str:
    if method != "bca":
        return ""
    widest = max(found.amounts.rows)
    return (
        " SciPy was given a `batch`; confidenceinterval cannot be, and asks for n x n indices"
        f" ({8 * widest**2 / 1e9:,.1f} GB at n = {widest:,}): where it is scaled it may not run"
        " at all."
    )


def _groups(found: Measured) -> str:
    amounts = found.amounts
    rows = [
        (
            _threads(t),
            _seconds(ours),
            _timing(found.fairlearn),
            _times(_over(found.fairlearn, ours)),
        )
        for t, ours in found.groups.items()
    ]
    return (
        f"## {amounts.n_groups} groups x 4 measures\n\nn = {amounts.group_rows:,},"
        f" {amounts.group_resamples:,} resamples, all rows and each group. fairlearn's MetricFrame"
        " makes differences and ratios between groups in the same call; ours does not.\n\n"
        + _table(("ours on", "ours, s", "fairlearn, s", "ratio"), rows)
    )


def _shapes(found: Measured) -> str:
    if not found.shapes:
        return ""
    rows = [
        (
            f"{n:,}",
            name,
            _threads(threads),
            _seconds(seconds),
            f"{1e9 * seconds / n / found.amounts.resamples:.2f}",
            _times(found.shapes[(n, name, 1)] / seconds),
        )
        for (n, name, threads), seconds in found.shapes.items()
    ]
    heads = ("n", "rows", "on", "s", "ns a row and resample", "over one thread")
    return "## By shape of the rows, ours, percentile\n\n" + _table(heads, rows)


def _sizes(found: Measured) -> str:
    rows = [
        (
            NAMES[method],
            f"{n:,}",
            _threads(threads),
            f"{1e9 * seconds / n / found.amounts.resamples:.2f}",
            _times(found.ours[(method, 1, n)] / seconds),
        )
        for (method, threads, n), seconds in found.ours.items()
    ]
    heads = ("interval", "n", "on", "ns a row and resample", "over one thread")
    return "## By size, ours, five measures\n\n" + _table(heads, rows)


def _peaks(found: Measured) -> str:
    if not found.peaks:
        return ""
    rows = [
        (
            NAMES[one.method],
            f"{one.n:,}",
            _threads(one.threads),
            f"{one.whole:.0f}",
            f"{one.given:.0f}",
            f"{one.per_row_and_thread:.0f}",
        )
        for one in found.peaks
    ]
    words = (
        "Bytes a row by which the peak of a fresh process (Linux's VmHWM) grows over that of a"
        f" process with 1,000 rows; {found.amounts.memory_resamples} resamples, which memory does"
        " not depend on but for their replicates."
    )
    heads = ("interval", "n", "on", "whole process", "of it the arrays given", "by thread")
    return f"## Memory, ours\n\n{words}\n\n" + _table(heads, rows)


def _first_calls(found: Measured) -> str:
    if not found.first_calls:
        return ""
    rows = [
        (name, *(_seconds(one[part]) for part in ("imports", "first", "second")))
        for name, one in found.first_calls.items()
    ]
    words = (
        f"n = {found.amounts.rows[0]:,}. Compiled code is kept on disk (NUMBA_CACHE_DIR): only the"
        " first process ever compiles."
    )
    heads = ("cache of compiled code", "imports, s", "first call, s", "second call, s")
    return f"## First call of a process, ours\n\n{words}\n\n" + _table(heads, rows)


def _agreement(found: Measured) -> str:
    if not found.agreement:
        return ""
    rows = [
        (
            one.who,
            f"{one.n:,}",
            f"{one.values:.0e}",
            f"{100 * one.widths:.1f} %",
            f"{one.errors:.1f}",
        )
        for one in found.agreement
    ]
    words = (
        "Largest difference over the five measures, where as many resamples were run. Values are"
        " compared with scikit-learn's. Ends of intervals come from other random numbers: the"
        f" standard error of their difference is that of {SEEDS} seeds of ours, and the largest of"
        " ten ends is shown. Others were given one seed and so share their draws."
    )
    heads = ("against", "n", "values", "ends, of the width", "ends, in standard errors")
    return f"## Do they say the same?\n\n{words}\n\n" + _table(heads, rows)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _threads(number: int) -> str:
    return f"{number} thread" + ("s" if number > 1 else "")


def _short(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def _seconds(seconds: float | None) -> str:
    return NONE if seconds is None else _short(seconds)


def _timing(timing: Timing | None) -> str:
    if timing is None:
        return NONE
    return _short(timing.seconds) + (f" ({timing.run:,} run)" if timing.is_scaled else "")


def _times(number: float | None) -> str:
    return NONE if number is None else f"{_short(number)} x"


def _over(timing: Timing | None, seconds: float) -> float | None:
    return None if timing is None else timing.seconds / seconds
