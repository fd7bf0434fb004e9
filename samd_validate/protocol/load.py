"""From YAML bytes to a protocol, or to every problem at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from samd_validate.core.canonical import digest, digest_bytes
from samd_validate.core.errors import CannotRun, Problem, did_you_mean
from samd_validate.protocol.allowed import allowed_keys, allowed_words
from samd_validate.protocol.schema import Protocol
from samd_validate.protocol.yaml_text import YamlText, parse_yaml

LONGEST_SHOWN = 60


@dataclass(frozen=True, kw_only=True)
class LoadedProtocol:
    """A protocol with the bytes it came from.

    ``digest`` is that of its canonical content and thus the same on every machine and for every
    layout of the YAML; ``source_digest`` is that of the bytes as received.
    """

    protocol: Protocol
    text: YamlText
    source: bytes
    digest: str
    source_digest: str


def load_protocol(path: Path) -> LoadedProtocol:
    """Read and check a protocol.

    Raises
    ------
    CannotRun
        With every problem: its file and line, what was found, what is allowed.
    """
    source = read_bytes(path, "a protocol (YAML)")
    text = parse_yaml(source, path.name)
    protocol = validated(Protocol, text)
    _refuse_doubles(protocol, text)
    return LoadedProtocol(
        protocol=protocol,
        text=text,
        source=source,
        digest=digest(protocol.model_dump(mode="json")),
        source_digest=digest_bytes(source),
    )


def read_bytes(path: Path, what: str) -> bytes:
    """Return the bytes of a file, or say in plain words why not."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise CannotRun(
            Problem(
                where=str(path),
                found=(error.strerror or "unreadable").lower(),
                expected=what,
                todo="check the path and the permissions",
            )
        ) from None


def validated(shape: type[Any], text: YamlText, prefix: tuple[str | int, ...] = ()) -> Any:
    """Return the content of a YAML text as ``shape``, or raise all problems with their lines."""
    try:
        return shape.model_validate(text.content)
    except ValidationError as error:
        raise CannotRun(*problems_of(error, shape, text, prefix)) from None


def problems_of(
    error: ValidationError,
    shape: type[BaseModel],
    text: YamlText,
    prefix: tuple[str | int, ...] = (),
) -> list[Problem]:
    """Translate the complaints of pydantic into problems with file and line."""
    return [_problem_of(item, shape, text, prefix) for item in error.errors(include_url=False)]


def _problem_of(
    item: Any, shape: type[BaseModel], text: YamlText, prefix: tuple[str | int, ...]
) -> Problem:
    inside = tuple(item["loc"])
    written = _as_written(text.content, (*prefix, *inside))
    dotted = ".".join(str(part) for part in written) or "(top level)"
    if item["type"] == "extra_forbidden":
        return Problem(
            where=text.where(written),
            found=f"the unknown key {str(inside[-1])!r} ({dotted})",
            expected=did_you_mean(str(inside[-1]), allowed_keys(shape, inside[:-1])),
            todo="rename or remove the key",
        )
    if item["type"] == "missing":
        return Problem(
            where=text.where(written[:-1] if written else ()),
            found=f"no key {str(inside[-1])!r}",
            expected=f"{dotted} is required",
            todo="add the key",
        )
    if not written and not isinstance(item.get("input"), dict):
        return Problem(  # what was given may be anything, a file of patients too: nothing is shown
            where=text.where(written),
            found="no mapping of keys at the top level",
            expected="a protocol (YAML) with keys such as id, title, datasets and checks",
            todo="give the protocol's file; `samd-validate init` writes one to start from",
        )
    found = _shown(item.get("input"))
    choices = allowed_words(shape, inside)
    expected = did_you_mean(found.strip("'"), choices) if choices else _message(item)
    return Problem(
        where=text.where(written), found=f"{dotted}: {found}", expected=expected, todo="correct it"
    )


def _message(item: Any) -> str:
    message = str(item["msg"]).removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _shown(value: object) -> str:
    if isinstance(value, dict | list | tuple):
        return f"a {'mapping' if isinstance(value, dict) else 'list'}"
    try:
        words = repr(value)
    except ValueError:  # Python writes out no number of more than some thousand digits
        return "a number of more digits than can be read"
    return words if len(words) <= LONGEST_SHOWN else words[: LONGEST_SHOWN - 3] + "..."


def _as_written(content: Any, location: tuple[Any, ...]) -> tuple[str | int, ...]:
    """Return the location without the marks that pydantic adds for the members of a union."""
    written: list[str | int] = []
    last = len(location) - 1
    for number, part in enumerate(location):
        if _has(content, part):
            content = content[part]
        elif number != last or not isinstance(content, dict):
            continue
        written.append(part)
    return tuple(written)


def _has(content: Any, part: Any) -> bool:
    if isinstance(content, list):
        return isinstance(part, int) and part < len(content)
    return isinstance(content, dict) and part in content


def _refuse_doubles(protocol: Protocol, text: YamlText) -> None:
    """Refuse two data sets, steps or criteria of one name."""
    named = {
        "datasets": [dataset.id for dataset in protocol.datasets],
        "checks": [check.step for check in protocol.checks],
        "criteria": [criterion.id for criterion in protocol.criteria],
    }
    problems = [
        Problem(
            where=text.where((section, number)),
            found=f"{section}: the id {name!r} a second time",
            expected="each id once",
            todo="give one of them another id",
        )
        for section, names in named.items()
        for number, name in enumerate(names)
        if name in names[:number]
    ]
    if problems:
        raise CannotRun(*problems)
