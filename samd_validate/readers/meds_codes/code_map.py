"""Which code of an event stream is which variable of the dictionary, and in which unit."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from samd_validate.core.errors import Problem, did_you_mean, gather
from samd_validate.protocol.load import read_bytes, validated
from samd_validate.protocol.yaml_text import YamlText, parse_yaml
from samd_validate.readers.events.dictionary import (
    Dictionary,
    DictionaryVariable,
    SourceItem,
    Words,
)

if TYPE_CHECKING:
    import polars as pl

SOURCE = "meds"
EVENTS = "events"
UNIT = "{unit}"
# how the published conversion of MIMIC-IV writes the items of each table
PREFIXES = {"chartevents": "LAB", "labevents": "LAB", "outputevents": "SUBJECT_FLUID_OUTPUT"}


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MappedCode(_Entry):
    """A code, whole or up to ``{unit}``, and the variable it measures.

    ``unit`` is that of codes which state none; the rest is as in the variable dictionary.
    """

    code: Words
    variable: Words
    unit: Words
    part: Words | None = None
    subtract: bool = False
    already_between: tuple[float, float] | None = None

    def item(self) -> SourceItem:
        """Return it as an item of the dictionary."""
        rest = self.model_dump(exclude={"code", "variable"})
        return SourceItem(table=EVENTS, key=self.code, **rest)


class CodeMap(_Entry):
    """A code map of one's own: a YAML file."""

    schema_version: Literal[1]
    codes: tuple[MappedCode, ...] = Field(min_length=1)


def mapped_dictionary(known: Dictionary, path: Path | None) -> Dictionary:
    """Return the dictionary with items of MEDS: those of a code map, or of MIMIC-IV by rule.

    By rule, an item of MIMIC-IV is the code ``LAB//ITEM//{unit}``, or
    ``SUBJECT_FLUID_OUTPUT//ITEM//{unit}`` for outputs.

    Raises
    ------
    CannotRun
        With each fault of the code map: an unknown variable, a unit without a conversion, a code
        twice for a variable, ``{unit}`` before the end.
    """
    if path is None:
        items = {one.name: _of_mimic(one) for one in known.variables}
    else:
        items = _of_map(known, path)
    variables = tuple(
        one.model_copy(update={"sources": {SOURCE: items.get(one.name, ())}})
        for one in known.variables
    )
    return known.model_copy(update={"variables": variables})


def _of_mimic(one: DictionaryVariable) -> tuple[SourceItem, ...]:
    own = one.sources.get(SOURCE, ())
    derived = tuple(
        item.model_copy(
            update={"table": EVENTS, "key": f"{PREFIXES[item.table]}//{item.key}//{UNIT}"}
        )
        for item in one.sources.get("mimic_iv", ())
        if item.table in PREFIXES
    )
    return own + derived


def _of_map(known: Dictionary, path: Path) -> dict[str, tuple[SourceItem, ...]]:
    text = parse_yaml(read_bytes(path, "a code map (YAML)"), path.name)
    codes: CodeMap = validated(CodeMap, text)
    gather(_faults(known, codes, text))
    items: dict[str, tuple[SourceItem, ...]] = {}
    for one in codes.codes:
        items[one.variable] = (*items.get(one.variable, ()), one.item())
    return items


def _faults(known: Dictionary, codes: CodeMap, text: YamlText) -> list[Problem]:
    variables = {one.name: one for one in known.variables}
    seen: set[tuple[str, str]] = set()
    problems = []
    for number, one in enumerate(codes.codes):
        where = text.where(("codes", number))
        variable = variables.get(one.variable)
        if variable is None:
            expected = did_you_mean(one.variable, variables)
            problems.append(_fault(where, f"variable {one.variable!r}", expected))
        elif known.conversion(variable, known.ucum(one.unit)) is None:
            expected = f"a unit with a conversion to {variable.unit!r}"
            problems.append(_fault(where, f"unit {one.unit!r}", expected))
        if (one.code, one.variable) in seen:
            problems.append(_fault(where, f"code {one.code!r} a second time", "each code once"))
        if UNIT in one.code.removesuffix(UNIT) or one.code == UNIT:
            problems.append(_fault(where, f"code {one.code!r}", f"{UNIT} at the end, or nowhere"))
        seen.add((one.code, one.variable))
    return problems


def _fault(where: str, found: str, expected: str) -> Problem:
    return Problem(where=where, found=found, expected=expected, todo="correct the code map")


def code_ways(
    codes: Iterable[str], variables: Iterable[DictionaryVariable], unstated: str
) -> pl.DataFrame:
    """Return ``code``, ``key`` (the item it belongs to) and ``unit`` (as written; null: none).

    Of several items that fit a code the longest stands; codes of no item have no row.
    """
    import polars as pl

    keys = {str(item.key) for one in variables for item in one.items(SOURCE, EVENTS)}
    starts = sorted((key.removesuffix(UNIT) for key in keys if key.endswith(UNIT)), key=len)
    rows: list[tuple[str, str, str | None]] = []
    for code in sorted(set(codes)):
        fitting = [start for start in starts if code.startswith(start)]
        if code in keys:
            rows.append((code, code, None))
        elif fitting:
            unit = code.removeprefix(fitting[-1])
            rows.append((code, fitting[-1] + UNIT, None if unit == unstated else unit))
    schema = {"code": pl.String, "key": pl.String, "unit": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")
