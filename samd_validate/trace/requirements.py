"""From the folder ``traceability/`` to requirements whose every link leads somewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from samd_validate.core.arrays import frozen_mapping
from samd_validate.core.canonical import digest
from samd_validate.core.errors import CannotRun, Problem, did_you_mean, gather
from samd_validate.core.matrix import Citation
from samd_validate.protocol.load import read_bytes, validated
from samd_validate.protocol.yaml_text import YamlText, parse_yaml
from samd_validate.trace.schema import (
    Acceptability,
    Clause,
    ClauseFile,
    EvidenceKind,
    EvidenceKindFile,
    Hazard,
    HazardFile,
    Requirement,
    RequirementFile,
    Source,
)


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """Requirements, hazards and clauses by id, every link between them checked.

    ``own`` are the ids whose texts belong to the device of a protocol and not to the catalogue;
    ``acceptability`` is what its manufacturer calls unacceptable.
    """

    requirements: Mapping[str, Requirement]
    hazards: Mapping[str, Hazard]
    clauses: Mapping[str, Clause]
    sources: Mapping[str, Source]
    source_of: Mapping[str, str]
    evidence_kinds: Mapping[str, EvidenceKind]
    own: frozenset[str] = frozenset()
    acceptability: Acceptability | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the ids of the requirements, in the order of the file."""
        return tuple(self.requirements)

    def citation(self, clause: str) -> Citation:
        """Return a clause as it is cited."""
        source, found = self.sources[self.source_of[clause]], self.clauses[clause]
        return Citation(
            id=clause,
            source=source.short,
            clause=found.clause,
            title=found.title,
            verification=found.verification,
            draft_label=source.draft_label,
        )

    def sources_of(self, clauses: Iterable[str]) -> tuple[str, ...]:
        """Return the ids of the sources that clauses come from, each once."""
        return tuple(dict.fromkeys(self.source_of[clause] for clause in clauses))

    def digests(self) -> dict[str, str]:
        """Return the digest of the text of every requirement and hazard.

        A bundle that keeps these shows later which texts changed after the run.
        """
        texts: dict[str, BaseModel] = {**self.requirements, **self.hazards}
        return {name: digest(item.model_dump(mode="json")) for name, item in texts.items()}


@dataclass(frozen=True, kw_only=True)
class _Texts:
    requirements: YamlText
    hazards: YamlText
    kinds: YamlText
    clauses: tuple[tuple[YamlText, ClauseFile], ...]


def load_requirements(folder: Path) -> Requirements:
    """Read ``requirements.yaml``, ``hazards.yaml``, ``evidence_kinds.yaml`` and ``clauses/``.

    Raises
    ------
    CannotRun
        With every unknown key, doubled id and link that leads nowhere, with file and line.
    """
    problems: list[Problem] = []
    requirements = _read(folder / "requirements.yaml", RequirementFile, problems)
    hazards = _read(folder / "hazards.yaml", HazardFile, problems)
    kinds = _read(folder / "evidence_kinds.yaml", EvidenceKindFile, problems)
    paths = sorted((folder / "clauses").glob("*.yaml"))
    files = [_read(path, ClauseFile, problems) for path in paths]
    gather(problems)
    clauses = tuple((text, file) for text, file in files if text is not None)
    texts = _Texts(
        requirements=requirements[0], hazards=hazards[0], kinds=kinds[0], clauses=clauses
    )
    loaded = Requirements(
        requirements=_by_id(requirements[1].requirements, texts.requirements, problems),
        hazards=_by_id(hazards[1].hazards, texts.hazards, problems),
        evidence_kinds=_by_id(kinds[1].evidence_kinds, texts.kinds, problems),
        clauses=_clauses(texts, problems),
        sources=frozen_mapping({file.source.id: file.source for _, file in clauses}),
        source_of=frozen_mapping({c.id: f.source.id for _, f in clauses for c in f.clauses}),
    )
    _refuse_dead_links(loaded, texts, problems)
    gather(problems)
    return loaded


def _read(path: Path, shape: type[Any], problems: list[Problem]) -> tuple[Any, Any]:
    name = f"{path.parent.name}/{path.name}"
    try:
        text = parse_yaml(read_bytes(path, "a file of the folder traceability/"), name)
        return text, validated(shape, text)
    except CannotRun as error:
        problems.extend(error.problems)
        return None, None


def _by_id(items: Iterable[Any], text: YamlText, problems: list[Problem]) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for item in items:
        if item.id in found:
            problems.append(doubled(text.name, item.id))
        found[item.id] = item
    return frozen_mapping(found)


def _clauses(texts: _Texts, problems: list[Problem]) -> Mapping[str, Clause]:
    found: dict[str, Clause] = {}
    for text, file in texts.clauses:
        for clause in file.clauses:
            if clause.id in found:
                problems.append(doubled(text.name, clause.id))
            found[clause.id] = clause
    return frozen_mapping(found)


def _refuse_dead_links(loaded: Requirements, texts: _Texts, problems: list[Problem]) -> None:
    for number, requirement in enumerate(loaded.requirements.values()):
        where = texts.requirements.where(("requirements", number))
        problems += dead_links(where, requirement.clauses, loaded.clauses)
        problems += dead_links(where, requirement.hazards, loaded.hazards)
        problems += dead_links(where, requirement.evidence_kinds, loaded.evidence_kinds)
    for number, hazard in enumerate(loaded.hazards.values()):
        where = texts.hazards.where(("hazards", number))
        problems += dead_links(where, hazard.clauses, loaded.clauses)
        problems += dead_links(where, hazard.evidence_kinds, loaded.evidence_kinds)
    for text, file in texts.clauses:
        for number, clause in enumerate(file.clauses):
            where = text.where(("clauses", number))
            problems += dead_links(where, clause.evidence_kinds, loaded.evidence_kinds)


def dead_links(where: str, links: Iterable[str], known: Mapping[str, object]) -> list[Problem]:
    """Return a problem for each link that leads to nothing known."""
    return [
        Problem(
            where=where,
            found=f"a link to {link!r}",
            expected=_near(link, known),
            todo="correct the link, or add what it leads to",
        )
        for link in links
        if link not in known
    ]


def _near(link: str, known: Mapping[str, object]) -> str:
    """Name what was perhaps meant; a list of hundreds of clauses would help nobody."""
    return did_you_mean(link, known).split("; ")[0].split("? ")[0][:200]


def doubled(where: str, name: str) -> Problem:
    """Return the problem of an id that stands twice."""
    return Problem(
        where=where,
        found=f"the id {name!r} a second time",
        expected="each id once",
        todo="give one of them another id",
    )
