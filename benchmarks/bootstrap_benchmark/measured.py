"""How much is run, and what came out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bootstrap_benchmark.clock import Timing
from bootstrap_benchmark.processes import Peak


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """How much is run. Mappings are by number of rows.

    ``peer_resamples`` and ``leave_outs`` are what slow peers really run; ``longest_seconds`` is
    how long a peer's BCa may take to be run whole; ``is_judged`` says that goals are for this run.
    """

    rows: tuple[int, ...]
    resamples: int
    repeats: Mapping[int, int]
    peer_resamples: Mapping[int, int]
    leave_outs: Mapping[int, int]
    longest_seconds: float
    shape_rows: tuple[int, ...]
    group_rows: int
    n_groups: int
    group_resamples: int
    group_peer_resamples: int
    memory_rows: tuple[int, ...]
    memory_resamples: int
    with_first_calls: bool
    is_judged: bool


FULL = Amounts(
    rows=(1_000, 10_000, 100_000, 1_000_000),
    resamples=2000,
    repeats={1_000: 7, 10_000: 7, 100_000: 5, 1_000_000: 3},
    peer_resamples={1_000: 2000, 10_000: 500, 100_000: 50, 1_000_000: 5},
    leave_outs={1_000: 100, 10_000: 50, 100_000: 20, 1_000_000: 3},
    longest_seconds=180,
    shape_rows=(10_000, 100_000),
    group_rows=10_000,
    n_groups=12,
    group_resamples=1000,
    group_peer_resamples=100,
    memory_rows=(1_000_000, 4_000_000),
    memory_resamples=64,
    with_first_calls=True,
    is_judged=True,
)
QUICK = Amounts(
    rows=(300, 500),
    resamples=40,
    repeats={300: 1, 500: 1, 1_000: 1},
    peer_resamples={300: 40, 500: 5},
    leave_outs={300: 3, 500: 3},
    longest_seconds=1.5,
    shape_rows=(500,),
    group_rows=1_000,
    n_groups=3,
    group_resamples=20,
    group_peer_resamples=2,
    memory_rows=(50_000,),
    memory_resamples=20,
    with_first_calls=False,
    is_judged=False,
)


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """The largest difference of values, and of ends of intervals in widths and standard errors."""

    who: str
    n: int
    values: float
    widths: float
    errors: float


@dataclass(kw_only=True)
class Measured:
    """Seconds by (method, threads, rows), (peer, method, rows) and (rows, shape, threads)."""

    amounts: Amounts
    threads: tuple[int, ...]
    busy: tuple[float, ...]
    ours: dict[tuple[str, int, int], float] = field(default_factory=dict)
    peers: dict[tuple[str, str, int], Timing] = field(default_factory=dict)
    shapes: dict[tuple[int, str, int], float] = field(default_factory=dict)
    groups: dict[int, float] = field(default_factory=dict)
    fairlearn: Timing | None = None
    peaks: list[Peak] = field(default_factory=list)
    first_calls: dict[str, dict[str, float]] = field(default_factory=dict)
    agreement: list[Agreement] = field(default_factory=list)

    @property
    def most_threads(self) -> int:
        """Return the highest number of threads that was timed."""
        return max(self.threads)
