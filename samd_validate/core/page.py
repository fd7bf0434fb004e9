"""Scripts of a page that stands alone: put together, and the only ones that it lets run."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


def script_of(house: Environment, names: Sequence[str]) -> str:
    """Return the scripts of a page as one."""
    return '"use strict";\n' + "\n".join(template_text(house, name) for name in names)


def source_of(script: str) -> str:
    """Return what a Content-Security-Policy calls a script, so that no other one can run.

    >>> source_of("")
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode('ascii')}'"


def template_text(house: Environment, name: str) -> str:
    """Return a file of the templates as it stands."""
    if house.loader is None:
        raise ValueError("house: an environment with a folder of templates")
    return house.loader.get_source(house, name)[0]
