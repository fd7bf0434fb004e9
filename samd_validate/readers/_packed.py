"""Packed files of anybody, unpacked up to a limit: a small file must not fill the memory."""

from __future__ import annotations

import io
import zlib

LARGEST_BYTES = 2_000_000_000
MOST_TIMES, ALWAYS_BYTES = 100, 50_000_000
"""Tables of numbers shrink to a tenth; deflate can shrink a thousandfold what holds nothing."""
PIECE = 1 << 20
AS_GZIP, AS_DEFLATE = 31, -15


class PacksTooMuch(OSError):
    """A packed file that holds more than is unpacked; the message says how much that is."""


def most_unpacked(n_packed: int) -> int:
    """Return how many bytes may come out of so many.

    >>> most_unpacked(100)
    50000000
    """
    return min(LARGEST_BYTES, max(ALWAYS_BYTES, MOST_TIMES * n_packed))


def gunzipped(content: bytes) -> bytes:
    """Return what a gzip file of one or several members holds.

    Raises
    ------
    PacksTooMuch
        If more comes out than is unpacked.
    EOFError, zlib.error
        If it breaks off or is damaged.
    """
    found = _unpacked(content, AS_GZIP)
    if not found.is_whole:
        raise EOFError("a gzip file that breaks off")
    return found.content


def refuse_deflated(content: bytes) -> None:
    """Raise :class:`PacksTooMuch` where a raw deflate stream holds more than is unpacked."""
    _unpacked(content, AS_DEFLATE)


class _Unpacked:
    def __init__(self, content: bytes, is_whole: bool) -> None:
        self.content, self.is_whole = content, is_whole


def _unpacked(content: bytes, kind: int) -> _Unpacked:
    most, sink, rest, is_whole = most_unpacked(len(content)), io.BytesIO(), content, False
    while rest.strip(b"\0"):
        unpack = zlib.decompressobj(kind)
        while rest and not unpack.eof:
            sink.write(unpack.decompress(rest, PIECE))
            rest = unpack.unconsumed_tail
            if sink.tell() > most:
                raise PacksTooMuch(f"a packed file that holds more than {most:,} bytes")
        is_whole, rest = unpack.eof, unpack.unused_data
        if not is_whole or kind == AS_DEFLATE:
            break
    return _Unpacked(sink.getvalue(), is_whole)
