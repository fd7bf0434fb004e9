"""Files of anybody's making, whole ones with parts changed: each is read, or told in words."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from targets import names, target

EXAMPLES = 25
SLOW = frozenset({"report_pdf", "signature_record", "bundle_json", "dicom_image"})
ODD = (b"\0", b"\xff\xff\xff\xff", b"[" * 9000, b"9" * 5000, b"NaN", b"1e999", b"-1", b"\r\n", b'"')


@cache
def seeds(name: str) -> tuple[bytes, ...]:
    return target(name).seeds()


@st.composite
def changed(draw: st.DrawFn, name: str) -> bytes:
    """Return a whole file with parts cut, doubled, exchanged or written over."""
    content = draw(st.sampled_from(seeds(name)))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 40)))
        pieces = (b"", content[start:end] * 2, *ODD)
        piece = draw(st.sampled_from(pieces) | st.binary(max_size=8))
        content = content[:start] + piece + content[end:]
    return content


def test_whole_files_are_read_without_a_word() -> None:
    assert len(names()) >= 25
    for name in names():
        for content in seeds(name):
            target(name).read(content)


@pytest.mark.parametrize("name", names())
def test_changed_file_is_read_or_told(name: str) -> None:
    examples = EXAMPLES // 3 if name in SLOW else EXAMPLES

    @given(st.binary(max_size=200) | changed(name) | changed(name) | changed(name))
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def reads(content: bytes) -> None:
        target(name).read(content)

    reads()
