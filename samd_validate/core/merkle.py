"""One digest for many files: the root of a Merkle tree over their names, sizes and digests."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from samd_validate.core.cohort import SourceFile


def merkle_root(files: Sequence[SourceFile]) -> str:
    """Return the root over files in the order of their names; empty where there are none.

    The tree is that of RFC 6962 (section 2.1): a leaf is the SHA-256 of a zero byte and
    ``name``, a zero byte, the size in decimal, a zero byte, and the file's SHA-256 in hexadecimal;
    a node is the SHA-256 of a byte of one and its two children; the left part of ``n`` leaves
    holds the largest power of two below ``n``. So one file can be shown to belong to a data set
    without the others.

    >>> merkle_root(())
    ''
    """
    leaves = sorted((file.name, file.size_bytes, file.sha256) for file in files)
    if not leaves:
        return ""
    hashed = [
        hashlib.sha256(b"\0" + f"{name}\0{size}\0{sha.removeprefix('sha256:')}".encode()).digest()
        for name, size, sha in leaves
    ]
    return f"sha256:{_root(hashed).hex()}"


def _root(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    left = 1 << ((len(leaves) - 1).bit_length() - 1)
    both = _root(leaves[:left]) + _root(leaves[left:])
    return hashlib.sha256(b"\1" + both).digest()
