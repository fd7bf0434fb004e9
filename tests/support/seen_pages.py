"""Pages as a browser shows them: what they ask for, what they say to its console, and how."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

GRAVE = ("serious", "critical")


@dataclass
class Seen:
    page: Any
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


@contextmanager
def seen(browser: Any, place: Path, **context: Any) -> Iterator[Seen]:
    """Open a file in a context of its own; what it asks for and says is kept."""
    inside = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **context})
    page = inside.new_page()
    kept = Seen(page=page)
    page.on("request", lambda one: kept.asked.append(one.url))
    page.on("console", lambda one: kept.said.append(one.text))
    page.on("pageerror", lambda one: kept.said.append(str(one)))
    page.goto(place.as_uri())
    yield kept
    inside.close()


def grave_findings(page: Any) -> list[str]:
    """Return what axe-core calls serious or critical."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in GRAVE
    ]
