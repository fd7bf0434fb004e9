"""The variable dictionary: one name, unit and limits for a quantity, whatever its source."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from samd_validate.core.canonical import digest
from samd_validate.core.cohort import Variable
from samd_validate.core.errors import Problem, did_you_mean, gather
from samd_validate.protocol.load import read_bytes, validated
from samd_validate.protocol.yaml_text import YamlText, parse_yaml

Words = Annotated[str, Field(min_length=1)]
SHIPPED = Path(__file__).parents[1] / "variables.yaml"


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Conversion(_Record):
    """``factor * value + offset`` brings a value from one UCUM unit to another."""

    factor: float = 1.0
    offset: float = 0.0


class UnitConversion(Conversion):
    """A conversion that holds for every substance."""

    source: Words = Field(alias="from")
    to: Words


class SourceItem(_Record):
    """Where a source keeps a variable: table, item, and the unit if a row states none."""

    table: Words
    key: int | Words
    unit: Words
    part: Words | None = None
    subtract: bool = False
    already_between: tuple[float, float] | None = None


class DictionaryVariable(_Record):
    """A variable of the dictionary; ``limits`` are inclusive, in ``unit``.

    A treatment is what was given, not measured, and is read only where it is named.
    """

    name: Words
    label: Words
    loinc: str | None = Field(default=None, pattern=r"^\d{1,7}-\d$")
    unit: Words
    limits: tuple[float, float]
    aggregate: Literal["mean", "last", "sum"]
    is_treatment: bool = False
    conversions: dict[str, float] = Field(default_factory=dict)
    sources: dict[str, tuple[SourceItem, ...]]

    def variable(self) -> Variable:
        """Return the variable as a cohort has it."""
        low, high = self.limits
        return Variable(name=self.name, unit=self.unit, low=low, high=high, label=self.label)

    def items(self, source: str, table: str) -> tuple[SourceItem, ...]:
        """Return where a table of a source has the variable."""
        return tuple(item for item in self.sources.get(source, ()) if item.table == table)

    def parts(self, source: str) -> tuple[str, ...]:
        """Return the parts that must be added up in a source, none for most variables."""
        found = (item.part for item in self.sources.get(source, ()))
        return tuple(sorted({part for part in found if part is not None}))


class Dictionary(_Record):
    """All variables, the spellings of units, and the conversions between units."""

    schema_version: Literal[1]
    spellings: dict[str, tuple[str, ...]]
    unit_concepts: dict[int, str] = Field(default_factory=dict)
    conversions: tuple[UnitConversion, ...]
    variables: tuple[DictionaryVariable, ...]

    @property
    def fingerprint(self) -> str:
        """Return the digest of the content."""
        return digest(self.model_dump(mode="json", by_alias=True))

    def chosen(self, source: str, names: tuple[str, ...] | None) -> tuple[DictionaryVariable, ...]:
        """Return variables of a source by name, or all it measures, in the dictionary's order.

        Raises
        ------
        CannotRun
            With every name the dictionary lacks or has no item for in this source.
        """
        offered = {one.name: one for one in self.variables if one.sources.get(source)}
        measured = tuple(name for name, one in offered.items() if not one.is_treatment)
        wanted = measured if names is None else names
        gather([_not_offered(name, source, offered) for name in wanted if name not in offered])
        return tuple(one for name, one in offered.items() if name in wanted)

    def named(self, name: str) -> DictionaryVariable:
        """Return a variable that is known to be in the dictionary; KeyError if it is not.

        >>> shipped_dictionary().named("lactate").unit
        'mmol/L'
        """
        return {one.name: one for one in self.variables}[name]

    def ucum(self, spelling: str) -> str:
        """Return the UCUM code of a unit as written in a source; what is unknown stays.

        >>> shipped_dictionary().ucum("mmHg")
        'mm[Hg]'
        """
        for code, spellings in self.spellings.items():
            if spelling in spellings:
                return code
        return spelling

    def conversion(self, one: DictionaryVariable, unit: str) -> Conversion | None:
        """Return how a value in ``unit`` (UCUM) comes to the variable's unit; None: no way.

        >>> known = shipped_dictionary()
        >>> (glucose,) = known.chosen("mimic_iv", ("glucose",))
        >>> known.conversion(glucose, "mmol/L").factor
        18.016
        >>> known.conversion(glucose, "kg") is None
        True
        """
        if unit == one.unit:
            return Conversion()
        if unit in one.conversions:
            return Conversion(factor=one.conversions[unit])
        for general in self.conversions:
            if general.source == unit and general.to == one.unit:
                return Conversion(factor=general.factor, offset=general.offset)
        return None


def load_dictionary(path: Path) -> Dictionary:
    """Read and check a dictionary.

    Raises
    ------
    CannotRun
        With every problem and its line: unknown or missing keys, a name or item twice, limits in
        the wrong order, a LOINC code whose check digit is wrong, a unit without a conversion.
    """
    text = parse_yaml(read_bytes(path, "a variable dictionary (YAML)"), path.name)
    dictionary: Dictionary = validated(Dictionary, text)
    gather(_faults(dictionary, text))
    return dictionary


@cache
def shipped_dictionary() -> Dictionary:
    """Return the dictionary that comes with the readers."""
    return load_dictionary(SHIPPED)


def _faults(dictionary: Dictionary, text: YamlText) -> list[Problem]:
    problems = []
    seen: set[str] = set()
    for number, one in enumerate(dictionary.variables):
        where = text.where(("variables", number))
        for found, expected in _faults_of(dictionary, one, one.name in seen):
            problems.append(_fault(where, f"{one.name}: {found}", expected))
        seen.add(one.name)
    return problems


def _faults_of(
    dictionary: Dictionary, one: DictionaryVariable, is_double: bool
) -> list[tuple[str, str]]:
    """Return found and expected of what the shape alone cannot tell."""
    faults = []
    if is_double:
        faults.append(("the name a second time", "each variable once"))
    if one.limits[0] > one.limits[1]:
        faults.append(("limits in the wrong order", "[low, high]"))
    if one.loinc is not None and not has_loinc_check_digit(one.loinc):
        faults.append((f"LOINC {one.loinc!r}", "a code whose check digit fits"))
    for source, items in one.sources.items():
        keys = [(item.table, item.key) for item in items]
        if len(set(keys)) < len(keys):
            faults.append((f"an item twice in {source}", "each item once per variable"))
        is_mixed = any(item.part for item in items) and not all(item.part for item in items)
        if is_mixed and one.aggregate != "last":
            found = f"items with and without a part in {source}"
            faults.append((found, "all or none, unless the last value stands"))
        faults += [
            (f"unit {item.unit!r} of {source} {item.key}", f"a conversion to {one.unit!r}")
            for item in items
            if dictionary.conversion(one, item.unit) is None
        ]
    return faults


def has_loinc_check_digit(code: str) -> bool:
    """Return whether the digit after the hyphen is the modulus-10 check digit of those before it.

    >>> has_loinc_check_digit("8867-4"), has_loinc_check_digit("8867-5")
    (True, False)
    """
    body, _, check = code.partition("-")
    total = 0
    for place, digit in enumerate(reversed(body)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled  # noqa: PLR2004
    return (10 - total % 10) % 10 == int(check)


def _not_offered(name: str, source: str, offered: dict[str, DictionaryVariable]) -> Problem:
    return Problem(
        where=f"variable {name!r}",
        found=f"nothing in {source} for it",
        expected=did_you_mean(name, offered),
        todo="choose among these, or add its items to the variable dictionary",
    )


def _fault(where: str, found: str, expected: str) -> Problem:
    return Problem(where=where, found=found, expected=expected, todo="correct the dictionary")
