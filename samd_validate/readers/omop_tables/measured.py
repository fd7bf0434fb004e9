"""What was measured in intensive care stays: chosen by the engine, reckoned with as elsewhere.

The engine filters concepts and the observation window and counts what lies outside of it; rows
of the window come over in batches. Units, limits, intervals and counts are those of every source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samd_validate.readers.events.bins import FATES, Tally
from samd_validate.readers.events.dictionary import Dictionary, DictionaryVariable
from samd_validate.readers.events.ways import Events
from samd_validate.readers.omop_tables.stays import CareConcepts, icu_stays

if TYPE_CHECKING:
    import polars as pl

SOURCE = "omop"
KEPT_IN = ("measurement", "observation")
BATCH_ROWS = 1_000_000
UNITS = ("unit_concept_id", "unit_source_value")
NO_NUMBER, BEFORE, AFTER = (
    FATES.index(one)
    for one in ("without a number", "before the index time", "after the observation window")
)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The values of a table in the windows of stays, and how many lie outside by stay and item."""

    events: Events
    outside: pl.DataFrame


def measured(
    tables: Mapping[str, Any],
    variables: Sequence[DictionaryVariable],
    concepts: CareConcepts,
    dictionary: Dictionary,
    window_minutes: int,
    folder: Path,
) -> list[Measured]:
    """Return what each table that is there has of the variables; rows are kept in ``folder``."""
    stays = icu_stays(tables, concepts).select("stay_id", "subject_id", "intime")
    ucum = _ucum_of_concepts(tables, dictionary)
    found = []
    for name in KEPT_IN:
        keys = sorted(
            item.key
            for one in variables
            for item in one.items(SOURCE, name)
            if isinstance(item.key, int)
        )
        if keys and name in tables:
            rows = _rows(tables[name], name, sorted(set(keys)))
            found.append(_of_table(rows, name, stays, ucum, window_minutes, folder))
    return found


def _rows(table: Any, name: str, keys: list[int]) -> Any:
    """Return the needed concepts of a table under the names that both tables share."""
    rows = table.filter(table[f"{name}_concept_id"].isin(keys))
    return rows.select(
        person=rows.person_id,
        key=rows[f"{name}_concept_id"],
        charted=rows[f"{name}_datetime"],
        value=rows.value_as_number,
        unit_concept_id=rows.unit_concept_id,
        unit_source_value=rows.unit_source_value,
    )


def _of_table(
    rows: Any, name: str, stays: Any, ucum: dict[int, str], window_minutes: int, folder: Path
) -> Measured:
    import ibis
    import polars as pl

    pairs = rows.inner_join(stays, rows.person == stays.subject_id)
    end = pairs.intime + ibis.interval(minutes=window_minutes)
    is_before, is_after = pairs.charted < pairs.intime, pairs.charted >= end
    inside = pairs.filter(pairs.charted.isnull() | (~is_before & ~is_after))
    path = folder / f"{name}.parquet"
    _fetch(inside.select("subject_id", "stay_id", "key", "charted", "value", *UNITS), path)
    scan = pl.scan_parquet(path)
    counted = _frame(rows.group_by("key", *UNITS).aggregate(len=rows.count()))
    units = _units(counted, ucum)
    frame = scan.join(units.lazy(), on=list(UNITS), how="left", nulls_equal=True).select(
        "subject_id",
        "key",
        "unit",
        "value",
        match=pl.col("stay_id"),
        charted=pl.col("charted").cast(pl.Datetime("us")),
        stored=pl.lit(None, dtype=pl.Datetime("us")),
    )
    totals = counted.join(units, on=list(UNITS), nulls_equal=True).group_by("key", "unit")
    events = Events(table=name, frame=frame, by="stay_id", counted=totals.agg(pl.col("len").sum()))
    return Measured(events=events, outside=_outside(pairs, is_before, is_after))


def _outside(pairs: Any, is_before: Any, is_after: Any) -> pl.DataFrame:
    """Return how many values lie outside the window, by stay, item and fate."""
    import ibis

    is_number = pairs.value.notnull() & ~pairs.value.isnan() & ~pairs.value.isinf()
    early = ibis.ifelse(is_before, BEFORE, AFTER)
    fate = ibis.ifelse(is_number.fill_null(False), early, NO_NUMBER)
    beyond = pairs.mutate(fate=fate).filter(is_before | is_after)
    return _frame(beyond.group_by("stay_id", "key", "fate").aggregate(len=beyond.count()))


def add_outside(
    tally: Tally,
    found: Sequence[Measured],
    stays: pl.DataFrame,
    variables: Sequence[DictionaryVariable],
) -> None:
    """Add to the tally what the engine counted outside the windows of the chosen stays."""
    import polars as pl

    for one in found:
        mine = one.outside.filter(pl.col("stay_id").is_in(stays["stay_id"].implode()))
        for key, fate, count in mine.group_by("key", "fate").agg(pl.col("len").sum()).iter_rows():
            for index, variable in enumerate(variables):
                if any(item.key == key for item in variable.items(SOURCE, one.events.table)):
                    tally.fates[index, fate] += count


def _units(counted: pl.DataFrame, ucum: Mapping[int, str]) -> pl.DataFrame:
    """Return the unit in words for each pair of concept and source value.

    A standard concept is the unit, then what the source wrote; a concept without a UCUM code and
    without words of the source is called by its number, which has no conversion.
    """
    import polars as pl

    rows = []
    for concept, written in counted.select(UNITS).unique().sort(*UNITS).iter_rows():
        unit = ucum.get(concept) or (written or "").strip() or None
        is_known = concept in (None, 0)
        rows.append((concept, written, unit or (None if is_known else f"concept {concept}")))
    schema = {UNITS[0]: pl.Int64, UNITS[1]: pl.String, "unit": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _ucum_of_concepts(tables: Mapping[str, Any], dictionary: Dictionary) -> dict[int, str]:
    """Return the UCUM codes of unit concepts: the dictionary's, else those of the vocabulary.

    In UCUM an annotation alone, such as ``{INR}``, is the unit 1, unless a variable has it.
    """
    known: dict[int, str] = {}
    if "concept" in tables:
        concept = tables["concept"]
        units = concept.filter(concept.vocabulary_id == "UCUM")
        known = dict(_frame(units.select("concept_id", "concept_code")).drop_nulls().iter_rows())
    own = {one.unit for one in dictionary.variables}
    for number, code in known.items():
        if code.startswith("{") and code.endswith("}") and code not in own:
            known[number] = "1"
    return known | dictionary.unit_concepts


def _frame(expression: Any) -> pl.DataFrame:
    import polars as pl

    frame = pl.from_arrow(expression.to_pyarrow())
    assert isinstance(frame, pl.DataFrame)  # noqa: S101  a table of Arrow is a frame
    return frame


def _fetch(expression: Any, path: Path) -> None:
    """Write what an expression gives to a Parquet file on this machine, a batch at a time."""
    import pyarrow.parquet as pq

    with (
        expression.to_pyarrow_batches(chunk_size=BATCH_ROWS) as batches,
        pq.ParquetWriter(path, batches.schema, compression="lz4") as writer,
    ):
        for batch in batches:
            writer.write_batch(batch)
