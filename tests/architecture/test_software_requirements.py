"""The project traces itself: every software requirement has a test, every mark a requirement."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from marked_tests import marks, page

from samd_validate.core.errors import CannotRun
from samd_validate.protocol.folders import ROOT, shipped
from samd_validate.publish import known_requirements
from samd_validate.trace.software import load_software

pytestmark = pytest.mark.requirement("SW-TRACE-SELF")


def test_link_of_a_software_requirement_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(shipped("traceability"), tmp_path / "traceability")
    file = folder / "samd_validate" / "requirements.yaml"
    file.write_text(file.read_text().replace("[62304-5-3]", "[62304-99]").replace("TK-H01", "TK-X"))
    with pytest.raises(CannotRun) as stopped:
        load_software(folder, known_requirements())
    assert "62304-99" in str(stopped.value)
    assert "TK-X" in str(stopped.value)


def test_no_software_requirement_is_without_a_test() -> None:
    marked = {requirement for requirement, _ in marks()}
    needed = {one.id for one in load_software(shipped("traceability"), known_requirements())}
    assert needed - marked == set()


def test_no_test_carries_the_id_of_a_requirement_that_is_not_there() -> None:
    software = {one.id for one in load_software(shipped("traceability"), known_requirements())}
    known = software | known_requirements().requirements.keys()
    assert {requirement for requirement, _ in marks()} - known == set()


def test_requirement_without_a_test_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(
        "import pytest\n"
        "pytestmark = pytest.mark.requirement('SW-A')\n"
        "@pytest.mark.requirement('SW-B')\n"
        "def test_b(): ...\n"
        "def test_c(): ...\n"
    )
    assert list(marks(tmp_path)) == [("SW-A", "test_a.py"), ("SW-B", "test_a.py::test_b")]


def test_every_hazard_of_the_toolkit_has_a_software_requirement() -> None:
    cited = {
        name
        for one in load_software(shipped("traceability"), known_requirements())
        for name in one.hazards
    }
    hazards = known_requirements().hazards.values()
    assert {one.id for one in hazards if one.device == "validation_toolkit"} == cited


def test_page_of_software_requirements_is_that_of_the_marks() -> None:
    assert (ROOT / "docs" / "software_requirements.md").read_text() == page(), "run `make trace`"
