"""With what and on what a run was made: packages, machine, seeds, and the root of its files."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest
from black_box import small_black_box

from samd_validate import pipeline
from samd_validate.core.cohort import SourceFile
from samd_validate.core.merkle import merkle_root
from samd_validate.evidence.bundle import read_bundle
from samd_validate.evidence.machine import machine
from samd_validate.evidence.sbom import files_digest, sbom_bytes

pytestmark = pytest.mark.requirement("REQ-REPRODUCIBILITY")


@pytest.mark.requirement("SW-SBOM-COMPLETE")
def test_bill_of_materials_is_valid_cyclonedx_and_complete() -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = sbom_bytes().decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    named = {one["name"]: one for one in bill["components"]}
    assert {"numpy", "scipy", "pydantic", "cryptography"} <= named.keys()
    assert len(named["numpy"]["hashes"][0]["content"]) == 64
    assert bill["metadata"]["component"]["name"] == "samd-validate"
    edges = {one["ref"]: one.get("dependsOn", []) for one in bill["dependencies"]}
    assert any(ref.startswith("numpy==") for ref in edges[f"scipy=={named['scipy']['version']}"])


def test_bill_of_materials_has_the_same_bytes_in_another_process() -> None:
    code = "import sys; from samd_validate.evidence.sbom import sbom_bytes; "
    code += "sys.stdout.buffer.write(sbom_bytes())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == sbom_bytes()


def test_hash_of_a_package_is_that_of_its_wheel_and_not_of_its_place(tmp_path: Path) -> None:
    lines = ["a/x.py,sha256=AAA,3", "a/y.py,sha256=BBB,4", "a-1.dist-info/RECORD,,"]
    added = ["../../bin/a,sha256=CCC,9", "a-1.dist-info/INSTALLER,sha256=DDD,4", "a/x.pyc,,"]
    digests = set()
    for number, record in enumerate((lines, [*reversed(lines), *added])):
        place = tmp_path / str(number) / "a-1.dist-info"
        place.mkdir(parents=True)
        (place / "RECORD").write_text("\n".join(record))
        digests.add(files_digest(PathDistribution(place)))
    assert len(digests) == 1
    empty = tmp_path / "b-1.dist-info"
    empty.mkdir()
    assert files_digest(PathDistribution(empty)) == ""


def test_machine_tells_threads_and_flags_and_no_name_of_a_host() -> None:
    import platform

    told = machine()
    assert isinstance(told["processors"], int)
    assert told["processor"]
    assert platform.node() not in json.dumps(told)


def file(name: str, content: bytes) -> SourceFile:
    sha = hashlib.sha256(content).hexdigest()
    return SourceFile(name=name, size_bytes=len(content), sha256=sha)


def leaf(one: SourceFile) -> bytes:
    told = f"{one.name}\0{one.size_bytes}\0{one.sha256}".encode()
    return hashlib.sha256(b"\0" + told).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def test_merkle_root_of_one_two_and_five_files_by_hand() -> None:
    files = [file(name, name.encode()) for name in "abcde"]
    a, b, c, d, e = (leaf(one) for one in files)
    assert merkle_root(files[:1]) == f"sha256:{a.hex()}"
    assert merkle_root(files[:2]) == f"sha256:{node(a, b).hex()}"
    five = node(node(node(a, b), node(c, d)), e)
    assert merkle_root(files) == merkle_root(files[::-1]) == f"sha256:{five.hex()}"


def test_merkle_root_moves_with_a_name_a_size_and_a_byte() -> None:
    base = [file("a", b"1"), file("b", b"2")]
    others = [[file("c", b"1"), base[1]], [file("a", b"3"), base[1]], base[:1], [*base, base[0]]]
    assert len({merkle_root(one) for one in (base, *others)}) == 5


def test_bundle_holds_machine_seeds_root_and_bill(tmp_path: Path) -> None:
    small_black_box(tmp_path / "p.yaml")
    data = {"my-predictions": tmp_path / "p.csv"}
    with pipeline.sealed_run(tmp_path / "p.yaml", data, tmp_path / "r") as evidence:
        bundle = read_bundle(evidence)
    manifest = json.loads((evidence / "manifest.json").read_bytes())
    assert set(manifest["beside"]) == {"machine.json", "looks.json"}
    assert "sbom.cdx.json" in manifest["files"]
    assert bundle.seeds["protocol"] == "1"
    assert {"dataset/validation", "check/calibration"} <= bundle.seeds.keys()
    (cohort,) = bundle.cohorts
    assert cohort.merkle_root == merkle_root(cohort.provenance.files) != ""
    assert bundle.machine["processors_allowed"]
