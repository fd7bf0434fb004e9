"""Which characters no font of this machine can draw: a page says so, and prints no empty box."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

DATA = re.compile(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=]*")
MOST_NAMED = 3
LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libgobject-2.0.so.0")
FONTS = "fonts-noto-cjk, fonts-noto-core"
MARK = (
    "CHARACTERS WITHOUT A FONT: {count} kinds ({named}) cannot be drawn on the machine that made "
    "this file. They stand as [U+...] in the text, and as boxes in figures; the HTML page and the "
    "tables hold them as they are. Install fonts that have them, such as {fonts}, and make the "
    "report again."
)
_DECLARED = """
    void *pango_ft2_font_map_new(void);
    void *pango_font_map_create_context(void *);
    void *pango_layout_new(void *);
    void *pango_font_description_from_string(const char *);
    void pango_layout_set_font_description(void *, const void *);
    void pango_layout_set_text(void *, const char *, int);
    int pango_layout_get_unknown_glyphs_count(void *);
    void pango_font_description_free(void *);
    void g_object_unref(void *);
"""


def undrawable(text: str) -> tuple[str, ...]:
    """Return the characters of a text that no font of this machine has, in their order."""
    beyond = sorted({char for char in DATA.sub("", text) if ord(char) > 0x17F and _is_seen(char)})  # noqa: PLR2004  # Latin is in every font
    return _without_font("".join(beyond)) if beyond else ()


def _is_seen(char: str) -> bool:
    return unicodedata.category(char)[0] not in "CZM"


def missing_words(missing: Iterable[str]) -> str:
    """Return the mark of a title page for characters without a font.

    >>> missing_words("\u4e2d").split(")")[0]
    'CHARACTERS WITHOUT A FONT: 1 kinds (U+4E2D CJK UNIFIED IDEOGRAPH-4E2D'
    """
    listed = list(missing)
    named = ", ".join(
        f"U+{ord(one):04X} {unicodedata.name(one, '')}" for one in listed[:MOST_NAMED]
    )
    more = ", ..." if len(listed) > MOST_NAMED else ""
    return MARK.format(count=len(listed), named=f"{named}{more}", fonts=FONTS)


def spelt(html: str, missing: Iterable[str]) -> str:
    """Return a page in which characters without a font stand as their code points."""
    return html.translate({ord(one): f"[U+{ord(one):04X}]" for one in missing})


@lru_cache(maxsize=1)
def _libraries() -> tuple[Any, ...]:
    """Return Pango's libraries, none under other names; GObject cannot be unloaded: they stay.

    A library that is let go is closed, and what sets the type afterwards would crash.
    """
    from cffi import FFI

    own = FFI()
    own.cdef(_DECLARED)
    try:
        return tuple(own.dlopen(name) for name in LIBRARIES)
    except OSError:  # WeasyPrint knows the names elsewhere, and tells if there are none
        return ()


@lru_cache(maxsize=64)
def _without_font(characters: str) -> tuple[str, ...]:
    """Ask Pango, which sets the type, for each character by itself."""
    libraries = _libraries()
    if not libraries:
        return ()
    pango, map_of, gobject = libraries
    fonts = map_of.pango_ft2_font_map_new()
    context = pango.pango_font_map_create_context(fonts)
    layout = pango.pango_layout_new(context)
    look = pango.pango_font_description_from_string(b"DejaVu Sans 9")
    pango.pango_layout_set_font_description(layout, look)
    missing = tuple(one for one in characters if _is_unknown(pango, layout, one))
    pango.pango_font_description_free(look)
    for thing in (layout, context, fonts):
        gobject.g_object_unref(thing)
    return missing


def _is_unknown(pango: Any, layout: Any, character: str) -> bool:
    pango.pango_layout_set_text(layout, character.encode(), -1)
    return bool(pango.pango_layout_get_unknown_glyphs_count(layout))
