"""Keyed pseudonyms: the same person here, nobody elsewhere."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from samd_validate.core.arrays import Column

KEY_BYTES = 32
SHOWN = 16


def pseudonyms(identifiers: Column, key: bytes) -> list[str]:
    """Return a keyed pseudonym (HMAC-SHA-256, 64 bits shown) of each identifier.

    >>> import numpy as np
    >>> pseudonyms(np.array(["a", "a"]), b"k")[0] == pseudonyms(np.array(["a"]), b"k")[0]
    True
    """
    return [
        hmac.new(key, str(identifier).encode(), hashlib.sha256).hexdigest()[:SHOWN]
        for identifier in identifiers.tolist()
    ]


def local_key() -> bytes:
    """Return this machine's secret key, made on first use; it never enters a bundle."""
    base = Path(os.environ.get("XDG_CONFIG_HOME", Path.home() / ".config"))
    path = base / "samd-validate" / "pseudonym.key"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        staged = path.with_name(f".{path.name}.{os.getpid()}")
        staged.touch(mode=0o600)
        staged.write_bytes(secrets.token_bytes(KEY_BYTES))
        try:
            os.link(staged, path)
        except FileExistsError:
            pass
        finally:
            staged.unlink()
    return path.read_bytes()
