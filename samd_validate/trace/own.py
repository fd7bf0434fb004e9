"""Requirements and hazards of one device: files that a protocol names, kept whole in its evidence.

What stands in them takes the place of the catalogue's text of the same id; the rest is added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from samd_validate.core.arrays import frozen_mapping
from samd_validate.core.bundle import Bundle
from samd_validate.core.canonical import plain
from samd_validate.core.errors import CannotRun, Problem, gather
from samd_validate.protocol.folders import shipped
from samd_validate.protocol.load import LoadedProtocol, read_bytes, validated
from samd_validate.protocol.yaml_text import YamlText, parse_yaml
from samd_validate.trace.requirements import Requirements, dead_links, doubled
from samd_validate.trace.schema import (
    Acceptability,
    Hazard,
    HazardFile,
    Requirement,
    RequirementFile,
)

TEXTS = "requirement_texts"
"""Name of the attachment in which a bundle keeps the device's requirements and hazards."""


@dataclass(frozen=True, kw_only=True)
class OwnTexts:
    """The requirements and hazards that belong to a device; empty where a protocol names none."""

    requirements: tuple[Requirement, ...] = ()
    hazards: tuple[Hazard, ...] = ()
    acceptability: Acceptability | None = None


def load_own(protocol: Path, loaded: LoadedProtocol, catalogue: Requirements) -> OwnTexts:
    """Read the files that a protocol names: beside it, or else beside the shipped protocols.

    Raises
    ------
    CannotRun
        With every unknown key, doubled id and link that leads nowhere, with file and line.
    """
    named = loaded.protocol
    problems: list[Problem] = []
    asked = _read(protocol, loaded, "requirements", named.requirements, RequirementFile, problems)
    feared = _read(protocol, loaded, "hazards", named.hazards, HazardFile, problems)
    gather(problems)
    own = OwnTexts(
        requirements=asked[1].requirements if asked else (),
        hazards=feared[1].hazards if feared else (),
        acceptability=feared[1].acceptability if feared else None,
    )
    known = with_own(catalogue, own)
    if asked:
        problems += _faults(asked[0], "requirements", own.requirements, known)
    if feared:
        problems += _faults(feared[0], "hazards", own.hazards, known)
    gather(problems)
    return own


def _read(
    protocol: Path,
    loaded: LoadedProtocol,
    key: str,
    name: str | None,
    shape: type[Any],
    problems: list[Problem],
) -> tuple[YamlText, Any] | None:
    if name is None:
        return None
    places = (protocol.parent / name, shipped("protocols") / name)
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        problems.append(
            Problem(
                where=loaded.text.where((key,)),
                found=f"no file {name}",
                expected=f"the device's {key}, at a path relative to the protocol",
                todo="write the file or correct its name",
            )
        )
        return None
    try:
        text = parse_yaml(read_bytes(path, f"the device's {key} (YAML)"), name)
        return text, validated(shape, text)
    except CannotRun as error:
        problems.extend(error.problems)
        return None


def _faults(
    text: YamlText, key: str, items: Iterable[Requirement | Hazard], known: Requirements
) -> list[Problem]:
    problems: list[Problem] = []
    seen: set[str] = set()
    for number, item in enumerate(items):
        where = text.where((key, number))
        if item.id in seen:
            problems.append(doubled(where, item.id))
        seen.add(item.id)
        problems += dead_links(where, item.clauses, known.clauses)
        problems += dead_links(where, item.evidence_kinds, known.evidence_kinds)
        problems += dead_links(where, getattr(item, "hazards", ()), known.hazards)
    return problems


def with_own(catalogue: Requirements, own: OwnTexts) -> Requirements:
    """Return the catalogue with a device's texts in it, first those of the device."""
    requirements: dict[str, Requirement] = {item.id: item for item in own.requirements}
    hazards: dict[str, Hazard] = {item.id: item for item in own.hazards}
    return replace(
        catalogue,
        requirements=frozen_mapping({**requirements, **_others(catalogue.requirements, own)}),
        hazards=frozen_mapping({**hazards, **_others(catalogue.hazards, own)}),
        own=frozenset([*requirements, *hazards]),
        acceptability=own.acceptability,
    )


def _others(known: Mapping[str, Any], own: OwnTexts) -> dict[str, Any]:
    replaced = {item.id for item in own.requirements} | {item.id for item in own.hazards}
    return {name: item for name, item in known.items() if name not in replaced}


def kept_texts(own: OwnTexts) -> dict[str, object]:
    """Return the attachment in which a bundle keeps a device's texts; empty where it has none."""
    if own == OwnTexts():
        return {}
    stated = own.acceptability
    content: dict[str, object] = {
        "schema_version": 1,
        "requirements": [item.model_dump(mode="json") for item in own.requirements],
        "hazards": [item.model_dump(mode="json") for item in own.hazards],
        "acceptability": None if stated is None else stated.model_dump(mode="json"),
    }
    return {TEXTS: content}


def own_of(bundle: Bundle) -> OwnTexts:
    """Return the texts that a bundle was made with.

    Raises
    ------
    CannotRun
        If what it holds is not of this shape.
    """
    kept = plain(bundle.attachments.get(TEXTS) or {})
    if not isinstance(kept, dict) or not kept:
        return OwnTexts()
    try:
        stated = kept["acceptability"]
        return OwnTexts(
            requirements=tuple(Requirement.model_validate(one) for one in kept["requirements"]),
            hazards=tuple(Hazard.model_validate(one) for one in kept["hazards"]),
            acceptability=None if stated is None else Acceptability.model_validate(stated),
        )
    except (ValidationError, KeyError, TypeError) as error:
        raise CannotRun(
            Problem(
                where=f"attachments/{TEXTS}.json",
                found=f"texts that do not fit ({type(error).__name__})",
                expected="requirements and hazards as they were written with the evidence",
                todo="run samd-validate verify on the folder",
            )
        ) from None
