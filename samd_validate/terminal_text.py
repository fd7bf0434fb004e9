"""Words of protocols and data at a terminal: they are shown, and command nothing."""

from __future__ import annotations

from rich.markup import escape

from samd_validate.core.visible import on_one_line


def told(words: object) -> str:
    r"""Return words for Rich: no markup in them is one, nothing moves the cursor.

    >>> told("criteria[ranking].at_least") == r"criteria\[ranking].at_least"
    True
    """
    return escape(on_one_line(str(words)))
