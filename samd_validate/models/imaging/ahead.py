"""Batches made in a thread beside training, and how long the network waited for them.

Imports torch; only imported when a network is trained.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from torch import Tensor

from samd_validate.core.arrays import IntArray

Batch: TypeAlias = tuple[Tensor, Tensor]
AHEAD = 4


@dataclass(kw_only=True)
class Ahead:
    """The batches of a part; ``waited`` and ``worked`` are seconds of the network."""

    seed: int
    waited: float = 0.0
    worked: float = 0.0

    def batches(
        self, n: int, number: int, batch: int, make: Callable[[IntArray, int], Batch]
    ) -> Iterator[Batch]:
        """Return what ``make`` gives for ``n`` images in the order of an epoch, batch by batch."""
        order = np.random.default_rng([self.seed, number]).permutation(n)
        chunks = [order[start : start + batch] for start in range(0, order.size, batch)]
        with ThreadPoolExecutor(1) as pool:
            waiting: list[Future[Batch]] = []
            for chunk in chunks:
                waiting.append(pool.submit(make, chunk, number))
                if len(waiting) > AHEAD:
                    yield from self._given(waiting.pop(0))
            for one in waiting:
                yield from self._given(one)

    def _given(self, future: Future[Batch]) -> Iterator[Batch]:
        start = time.perf_counter()
        made = future.result()
        got = time.perf_counter()
        yield made
        self.waited += got - start
        self.worked += time.perf_counter() - got
