"""A fixed number of threads inside an operation, so that sums come out the same everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

OF_IMAGES = 1
"""Networks on images use this many, whatever the machine has.

With two, and other work on both cores, the threads wait for each other at every operation: a step
took nine times as long as with one. The second core makes batches meanwhile.
"""


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Compute with so many threads inside an operation, and put the number back after."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute with one thread inside an operation."""
    with threads(1):
        yield
