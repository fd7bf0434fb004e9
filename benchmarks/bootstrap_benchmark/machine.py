"""The machine and the versions, without naming the machine."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "numpy",
    "scipy",
    "numba",
    "scikit-learn",
    "pandas",
    "confidenceinterval",
    "fairlearn",
)


def processor() -> str:
    """Return the processor's model, as far as the system tells it."""
    try:
        told = Path("/proc/cpuinfo").read_text()
    except FileNotFoundError:
        return platform.processor() or platform.machine()
    fields = dict(re.findall(r"^(model name|cpu family|model)\s*: (.+)$", told, re.MULTILINE))
    known = [name for name in ("cpu family", "model") if name in fields]
    numbers = ", ".join(f"{name} {fields[name]}" for name in known)
    return f"{fields.get('model name', platform.machine())} ({numbers})"


def threads() -> int:
    """Return how many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def busy() -> float:
    """Return the number of runnable processes of the last minute: others than us slow us down."""
    return os.getloadavg()[0]


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that are there."""
    found = {"Python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
