"""Intensive care stays of a warehouse with their hospital visit and person, as one expression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from samd_validate.core.errors import CannotRun, Problem
from samd_validate.readers.events.life import deathtime_in_hospital, whole_years
from samd_validate.readers.events.stays import StayWords

if TYPE_CHECKING:
    import polars as pl


class CareConcepts(BaseModel):
    """Standard concepts that say where a person was, and what became of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stays_in: Literal["visit_detail", "visit_occurrence"] = "visit_detail"
    icu: tuple[int, ...] = Field(
        default=(32037, 581379), min_length=1, description="intensive care, critical care facility"
    )
    died: tuple[int, ...] = Field(default=(4216643,), description="discharged to: patient died")
    emergency: tuple[int, ...] = Field(default=(262, 9203), description="visits by emergency room")

    def words(self) -> StayWords:
        """Return how the cohort flow calls the tables."""
        return StayWords(stays=self.stays_in, admissions="visit_occurrence", patients="person")


def icu_stays(tables: Mapping[str, Any], concepts: CareConcepts) -> Any:
    """Return the rows of intensive care: stay, person, visit, begin, end, and unit."""
    table = tables[concepts.stays_in]
    start = "visit_detail" if concepts.stays_in == "visit_detail" else "visit"
    rows = table.filter(table[f"{start}_concept_id"].isin(concepts.icu))
    return rows.select(
        stay_id=rows[f"{concepts.stays_in}_id"],
        subject_id=rows.person_id,
        hadm_id=rows.visit_occurrence_id,
        intime=rows[f"{start}_start_datetime"],
        outtime=rows[f"{start}_end_datetime"],
        unit_care_site=rows.care_site_id,
    )


def joined(tables: Mapping[str, Any], concepts: CareConcepts) -> Any:
    """Return every intensive care stay with what is known of visit, person, death and place."""
    import ibis

    visit, person, death = (tables[name] for name in ("visit_occurrence", "person", "death"))
    visits = visit.select(
        hadm_id=visit.visit_occurrence_id,
        subject_id=visit.person_id,
        admittime=visit.visit_start_datetime,
        dischtime=visit.visit_end_datetime,
        visit_concept_id=visit.visit_concept_id,
        discharged_to=visit.discharged_to_concept_id,
        hospital_care_site=visit.care_site_id,
        has_admission=ibis.literal(value=True),
    )
    people = person.rename(subject_id="person_id").mutate(has_patient=ibis.literal(value=True))
    deaths = death.group_by(subject_id=death.person_id).aggregate(
        death=ibis.coalesce(death.death_datetime, death.death_date).min()
    )
    stays = icu_stays(tables, concepts)
    for other, keys in (
        (visits, ["hadm_id", "subject_id"]),
        (people, ["subject_id"]),
        (deaths, ["subject_id"]),
        *_places(tables),
    ):
        stays = _left(stays, other, keys)
    return stays


def _left(table: Any, other: Any, keys: list[str]) -> Any:
    """Return a left join by columns that both have, each of them once."""
    renamed = other.rename({f"of_other_{key}": key for key in keys})
    same = [table[key] == renamed[f"of_other_{key}"] for key in keys]
    return table.left_join(renamed, same).drop(*[f"of_other_{key}" for key in keys])


def _places(tables: Mapping[str, Any]) -> list[tuple[Any, list[str]]]:
    """Return names of units and hospitals, and the place of the hospital, where they are kept."""
    if "care_site" not in tables:
        return []
    site = tables["care_site"]
    unit = site.select(unit_care_site=site.care_site_id, first_careunit=site.care_site_name)
    hospital = site.select(
        hospital_care_site=site.care_site_id,
        care_site=site.care_site_name,
        location_id=site.location_id,
    )
    found = [(unit, ["unit_care_site"]), (hospital, ["hospital_care_site"])]
    if "location" in tables:
        place = tables["location"].rename(location="location_source_value")
        found.append((place, ["location_id"]))
    return found


def one_stay_each(frame: pl.DataFrame, gap_minutes: float | None) -> tuple[pl.DataFrame, int]:
    """Return the stays with rows of one visit that follow each other joined, and how many were.

    A row that begins at most ``gap_minutes`` after the end of all before it belongs to the stay of
    the first, whose id and begin stand; None joins nothing. Rows without both times stay alone.
    """
    import polars as pl

    if gap_minutes is None:
        return frame, 0
    visit = ["subject_id", "hadm_id"]
    is_whole = pl.all_horizontal(pl.col("intime", "outtime", *visit).is_not_null())
    timed = frame.filter(is_whole).sort(*visit, "intime", "outtime", "stay_id")
    latest = pl.col("outtime").cum_max().shift(1).over(visit)
    gap = pl.duration(microseconds=round(60_000_000 * gap_minutes))
    begins = (pl.col("intime") > latest + gap).fill_null(True)
    number = begins.cast(pl.Int64).cum_sum().over(visit)
    last = pl.col("outtime").max().over([*visit, "number"])
    whole = timed.with_columns(number=number).with_columns(outtime=last)
    firsts = whole.unique([*visit, "number"], keep="first", maintain_order=True).drop("number")
    every = pl.concat([firsts, frame.filter(~is_whole)])
    return every, frame.height - every.height


def with_outcome(frame: pl.DataFrame, concepts: CareConcepts) -> pl.DataFrame:
    """Return the stays as the rules want them: age, death in hospital, and words for groups.

    Raises
    ------
    CannotRun
        If there is no row of intensive care.
    """
    import polars as pl

    if frame.height == 0:
        raise CannotRun(_no_stay(concepts))
    told = [pl.lit("").alias(name) for name in PLACES if name not in frame.columns]
    is_flagged = pl.col("discharged_to").is_in(concepts.died)
    return (
        frame.with_columns(
            pl.col("intime", "outtime", "admittime", "dischtime", "death").cast(pl.Datetime("us")),
            *told,
            is_flagged=is_flagged,
            is_elsewhere=(pl.col("discharged_to") != 0) & ~is_flagged,
            birth=_birth(),
            gender=pl.col("gender_concept_id").replace_strict(GENDERS, default=""),
            race=_race(),
            admission_type=_admission_type(concepts),
        )
        .with_columns(deathtime=deathtime_in_hospital(), age_years=whole_years())
        .with_columns(age_years=pl.when(pl.col("age_years") >= 0).then("age_years"))
    )


PLACES = ("first_careunit", "care_site", "location")
GENDERS = {8507: "M", 8532: "F"}
RACES = {8527: "WHITE", 8516: "BLACK", 8515: "ASIAN", 0: ""}
HISPANIC = 38003563


def _birth() -> pl.Expr:
    """Return the day of birth; month and day that are not told are January 1st."""
    import polars as pl

    month, day = (pl.col(f"{one}_of_birth").fill_null(1) for one in ("month", "day"))
    told = pl.col("year_of_birth") * 10_000 + month * 100 + day
    return told.cast(pl.String).str.to_datetime("%Y%m%d", time_unit="us", strict=False)


def _race() -> pl.Expr:
    import polars as pl

    race = pl.col("race_concept_id").fill_null(0).replace_strict(RACES, default="OTHER")
    return (
        pl.when(pl.col("ethnicity_concept_id") == HISPANIC).then(pl.lit("HISPANIC")).otherwise(race)
    )


def _admission_type(concepts: CareConcepts) -> pl.Expr:
    import polars as pl

    by_emergency = pl.col("visit_concept_id").is_in(concepts.emergency)
    return pl.when(by_emergency).then(pl.lit("emergency")).otherwise(pl.lit(""))


def _no_stay(concepts: CareConcepts) -> Problem:
    return Problem(
        where=concepts.stays_in,
        found=f"no row with a concept of intensive care ({', '.join(map(str, concepts.icu))})",
        expected="rows that tell when a person was in intensive care",
        todo="say how the warehouse tells it: params.concepts.icu, params.concepts.stays_in",
    )
