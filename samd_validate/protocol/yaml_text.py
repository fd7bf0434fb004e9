"""YAML as text with line numbers: safe, without duplicate keys, limited in size and depth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from samd_validate.core.errors import CannotRun, Problem

MAX_BYTES = 1_000_000
MAX_NODES = 50_000
MAX_DEPTH = 40


class _Loader(yaml.SafeLoader):
    """A safe loader that leaves dates as text."""


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, regexp) for tag, regexp in resolvers if not tag.endswith(":timestamp")]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, kw_only=True)
class YamlText:
    """A parsed YAML text: its value, and where each part of it stands."""

    name: str
    content: Any
    lines: dict[tuple[str | int, ...], int]

    def where(self, location: tuple[str | int, ...]) -> str:
        """Return ``file:line`` of the part, or of the nearest part around it."""
        for end in range(len(location), -1, -1):
            if location[:end] in self.lines:
                return f"{self.name}:{self.lines[location[:end]]}"
        return self.name


def parse_yaml(content: bytes, name: str) -> YamlText:
    """Parse YAML bytes; refuse what is too large, too deep, not UTF-8, or has a key twice.

    ``name`` is how the file is called in messages.

    Raises
    ------
    CannotRun
        With the line and what to do.
    """
    text = _decoded(content, name)
    try:
        _refuse_bombs(text, name)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise CannotRun(_syntax_problem(error, name)) from None
    except yaml.YAMLError as error:
        raise CannotRun(_problem(name, str(error).splitlines()[0], "readable YAML")) from None
    if node is None:
        raise CannotRun(_problem(name, "an empty file", "a YAML mapping"))
    lines: dict[tuple[str | int, ...], int] = {}
    _note_lines(node, (), lines, name)
    return YamlText(name=name, content=_constructed(node, name), lines=lines)


def _constructed(node: yaml.Node, name: str) -> Any:
    loader = _Loader("")
    try:
        return loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        raise CannotRun(_syntax_problem(error, name)) from None
    except ValueError:
        raise CannotRun(_problem(name, "a value that YAML cannot read", "plain values")) from None
    finally:
        loader.dispose()


def _decoded(content: bytes, name: str) -> str:
    if len(content) > MAX_BYTES:
        raise CannotRun(_problem(name, f"{len(content)} bytes", f"at most {MAX_BYTES} bytes"))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise CannotRun(_problem(f"{name}:{line}", "bytes that are not UTF-8", "UTF-8")) from None


def _refuse_bombs(text: str, name: str) -> None:
    """Refuse nesting and alias expansion beyond what a protocol can need."""
    depth = nodes = 0
    sizes: dict[str, int] = {}
    open_anchors: list[tuple[str | None, int]] = []
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            nodes += _alias_size(str(event.anchor), sizes, open_anchors)
        elif isinstance(event, yaml.NodeEvent):
            nodes += 1
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            open_anchors.append((event.anchor, nodes))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            anchor, start = open_anchors.pop()
            if anchor is not None:
                sizes[anchor] = nodes - start + 1
        elif isinstance(event, yaml.ScalarEvent) and event.anchor is not None:
            sizes[event.anchor] = 1
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            line = event.start_mark.line + 1 if event.start_mark else 1
            where = f"{name}:{line}"
            limits = f"at most {MAX_DEPTH} levels and {MAX_NODES} nodes after alias expansion"
            raise CannotRun(_problem(where, "nesting or aliases beyond the limits", limits))


def _alias_size(
    anchor: str, sizes: dict[str, int], open_anchors: list[tuple[str | None, int]]
) -> int:
    """Return how many nodes an alias stands for; one inside its own anchor never ends."""
    if any(name == anchor for name, _ in open_anchors):
        return MAX_NODES + 1
    return sizes.get(anchor, 0)


def _note_lines(
    node: yaml.Node,
    location: tuple[str | int, ...],
    lines: dict[tuple[str | int, ...], int],
    name: str,
) -> None:
    lines.setdefault(location, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in seen:
                where = f"{name}:{key_node.start_mark.line + 1}"
                raise CannotRun(_problem(where, f"the key {key!r} a second time", "each key once"))
            seen.add(key)
            lines[(*location, key)] = key_node.start_mark.line + 1
            _note_lines(value_node, (*location, key), lines, name)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            _note_lines(item, (*location, number), lines, name)


def _syntax_problem(error: yaml.MarkedYAMLError, name: str) -> Problem:
    mark = error.problem_mark
    where = f"{name}:{mark.line + 1}" if mark is not None else name
    return _problem(where, error.problem or "broken YAML", "readable YAML")


def _problem(where: str, found: str, expected: str) -> Problem:
    return Problem(where=where, found=found, expected=expected, todo="correct the file")
