"""The lock of a protocol: what was promised, when and by whom, in a file beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from samd_validate.core.canonical import canonical_bytes, digest
from samd_validate.core.errors import CannotRun, Problem
from samd_validate.protocol.json_text import parse_json
from samd_validate.protocol.load import read_bytes, validated
from samd_validate.protocol.schema import Sentence, Shape

LOCK_SUFFIX = ".lock.json"
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Moment = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}\+00:00$")]
Version = Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]


class Signer(Shape):
    """Who locks, in which role, and what the lock means."""

    name: Sentence
    role: Sentence
    meaning: Sentence


class Signature(Shape):
    """A signature over the lock without this part: X.509 certificate (PEM) and value (base64)."""

    algorithm: Literal["ed25519", "ecdsa-sha256", "rsa-pss-sha256"]
    certificate: str
    value: str


class Change(Shape):
    """One key of a protocol that an amendment changed, its values as JSON text; None: no key."""

    key: str
    before: str | None
    after: str | None


class Amendment(Shape):
    """From one locked version to the next: why, decided when, what changed.

    ``previous_lock`` is the digest of the file of the lock before. ``looks_before`` counts the
    readings of test labels by earlier versions that the ledger knew of; None: no ledger.
    """

    previous_lock: Digest
    previous_protocol: Digest
    from_version: Version
    to_version: Version
    reason: Sentence
    date: Day
    changes: tuple[Change, ...]
    looks_before: int | None


class Signable(Shape):
    """What a person signs: the canonical form of all of it but the signature."""

    signature: Signature | None = None

    def signed_bytes(self) -> bytes:
        """Return the bytes that are signed: the canonical form without the signature."""
        return canonical_bytes(self.model_dump(mode="json", exclude={"signature"}))

    def file_bytes(self) -> bytes:
        """Return the bytes of its file."""
        return canonical_bytes(self.model_dump(mode="json")) + b"\n"


class Lock(Signable):
    """A protocol as it was promised, with the digests of the recipes that it names."""

    schema_version: Literal[1]
    protocol_id: str
    version: Version
    protocol_digest: Digest
    source_digest: Digest
    recipes: dict[str, Digest]
    content: dict[str, Any]
    locked_at: Moment
    signer: Signer
    software_version: str
    amendments: tuple[Amendment, ...] = ()


def lock_path(protocol: Path) -> Path:
    """Return where the lock of a protocol lies.

    >>> lock_path(Path("protocols/icu_mortality.yaml")).as_posix()
    'protocols/icu_mortality.lock.json'
    """
    return protocol.with_name(f"{protocol.stem}{LOCK_SUFFIX}")


def load_lock(path: Path) -> tuple[Lock, bytes]:
    """Read a lock, and the bytes of its file.

    Raises
    ------
    CannotRun
        If it is no lock, or if the content in it is not that of the digest in it.
    """
    source = read_bytes(path, "a lock written by samd-validate lock")
    lock: Lock = validated(Lock, parse_json(source, path.name))
    if digest(lock.content) != lock.protocol_digest:
        raise CannotRun(
            Problem(
                where=path.name,
                found="a content that is not that of its digest",
                expected="the lock as it was written",
                todo="take the lock from its archive",
            )
        )
    return lock, source


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Return every key that two protocols do not share, in the order of its name.

    Parts of a list go by their id, so that one more criterion is one more key.

    >>> [c.key for c in changes_between({"seed": 1}, {"seed": 2})]
    ['seed']
    """
    old, new = dict(_flat(before)), dict(_flat(after))
    return tuple(
        Change(key=key, before=old.get(key), after=new.get(key))
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    )


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for name in value:
            yield from _flat(value[name], f"{key}.{name}" if key else str(name))
    elif isinstance(value, list | tuple) and value and all(isinstance(v, Mapping) for v in value):
        for name, item in zip(_names(value), value, strict=True):
            yield from _flat(item, f"{key}[{name}]")
    else:
        yield key, canonical_bytes(value).decode()


def _names(items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the ids of a list's parts, or their places where ids are missing or doubled."""
    names = [str(item.get("id") or item.get("use") or "") for item in items]
    if all(names) and len(set(names)) == len(names):
        return names
    return [str(number) for number in range(len(items))]
