"""Files of anybody's making, whole ones with parts changed: each is read, or told in words."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from targets import names, target

from samd_validate.core.errors import CannotRun
from samd_validate.readers._tables import TextTable
from samd_validate.trace.exchange import requirements_from_csv

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


@pytest.mark.requirement("SW-OUTSIDE-FILES")
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


FOUND = sorted((Path(__file__).parent / "found").iterdir())


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_file_that_once_crashed_a_parser_is_told(path: Path) -> None:
    target(path.stem.rpartition("-")[0]).read(path.read_bytes())


def test_column_that_stands_twice_is_told_and_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("unit_id,label,label\nu1,0,1\n")
    with pytest.raises(CannotRun) as stopped:
        TextTable(path, ("unit_id", "label"))
    assert [one.found for one in stopped.value.problems] == ["the column 'label' more than once"]


@pytest.mark.parametrize("content", [b"\xff\xfeunit_id\n1\n", b"unit\xff_id\n"])
def test_head_of_a_table_that_is_not_utf8_is_told(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(content)
    with pytest.raises(CannotRun, match="UTF-8"):
        TextTable(path, ("unit_id",))


def test_requirements_of_too_many_columns_are_counted_and_not_listed() -> None:
    head = ",".join(f"c{n}" for n in range(1000)).encode() + b"\n"
    with pytest.raises(CannotRun) as stopped:
        requirements_from_csv(head, "r.csv", target("requirements_csv").catalogue())  # type: ignore[attr-defined]
    assert [one.found for one in stopped.value.problems] == ["1000 columns"]
