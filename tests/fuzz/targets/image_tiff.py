"""An image or a mask: TIFF, JPEG or BMP by its bytes, whatever its name says."""

from __future__ import annotations

from .image_png import picture, read_named


def read(content: bytes) -> None:
    read_named(content, "x.tif")


def seeds() -> tuple[bytes, ...]:
    forms = (("L", "TIFF"), ("RGB", "TIFF"), ("L", "JPEG"), ("RGB", "BMP"), ("L", "GIF"))
    return tuple(picture(kind, form) for kind, form in forms)
