"""One pass over sorted rows for each resample: compiled sums from which the measures are made.

Rows lie events first, then non-events, each sorted by score, highest first. With running totals
of both classes, the area under the ROC curve, average precision and the counts at any threshold
need one step an event, ties or not.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from samd_validate.stats.resampling.draw import BLOCK, draw

EVENTS, OTHERS, AREA, PRECISION, PARTIAL, BEST, TP, FP, COLUMNS = range(9)
WANTED = ("area", "precision", "partial", "best")


@njit(inline="always")
def _running(weight, total):  # type: ignore[no-untyped-def]
    """Fill ``total (n + 1,)`` with running totals from 0."""
    so_far = np.int32(0)
    total[0] = so_far
    for i in range(weight.size):
        so_far += np.int32(weight[i])
        total[i + 1] = so_far


@njit(inline="always")
def _area(weight, others, above, upto):  # type: ignore[no-untyped-def]
    """Return twice the number of pairs that are in order, tied pairs counting half."""
    every = 2 * np.int64(others[-1])
    area = np.int64(0)
    for i in range(above.size):
        beaten = every - np.int64(others[above[i]]) - np.int64(others[upto[i]])
        area += np.int64(weight[i]) * beaten
    return area


@njit(inline="always")
def _precision(weight, events, others, upto, tied):  # type: ignore[no-untyped-def]
    """Return the sum over events of the precision at their score."""
    even, odd = 0.0, 0.0
    last = upto.size - upto.size % 2
    for i in range(0, last, 2):
        tp, following = np.float64(events[tied[i]]), np.float64(events[tied[i + 1]])
        even += np.float64(weight[i]) * (tp / max(tp + np.float64(others[upto[i]]), 1.0))
        odd += np.float64(weight[i + 1]) * (
            following / max(following + np.float64(others[upto[i + 1]]), 1.0)
        )
    if last < upto.size:
        tp = np.float64(events[tied[last]])
        even += np.float64(weight[last]) * (tp / max(tp + np.float64(others[upto[last]]), 1.0))
    return even + odd


@njit(inline="always")
def _partial(weight, others, above, upto, limit):  # type: ignore[no-untyped-def]
    """Return the sum over events of ``limit`` less their false-positive rate, where it is larger.

    Tied with non-events, an event's rate is spread evenly between those of the ends of the tie.
    """
    every = max(np.float64(others[-1]), 1.0)
    total = 0.0
    for i in range(above.size):
        first, last = others[above[i]] / every, others[upto[i]] / every
        if last <= limit:
            total += np.float64(weight[i]) * (limit - (first + last) / 2)
        elif first < limit:
            total += np.float64(weight[i]) * (limit - first) ** 2 / (2 * (last - first))
    return total


@njit(inline="always")
def _best(weight, events, others, upto, tied):  # type: ignore[no-untyped-def]
    """Return at which event sensitivity + specificity is largest, the highest score of equals."""
    per_event = 1.0 / max(np.float64(events[-1]), 1.0)
    per_other = 1.0 / max(np.float64(others[-1]), 1.0)
    best, largest = 0, -1.0
    for i in range(upto.size):
        if weight[i] > 0:
            index = events[tied[i]] * per_event - others[upto[i]] * per_other
            if index > largest + 1e-12:
                best, largest = i, index
    return best


@njit(inline="always")
def _dot(weight, column):  # type: ignore[no-untyped-def]
    """Return the weighted sum of a column in eight lanes: fast, and the same on every machine."""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    e, f, g, h = 0.0, 0.0, 0.0, 0.0
    last = weight.size - weight.size % 8
    for i in range(0, last, 8):
        a += np.float64(weight[i]) * column[i]
        b += np.float64(weight[i + 1]) * column[i + 1]
        c += np.float64(weight[i + 2]) * column[i + 2]
        d += np.float64(weight[i + 3]) * column[i + 3]
        e += np.float64(weight[i + 4]) * column[i + 4]
        f += np.float64(weight[i + 5]) * column[i + 5]
        g += np.float64(weight[i + 6]) * column[i + 6]
        h += np.float64(weight[i + 7]) * column[i + 7]
    for i in range(last, weight.size):
        a += np.float64(weight[i]) * column[i]
    return ((a + b) + (c + d)) + ((e + f) + (g + h))


@njit(nogil=True, cache=True)
def sweep(  # type: ignore[no-untyped-def]
    weight, n_events, above, upto, tied, cuts, limit, columns, wanted, events, others, out
):
    """Fill ``out (8 + columns,)`` with the sums of one weighting of the rows.

    ``weight (n,)`` holds how often each row counts; ``above``, ``upto`` and ``tied`` say for each
    event how many non-events score higher, how many at least as high, and how many events at
    least as high; ``cuts`` are the numbers of events and of non-events at or above the threshold;
    ``limit`` is the largest false-positive rate of a partial area; ``wanted`` says whether area,
    precision, partial area and best event are asked for; ``events`` and ``others`` are scratch.
    """
    _running(weight[:n_events], events)
    _running(weight[n_events:], others)
    out[EVENTS], out[OTHERS] = events[-1], others[-1]
    out[TP], out[FP] = events[cuts[0]], others[cuts[1]]
    out[AREA] = _area(weight[:n_events], others, above, upto) if wanted[0] else 0.0
    out[PRECISION] = _precision(weight[:n_events], events, others, upto, tied) if wanted[1] else 0.0
    if wanted[2]:
        out[PARTIAL] = _partial(weight[:n_events], others, above, upto, limit)
    if wanted[3]:
        out[BEST] = _best(weight[:n_events], events, others, upto, tied)
    for column in range(columns.shape[0]):
        out[COLUMNS + column] = _dot(weight, columns[column])


@njit(nogil=True, cache=True)
def sweep_resamples(  # type: ignore[no-untyped-def]
    out,
    first,
    seed,
    bounds,
    is_direct,
    unit,
    row_ends,
    event_ends,
    above,
    upto,
    tied,
    cuts,
    limit,
    columns,
    wanted,
    table,
    edges,
):
    """Fill ``out (resamples, parts, 8 + columns)`` from resample ``first`` on.

    A part is a set of rows of its own order (a subset, or the rows sorted by another score);
    parts lie behind one another in the arrays, rows up to ``row_ends``, events up to
    ``event_ends``. All parts share the draws of a resample. With ``is_direct`` the rows of the
    only part are the patients.
    """
    words = np.empty(BLOCK // 2, np.uint64)
    halves = words.view(np.uint32)
    counts = np.empty(bounds[-1], np.uint8)
    sizes, with_event = np.diff(row_ends), np.diff(event_ends)
    weight = counts if is_direct else np.empty(np.max(sizes), np.uint8)
    events = np.empty(np.max(with_event) + 1, np.int32)
    others = np.empty(np.max(sizes - with_event) + 1, np.int32)
    for row in range(out.shape[0]):
        draw(counts, bounds, seed, first + row, words, halves, table, edges)
        for part in range(row_ends.size - 1):
            start, end = row_ends[part], row_ends[part + 1]
            one, two = event_ends[part], event_ends[part + 1]
            n, n_events = end - start, two - one
            if not is_direct:
                for i in range(n):
                    weight[i] = counts[unit[start + i]]
            sweep(
                weight[:n],
                n_events,
                above[one:two],
                upto[one:two],
                tied[one:two],
                cuts[part],
                limit,
                columns[:, start:end],
                wanted,
                events[: n_events + 1],
                others[: n - n_events + 1],
                out[row, part],
            )


@njit(nogil=True, cache=True)
def sweep_left_out(  # type: ignore[no-untyped-def]
    out, rows, ends, n_events, above, upto, tied, cuts, limit, columns, wanted
):
    """Fill ``out (patients, 8 + columns)`` with the sums without each patient in turn.

    ``rows (n,)`` are the places of the layout, patient by patient, each up to its ``ends``.
    """
    weight = np.ones(rows.size, np.uint8)
    events = np.empty(n_events + 1, np.int32)
    others = np.empty(rows.size - n_events + 1, np.int32)
    for patient in range(out.shape[0]):
        mine = rows[ends[patient] : ends[patient + 1]]
        weight[mine] = 0
        sweep(
            weight,
            n_events,
            above,
            upto,
            tied,
            cuts,
            limit,
            columns,
            wanted,
            events,
            others,
            out[patient],
        )
        weight[mine] = 1


@njit(nogil=True, cache=True)
def bin_resamples(rows, events, first, seed, bounds, unit, n_events, place, table, edges):  # type: ignore[no-untyped-def]
    """Fill ``rows`` and ``events (resamples, bins)`` with what is drawn in each bin of scores.

    ``place (n,)`` is the bin of each row of the layout, ``unit (n,)`` its patient.
    """
    words = np.empty(BLOCK // 2, np.uint64)
    halves = words.view(np.uint32)
    counts = np.empty(bounds[-1], np.uint8)
    for row in range(rows.shape[0]):
        draw(counts, bounds, seed, first + row, words, halves, table, edges)
        rows[row] = 0
        events[row] = 0
        for i in range(n_events):
            drawn = np.int64(counts[unit[i]])
            rows[row, place[i]] += drawn
            events[row, place[i]] += drawn
        for i in range(n_events, place.size):
            rows[row, place[i]] += np.int64(counts[unit[i]])
