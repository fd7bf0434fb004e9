"""A temporary folder that lives as long as somebody may read from it."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path


class HeldFolder:
    """A new folder at ``path``, removed when nothing holds this object any more, or at the end."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="samd-validate-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)
