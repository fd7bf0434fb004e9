"""One byte string per value: canonical JSON (RFC 8785) and its digest."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from enum import Enum
from typing import Any

import numpy as np
import rfc8785


def plain(value: object) -> Any:
    """Turn records, mappings, arrays and enums into what JSON knows; refuse NaN and infinity.

    >>> plain({"a": (1, np.float64(2.5))})
    {'a': [1, 2.5]}

    Raises
    ------
    ValueError
        For a number that is not finite: a missing number is ``None`` or a reason, never NaN.
    TypeError
        For a type that has no canonical form.
    """
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, int | float):
        return _finite(value)
    return _plain_container(value)


def _plain_container(value: object) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return [plain(item) for item in items]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def _finite(value: float) -> float:
    if not np.isfinite(value):
        raise ValueError("a number that is not finite cannot be written as evidence")
    return value


def canonical_bytes(value: object) -> bytes:
    """Return the RFC 8785 bytes of ``value``: UTF-8, sorted keys, no spaces, no NaN.

    >>> canonical_bytes({"b": 1, "a": [True, None]})
    b'{"a":[true,null],"b":1}'
    """
    return rfc8785.dumps(plain(value))


def digest(value: object) -> str:
    """Return ``sha256:<hex>`` of the canonical bytes of ``value``."""
    return digest_bytes(canonical_bytes(value))


def digest_bytes(content: bytes) -> str:
    """Return ``sha256:<hex>`` of bytes as received."""
    return "sha256:" + hashlib.sha256(content).hexdigest()
