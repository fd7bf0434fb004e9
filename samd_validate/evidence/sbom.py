"""What is installed, as a CycloneDX bill of materials: versions, licences, and digests."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import Distribution, distributions
from typing import TYPE_CHECKING, Any

from samd_validate import __version__
from samd_validate.core.canonical import canonical_bytes, digest
from samd_validate.evidence.steps import code_digest

if TYPE_CHECKING:
    from cyclonedx.model.component import Component

SBOM_FILE = "sbom.cdx.json"
ELSEWHERE = ("INSTALLER", "REQUESTED", "RECORD", "direct_url.json", "uv_cache.json")
LONGEST_LICENCE = 80
OWN = "samd-validate"
PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
OSI = "License :: "


@cache
def sbom_bytes() -> bytes:
    """Return the packages of this environment as canonical CycloneDX 1.6 JSON.

    The hash of a package is that of the list of its files with the digests that its wheel gave
    them (its RECORD without what an installation adds), so that one wheel has one hash on every
    machine. Time and serial number are left out: two runs must have the same bytes.
    """
    from cyclonedx.model.bom import Bom
    from cyclonedx.output.json import JsonV1Dot6

    installed = _installed()
    own = installed.pop(OWN, None)
    made = {name: _made(name, found) for name, found in installed.items()}
    root = _component(OWN, __version__, code_digest(), "Apache-2.0")
    bom = Bom(components=made.values())
    bom.metadata.component = root
    bom.register_dependency(root, _needed(own, made, with_extras=True) if own else made.values())
    for name, component in made.items():
        bom.register_dependency(component, _needed(installed[name], made, with_extras=False))
    told: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    told.pop("serialNumber", None)
    told["metadata"].pop("timestamp", None)
    return canonical_bytes(told) + b"\n"


def _installed() -> dict[str, Distribution]:
    """Return the distributions that an import finds, by their normalised names."""
    found: dict[str, Distribution] = {}
    for distribution in distributions():
        found.setdefault(_normalised(str(distribution.metadata["Name"])), distribution)
    return {name: found[name] for name in sorted(found)}


def _made(name: str, distribution: Distribution) -> Component:
    files, licence = files_digest(distribution), _licence(distribution)
    return _component(name, distribution.version, files, licence)


def _needed(
    distribution: Distribution, made: Mapping[str, Component], *, with_extras: bool
) -> list[Component]:
    """Return those of the installed packages that a package says it needs."""
    needs = [one for one in distribution.requires or [] if with_extras or "extra ==" not in one]
    names = {_normalised(match[0]) for one in needs if (match := PACKAGE.match(one))}
    return [made[name] for name in sorted(names & made.keys())]


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def files_digest(distribution: Distribution) -> str:
    """Return the digest of a package's files as its wheel listed them; empty if it lists none."""
    record = distribution.read_text("RECORD") or ""
    lines = sorted(
        (path, sha)
        for path, sha, *_ in csv.reader(record.splitlines())
        if sha and not path.startswith("..") and path.rpartition("/")[2] not in ELSEWHERE
    )
    return digest(lines) if lines else ""


def _component(name: str, version: str, sha: str, licence: str) -> Component:
    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.license import DisjunctiveLicense
    from packageurl import PackageURL

    is_own = name == OWN
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=sha.removeprefix("sha256:"))]
    return Component(
        name=name,
        version=version,
        type=ComponentType.APPLICATION if is_own else ComponentType.LIBRARY,
        bom_ref=f"{name}=={version}",
        purl=PackageURL(type="pypi", name=name, version=version),
        hashes=hashes if sha else (),
        licenses=[DisjunctiveLicense(name=licence)] if licence else (),
    )


def _licence(distribution: Distribution) -> str:
    """Return what a package says of its licence in a few words; empty if it does not."""
    metadata = distribution.metadata
    named = [
        entry.removeprefix(OSI).removeprefix("OSI Approved :: ")
        for entry in metadata.get_all("Classifier") or []
        if entry.startswith(OSI)
    ]
    expression = metadata.get_all("License-Expression") or metadata.get_all("License") or [""]
    is_expression = bool(metadata.get_all("License-Expression"))
    told = "; ".join(named) if named and not is_expression else expression[0]
    first = str(told).strip().splitlines()
    return first[0][:LONGEST_LICENCE] if first else ""
