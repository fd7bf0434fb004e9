"""What a protocol says about plain tables: their columns, and what the columns mean."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Words = Annotated[str, Field(min_length=1)]


class _Params(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GroupColumn(_Params):
    """A column of categories, and the words of the cohort for those of the file."""

    column: Words
    words: dict[str, str] = Field(default_factory=dict)


def _by_name(value: Any) -> Any:
    """Return a list of names as names that stand for themselves."""
    return {name: name for name in value} if isinstance(value, list | tuple) else value


def _as_group(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


Group = Annotated[GroupColumn, BeforeValidator(_as_group)]
Groups = Annotated[dict[str, Group], BeforeValidator(_by_name)]
Numbers = Annotated[dict[str, Words], BeforeValidator(_by_name)]


class StaysParams(_Params):
    """The table with one row per stay: its name without ending, and its columns."""

    table: Words = "stays"
    unit_id: Words = "unit_id"
    patient_id: Words | None = Field(
        default="patient_id", description="null: every stay is another patient"
    )
    site: Words | None = Field(default="site", description="null: one site, named as the data set")
    label: Words = "label"
    index_time: Words | None = Field(default=None, description="needed where times are datetimes")
    stay_hours: Words | None = Field(
        default=None, description="hours until the stay ended; shorter than the window is excluded"
    )
    groups: Groups = Field(default_factory=dict)
    numbers: Numbers = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_kind(self) -> StaysParams:
        words = {self.unit_id, self.patient_id, self.site}
        words |= {group.column for group in self.groups.values()}
        numbers = {self.label, self.stay_hours, *self.numbers.values()}
        double = (words & numbers | (words | numbers) & {self.index_time}) - {None}
        if double:
            named = ", ".join(sorted(str(one) for one in double))
            raise ValueError(f"one column for two kinds of content: {named}")
        return self


class ValuesParams(_Params):
    """The table of values: long, or one row per stay and hour with a column per variable."""

    table: Words = "values"
    unit_id: Words = "unit_id"
    time: Words = "time"
    time_unit: Literal["hours", "minutes", "datetime"] = "hours"
    variable: Words = "variable"
    value: Words = "value"
    unit: Words | None = Field(default=None, description="column with the unit of each value")
    stored: Words | None = Field(default=None, description="column with when it could be read")


class VariableParams(_Params):
    """How the file calls a variable; and what it is, if the dictionary does not know it."""

    item: Words | tuple[Words, ...] | None = Field(
        default=None, description="name(s) in the file; null: the same name"
    )
    unit: Words | None = Field(default=None, description="of values that state none")
    limits: tuple[float, float] | None = None
    aggregate: Literal["mean", "last", "sum"] | None = None
    label: str = ""

    @property
    def is_declared(self) -> bool:
        """Return whether it is told what only the dictionary tells otherwise."""
        return self.limits is not None or self.aggregate is not None or bool(self.label)

    def items(self, name: str) -> tuple[str, ...]:
        """Return the names in the file."""
        if self.item is None:
            return (name,)
        return (self.item,) if isinstance(self.item, str) else self.item


Variables = Annotated[dict[str, VariableParams], Field(min_length=1)]


def _named(value: Any) -> Any:
    return {name: {} for name in value} if isinstance(value, list | tuple) else value


class TableFileParams(_Params):
    """Which layout, which columns, which variables, and what the tables are."""

    layout: Literal["long", "wide_hourly", "wide"]
    stays: StaysParams = StaysParams()
    values: ValuesParams = ValuesParams()
    variables: Annotated[Variables | None, BeforeValidator(_named)] = Field(
        default=None, description="our names; null: what has the dictionary's name in the file"
    )
    bin_minutes: int = Field(default=60, ge=1, le=1440)
    title: str = "tables of a hospital"
    licence: str = "not stated"
    citation: str = "not stated"
    is_simulated: bool = Field(default=False, description="true if no person stands behind a row")

    @model_validator(mode="after")
    def _fit_together(self) -> TableFileParams:
        values = self.values
        if self.layout == "wide_hourly" and (values.time_unit, values.unit, values.stored) != (
            "hours",
            None,
            None,
        ):
            raise ValueError("wide_hourly has hours, and no column of units or of storing")
        is_calendar = self.layout == "long" and values.time_unit == "datetime"
        if is_calendar != bool(self.stays.index_time):
            raise ValueError(
                "stays.index_time belongs to values.time_unit datetime, and only there"
            )
        if self.layout == "wide_hourly" and {values.unit_id, values.time} & self._columns():
            raise ValueError("a variable's column cannot be that of the stay or the hour")
        if self.layout == "wide" and self.variables:
            raise ValueError("wide has no variables over time: name columns in stays.numbers")
        return self

    def _columns(self) -> set[str]:
        named = self.variables or {}
        return {item for name, one in named.items() for item in one.items(name)}
