"""An image or a mask: PNG."""

from __future__ import annotations

import io
from contextlib import suppress

import numpy as np

from samd_validate.readers.images.pixels import Unreadable, read_labels, read_pixels

from . import file_of


def read_named(content: bytes, name: str) -> None:
    with file_of(content, name) as path:
        for colour in ("grey", "rgb"):
            with suppress(Unreadable, OSError):  # what a reader lists as problems
                read_pixels(path, colour)
        with suppress(Unreadable, OSError):
            read_labels(path)


def read(content: bytes) -> None:
    read_named(content, "x.png")


def picture(kind: str, form: str) -> bytes:
    from PIL import Image

    sink = io.BytesIO()
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8)).convert(kind).save(sink, form)
    return sink.getvalue()


def seeds() -> tuple[bytes, ...]:
    return tuple(picture(kind, "PNG") for kind in ("L", "RGB", "P", "I;16", "1"))
