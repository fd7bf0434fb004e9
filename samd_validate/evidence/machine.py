"""On which machine a run was made: processors, threads, GPUs, and what makes numbers repeat.

It stands beside the content digest: no number depends on it, and two runs may differ in it.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")
VARIABLES = (
    "PYTHONHASHSEED",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "CUBLAS_WORKSPACE_CONFIG",
    "CUDA_VISIBLE_DEVICES",
)


def machine() -> dict[str, object]:
    """Return hardware, thread counts and determinism flags as plain JSON; no host name, no clock.

    What belongs to a library stands there only if the run has loaded it.
    """
    return {
        "processor": processor(),
        "processors": os.cpu_count() or 1,
        "processors_allowed": _allowed(),
        "gpus": _gpus(),
        "threads": _threads(),
        "determinism": _determinism(),
        "variables": {name: os.environ[name] for name in VARIABLES if name in os.environ},
    }


def processor() -> str:
    """Return the name of the processor, or of its kind where the system does not tell."""
    lines = CPU_INFO.read_text().splitlines() if CPU_INFO.is_file() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


def _allowed() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _gpus() -> list[str]:
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return []
    return [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]


def _threads() -> dict[str, object]:
    from threadpoolctl import threadpool_info

    threads: dict[str, object] = {
        f"{pool['user_api']} ({pool['internal_api']})": pool["num_threads"]
        for pool in threadpool_info()
    }
    torch = sys.modules.get("torch")
    if torch is not None:
        threads["torch"] = torch.get_num_threads()
    return threads


def _determinism() -> Mapping[str, object]:
    torch = sys.modules.get("torch")
    if torch is None:
        return {}
    return {
        "torch.use_deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
        "torch.backends.cudnn.deterministic": torch.backends.cudnn.deterministic,
        "torch.backends.cudnn.benchmark": torch.backends.cudnn.benchmark,
        "torch.float32_matmul_precision": torch.get_float32_matmul_precision(),
    }
