"""Attachments of a PDF that came from anywhere: read within limits, never executed."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any

LARGEST_PDF_BYTES = 400_000_000
LARGEST_INFLATED_BYTES = 100_000_000
MOST_ATTACHMENTS = 10_000
DEEPEST_TREE = 20
UNREADABLE = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
    NotImplementedError,
    OverflowError,
    RecursionError,
    OSError,
    zlib.error,
    struct.error,
)
"""What pyHanko raises on bytes that are no PDF, beside its own errors: it asserts, indexes and
takes attributes of objects that another hand shaped. Whoever catches these tells of a fault, never
of a success, so that a mistake of our own in the same lines cannot make evidence hold."""


class NotReadable(Exception):
    """A PDF from which nothing can be read; the message says why."""


def open_pdf(content: bytes) -> Any:
    """Return pyHanko's reader of a PDF.

    Raises
    ------
    NotReadable
        If it is no PDF, an encrypted one, or larger than is read.
    """
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader

    if len(content) > LARGEST_PDF_BYTES:
        raise NotReadable("a file larger than is read")
    try:
        reader = PdfFileReader(io.BytesIO(content), strict=True)
        is_encrypted = reader.encrypted
        reader.root["/Pages"]
    except (PdfError, *UNREADABLE) as error:
        raise NotReadable(f"no PDF that can be read ({type(error).__name__})") from None
    if is_encrypted:
        raise NotReadable("an encrypted PDF")
    return reader


def attachments_of(reader: Any) -> dict[str, bytes]:
    """Return what is attached to a PDF, by name.

    Raises
    ------
    NotReadable
        If it cannot be read, a name stands twice, or more is there than is read.
    """
    from pyhanko.pdf_utils.misc import PdfError

    found: dict[str, bytes] = {}
    left = LARGEST_INFLATED_BYTES
    try:
        for name, stream in _embedded(reader):
            if name in found or len(found) >= MOST_ATTACHMENTS:
                raise NotReadable("one attachment twice, or more than are read")
            found[name] = _inflated(stream, left)
            left -= len(found[name])
    except (PdfError, *UNREADABLE) as error:
        raise NotReadable(f"attachments cannot be read ({type(error).__name__})") from None
    return found


def _embedded(reader: Any) -> Iterator[tuple[str, Any]]:
    root = reader.root
    if "/Names" in root and "/EmbeddedFiles" in root["/Names"]:
        for specification in _leaves(root["/Names"]["/EmbeddedFiles"], DEEPEST_TREE):
            yield str(specification["/UF"]), specification["/EF"]["/F"]


def _leaves(node: Any, depth: int) -> Iterator[Any]:
    if depth == 0:
        raise ValueError("a tree deeper than is read")
    for index in range(1, len(node["/Names"]) if "/Names" in node else 0, 2):
        yield node["/Names"][index]
    for index in range(len(node["/Kids"]) if "/Kids" in node else 0):
        yield from _leaves(node["/Kids"][index], depth - 1)


def _inflated(stream: Any, most: int) -> bytes:
    raw = bytes(stream.encoded_data)
    if "/Filter" not in stream:
        content, is_whole = raw[: most + 1], True
    elif stream["/Filter"] in ("/FlateDecode", ["/FlateDecode"]):
        unpack = zlib.decompressobj()
        content = unpack.decompress(raw, most + 1)
        is_whole = unpack.eof or len(content) > most
    else:
        raise ValueError("an attachment packed in a way that is not used here")
    if len(content) > most or not is_whole:
        raise ValueError("an attachment that is cut, or larger than is read")
    return content
