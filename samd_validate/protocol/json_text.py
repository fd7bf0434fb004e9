"""JSON from outside as a parsed text: limited in size and depth, no key twice, no NaN."""

from __future__ import annotations

import json
from typing import Any

from samd_validate.core.errors import CannotRun, Problem
from samd_validate.protocol.yaml_text import YamlText

MAX_BYTES = 2_000_000


def parse_json(content: bytes, name: str) -> YamlText:
    """Parse JSON bytes; refuse what is too large, too deep, not UTF-8, or has a key twice.

    >>> parse_json(b'{"a": 1}', "x.json").content
    {'a': 1}

    Raises
    ------
    CannotRun
        With what was found.
    """
    if len(content) > MAX_BYTES:
        raise CannotRun(_problem(name, f"{len(content)} bytes", f"at most {MAX_BYTES} bytes"))
    try:
        parsed = json.loads(content, object_pairs_hook=_once, parse_constant=_refused)
    except RecursionError:
        raise CannotRun(_problem(name, "nesting beyond every limit", "readable JSON")) from None
    except ValueError as error:
        words = str(error).split(":")[0].lower()
        raise CannotRun(_problem(name, f"broken JSON ({words})", "readable JSON")) from None
    return YamlText(name=name, content=parsed, lines={})


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a key a second time")
    return content


def _refused(word: str) -> float:
    raise ValueError(f"the number {word}")


def _problem(name: str, found: str, expected: str) -> Problem:
    return Problem(where=name, found=found, expected=expected, todo="take the file as written")
