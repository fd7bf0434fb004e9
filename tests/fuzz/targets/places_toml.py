"""Where data sets lie: datasets.toml."""

from __future__ import annotations

from contextlib import suppress

from samd_validate.core.errors import CannotRun
from samd_validate.protocol.places import PLACES_FILE, dataset_places

from . import file_of


def read(content: bytes) -> None:
    with suppress(CannotRun), file_of(content, PLACES_FILE) as path:
        dataset_places([], path.parent)


def seeds() -> tuple[bytes, ...]:
    return (b'[datasets]\nicu = "/data/icu"\n"a b" = "~/x"\n',)
