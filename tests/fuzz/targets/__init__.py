"""Every parser that takes a file from outside, as a function of bytes: one target a file.

A target is a module with ``read(content)``, which may raise nothing but what the project raises of
a bad file, and ``seeds()``, whole files to change. ``tests/fuzz/test_targets.py`` drives all of
them with hypothesis, ``make fuzz`` with atheris.
"""

from __future__ import annotations

import pkgutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Protocol

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


class Target(Protocol):
    """One parser: what reads bytes, and whole files that it reads."""

    def read(self, content: bytes) -> None: ...

    def seeds(self) -> tuple[bytes, ...]: ...


def names() -> list[str]:
    return sorted(one.name for one in pkgutil.iter_modules(__path__))


def target(name: str) -> Target:
    return import_module(f"{__name__}.{name}")  # type: ignore[return-value]


@contextmanager
def file_of(content: bytes, name: str) -> Iterator[Path]:
    """Write bytes as a file of a name, in memory where the machine has a place for that."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as place:
        path = Path(place) / name
        path.write_bytes(content)
        yield path
