"""What a schema allows at a place: keys of a mapping, words of a choice."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


def allowed_keys(shape: type[BaseModel], location: tuple[Any, ...]) -> list[str]:
    """Return the keys that the schema knows at a location of pydantic's form.

    >>> from samd_validate.protocol.schema import Protocol
    >>> allowed_keys(Protocol, ("datasets", 0, "expect"))
    ['min_units', 'min_events', 'fingerprint']
    """
    schema = shape.model_json_schema()
    return list(_at(schema, location).get("properties", {}))


def allowed_words(shape: type[BaseModel], location: tuple[Any, ...]) -> list[str]:
    """Return the words of a closed choice at a location, or nothing if it is open.

    >>> from samd_validate.protocol.schema import Protocol
    >>> allowed_words(Protocol, ("split", "method"))
    ['random', 'site', 'temporal']
    """
    schema = shape.model_json_schema()
    found = _at(schema, location)
    words = list(found.get("discriminator", {}).get("mapping", {}))
    for choice in (found, *found.get("anyOf", ())):
        words += [word for word in choice.get("enum", ()) if isinstance(word, str)]
        if isinstance(choice.get("const"), str):
            words.append(choice["const"])
    return words


def _at(schema: dict[str, Any], location: tuple[Any, ...]) -> dict[str, Any]:
    here = schema
    for part in location:
        here = _resolved(_step(_resolved(here, schema), part, schema), schema)
    return _resolved(here, schema)


def _step(here: dict[str, Any], part: Any, schema: dict[str, Any]) -> dict[str, Any]:
    if isinstance(part, int):
        return dict(here.get("items", {}))
    if part in here.get("properties", {}):
        return dict(here["properties"][part])
    for choice in (*here.get("oneOf", ()), *here.get("anyOf", ())):
        member = _resolved(choice, schema)
        use = member.get("properties", {}).get("use", {}).get("const")
        if use == part or part in member.get("properties", {}):
            return member if use == part else dict(member["properties"][part])
    return {}


def _resolved(here: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in here:
        return dict(schema["$defs"][here["$ref"].rsplit("/", 1)[1]])
    members = [choice for choice in here.get("anyOf", ()) if choice.get("type") != "null"]
    if len(members) == 1 and "anyOf" in here:
        return _resolved(members[0], schema)
    return here
