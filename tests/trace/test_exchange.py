"""Requirements as a table and back: nothing is lost, and bad rows are told together."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samd_validate.core.errors import CannotRun
from samd_validate.protocol.yaml_text import parse_yaml
from samd_validate.publish import known_requirements
from samd_validate.trace.exchange import (
    COLUMNS,
    requirements_csv,
    requirements_from_csv,
    requirements_yaml,
)
from samd_validate.trace.inert import inert, original
from samd_validate.trace.schema import Requirement, RequirementFile
from samd_validate.tracing import export_requirements, import_requirements

pytestmark = pytest.mark.requirement("SW-TRACE-EXCHANGE")
SENTENCES = st.text(
    alphabet=st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n;,\"'=+-@"),
    min_size=3,
    max_size=60,
).filter(lambda text: len(text.strip()) >= 3)


def written(items: list[Requirement], tmp_path: Path) -> Path:
    place = tmp_path / "requirements.csv"
    place.write_bytes(requirements_csv(items))
    return place


def faults(content: bytes) -> str:
    with pytest.raises(CannotRun) as stopped:
        requirements_from_csv(content, "r.csv", known_requirements())
    return str(stopped.value)


def test_every_bad_cell_of_every_bad_row_is_told_at_once() -> None:
    rows = requirements_csv(list(known_requirements().requirements.values())[:4]).decode(
        "utf-8-sig"
    )
    lines = rows.split("\r\n")
    lines[1] = lines[1].replace("REQ-INTENDED-USE", "use").replace(",no,", ",perhaps,")
    lines[2] = lines[2].replace("FDA-AIDSF-VAL-SAP", "FDA-AIDSF-VAL-SAPP")
    lines[4] = lines[3]
    words = faults("\r\n".join(lines).encode())
    assert "r.csv:2\n  found:    the column id: 'use'" in words
    assert "the column measured: 'perhaps'" in words
    words = faults("\r\n".join([lines[0], *lines[2:]]).encode())
    assert "a link to 'FDA-AIDSF-VAL-SAPP'" in words
    assert "a second time" in words


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no column 'id'"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"id,title\r\nREQ-A,x", "no column 'clauses'"),
        (b"id,id,colour", "the column 'colour'"),
        (",".join(COLUMNS).encode(), "no requirement"),
        (",".join(COLUMNS).encode() + b"\r\nREQ-A,b", "2 cells"),
        (b'id,"ti', "no CSV"),
    ],
)
def test_file_that_is_no_table_of_requirements(content: bytes, told: str) -> None:
    assert told in faults(content)


def test_catalogue_goes_out_and_comes_back_the_same(tmp_path: Path) -> None:
    items = list(known_requirements().requirements.values())
    content = written(items, tmp_path).read_bytes()
    assert list(requirements_from_csv(content, "r.csv", known_requirements())) == items


@settings(max_examples=40, deadline=None)
@given(title=SENTENCES, text=SENTENCES, supplies=SENTENCES)
def test_any_text_comes_back_as_it_was(title: str, text: str, supplies: str) -> None:
    first = next(iter(known_requirements().requirements.values()))
    fields = {"title": title, "text": text, "manufacturer_supplies": supplies}
    item = Requirement.model_validate({**first.model_dump(), **fields})
    back = requirements_from_csv(requirements_csv([item]), "r.csv", known_requirements())
    assert back == (item,)
    content = parse_yaml(requirements_yaml([item]), "r.yaml").content
    assert RequirementFile.model_validate(content).requirements == (item,)


@given(st.text())
def test_inert_cell_can_be_read_back(cell: str) -> None:
    assert original(inert(cell)) == cell


def test_imported_file_is_one_that_a_protocol_can_name(tmp_path: Path) -> None:
    items = list(known_requirements().requirements.values())[:3]
    place = import_requirements(written(items, tmp_path), tmp_path / "out")
    content = parse_yaml(place.read_bytes(), place.name).content
    assert RequirementFile.model_validate(content).requirements == tuple(items)
    with pytest.raises(CannotRun, match="nothing is written over"):
        import_requirements(tmp_path / "requirements.csv", tmp_path / "out")


def test_export_without_a_run_is_that_of_the_catalogue(tmp_path: Path) -> None:
    export_requirements([], [], tmp_path / "all.csv")
    back = requirements_from_csv(
        (tmp_path / "all.csv").read_bytes(), "all.csv", known_requirements()
    )
    assert {item.id for item in back} == known_requirements().requirements.keys()
