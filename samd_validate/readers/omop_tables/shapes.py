"""Tables of the OMOP Common Data Model v5.4: which are read, their columns, and the faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from samd_validate.core.errors import Problem, did_you_mean

Kind = Literal["id", "time", "day", "number", "text"]
TYPES = {
    "id": "int64",
    "time": "timestamp",
    "day": "timestamp",
    "number": "float64",
    "text": "string",
}
EXPECTED = {
    "id": "an integer type",
    "time": "a timestamp without time zone",
    "day": "a date or a timestamp without time zone",
    "number": "a numeric type",
    "text": "a text type",
}


@dataclass(frozen=True, kw_only=True)
class CdmTable:
    """A table as the model has it: its name, its key, and the columns that are read."""

    name: str
    columns: Mapping[str, Kind]
    key: str | None = None


PERSON = CdmTable(
    name="person",
    key="person_id",
    columns={
        "person_id": "id",
        "gender_concept_id": "id",
        "year_of_birth": "id",
        "month_of_birth": "id",
        "day_of_birth": "id",
        "race_concept_id": "id",
        "ethnicity_concept_id": "id",
    },
)
VISIT_OCCURRENCE = CdmTable(
    name="visit_occurrence",
    key="visit_occurrence_id",
    columns={
        "visit_occurrence_id": "id",
        "person_id": "id",
        "visit_concept_id": "id",
        "visit_start_datetime": "time",
        "visit_end_datetime": "time",
        "care_site_id": "id",
        "discharged_to_concept_id": "id",
    },
)
VISIT_DETAIL = CdmTable(
    name="visit_detail",
    key="visit_detail_id",
    columns={
        "visit_detail_id": "id",
        "person_id": "id",
        "visit_detail_concept_id": "id",
        "visit_detail_start_datetime": "time",
        "visit_detail_end_datetime": "time",
        "visit_occurrence_id": "id",
        "care_site_id": "id",
    },
)
DEATH = CdmTable(
    name="death", columns={"person_id": "id", "death_date": "day", "death_datetime": "time"}
)
MEASUREMENT = CdmTable(
    name="measurement",
    columns={
        "person_id": "id",
        "measurement_concept_id": "id",
        "measurement_datetime": "time",
        "value_as_number": "number",
        "unit_concept_id": "id",
        "unit_source_value": "text",
    },
)
OBSERVATION = CdmTable(
    name="observation",
    columns={
        "person_id": "id",
        "observation_concept_id": "id",
        "observation_datetime": "time",
        "value_as_number": "number",
        "unit_concept_id": "id",
        "unit_source_value": "text",
    },
)
CARE_SITE = CdmTable(
    name="care_site",
    key="care_site_id",
    columns={"care_site_id": "id", "care_site_name": "text", "location_id": "id"},
)
LOCATION = CdmTable(
    name="location",
    key="location_id",
    columns={"location_id": "id", "location_source_value": "text"},
)
CONCEPT = CdmTable(
    name="concept",
    key="concept_id",
    columns={"concept_id": "id", "concept_code": "text", "vocabulary_id": "text"},
)
NEEDED = (PERSON, VISIT_OCCURRENCE, VISIT_DETAIL, DEATH, MEASUREMENT)
OPTIONAL = (OBSERVATION, CARE_SITE, LOCATION, CONCEPT)


def faults(shape: CdmTable, table: Any) -> list[Problem]:
    """Return what is wrong with the columns of an Ibis table."""
    schema = table.schema()
    found = []
    for name, kind in shape.columns.items():
        if name not in schema:
            expected = did_you_mean(name, schema.names)
            found.append(problem(shape.name, f"no column {name!r}", expected))
        elif not _fits(schema[name], kind) and has_values(table, name):
            words = f"column {name!r} of type {schema[name]}"
            found.append(problem(shape.name, words, EXPECTED[kind]))
    return found


def has_values(table: Any, name: str) -> bool:
    """Return whether a column has a value; one without any may have any type."""
    return bool(table[name].count().to_pyarrow().as_py())


def _fits(dtype: Any, kind: Kind) -> bool:
    is_whole = dtype.is_integer() or (dtype.is_decimal() and dtype.scale == 0)
    is_local = dtype.is_timestamp() and dtype.timezone is None
    fits: dict[str, bool] = {
        "id": is_whole,
        "number": dtype.is_numeric() and not dtype.is_boolean(),
        "time": is_local,
        "day": is_local or dtype.is_date(),
        "text": dtype.is_string(),
    }
    return fits[kind]


def typed(shape: CdmTable, table: Any) -> Any:
    """Return the columns that are read, in the types that are reckoned with."""
    import ibis

    schema = table.schema()
    return table.select(
        **{
            name: (
                table[name].cast(TYPES[kind])
                if _fits(schema[name], kind)
                else ibis.null().cast(TYPES[kind])
            )
            for name, kind in shape.columns.items()
        }
    )


def key_faults(shape: CdmTable, table: Any) -> list[Problem]:
    """Return rows without a key, and rows whose key was seen before."""
    if shape.key is None:
        return []
    key = table[shape.key]
    counts = table.aggregate(rows=table.count(), known=key.count(), distinct=key.nunique())
    row = counts.to_pyarrow().to_pylist()[0]
    found = []
    if row["rows"] > row["known"]:
        empty = row["rows"] - row["known"]
        found.append(problem(shape.name, f"{empty} rows without {shape.key}", "a key in each row"))
    if row["known"] > row["distinct"]:
        words = f"{row['known'] - row['distinct']} rows with a {shape.key} seen before"
        found.append(problem(shape.name, words, "each key once"))
    return found


def problem(where: str, found: str, expected: str) -> Problem:
    """Return a problem of a table."""
    todo = "correct the table, or bind the right warehouse"
    return Problem(where=where, found=found, expected=expected, todo=todo)
