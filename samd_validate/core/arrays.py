"""Arrays that nobody changes by accident, and the array types of the house."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
Column: TypeAlias = npt.NDArray[Any]

K = TypeVar("K")
V = TypeVar("V")


def read_only(values: npt.ArrayLike, dtype: npt.DTypeLike | None = None) -> Column:
    """Return a copy-free view of ``values`` that refuses writing.

    >>> read_only([1, 2]).flags.writeable
    False
    """
    view = np.asarray(values, dtype=dtype).view()
    view.flags.writeable = False
    return view


def frozen_columns(columns: Mapping[str, npt.ArrayLike]) -> Mapping[str, Column]:
    """Return a read-only mapping of read-only arrays, in the order given."""
    return MappingProxyType({name: read_only(values) for name, values in columns.items()})


def frozen_mapping(mapping: Mapping[K, V]) -> Mapping[K, V]:
    """Return a read-only copy of ``mapping``."""
    return MappingProxyType(dict(mapping))
