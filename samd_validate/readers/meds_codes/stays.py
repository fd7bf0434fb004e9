"""Stays, admissions and people out of the codes of an event stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from samd_validate.readers.events.life import deathtime_in_hospital, whole_years
from samd_validate.readers.events.stays import StayWords

if TYPE_CHECKING:
    import polars as pl


class LifeCodes(BaseModel):
    """The codes that say who, when and what became of them: whole, or as a start before ``//``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    birth: str = Field(default="MEDS_BIRTH", min_length=1)
    death: str = Field(default="MEDS_DEATH", min_length=1)
    hospital_admission: str = Field(default="HOSPITAL_ADMISSION", min_length=1)
    hospital_discharge: str = Field(default="HOSPITAL_DISCHARGE", min_length=1)
    died: str = Field(default="HOSPITAL_DISCHARGE//DIED", min_length=1)
    icu_admission: str = Field(default="ICU_ADMISSION", min_length=1)
    icu_discharge: str = Field(default="ICU_DISCHARGE", min_length=1)
    gender: str = Field(default="GENDER", min_length=1)
    race: str = Field(default="RACE", min_length=1)

    def words(self) -> StayWords:
        """Return how the cohort flow calls them."""
        return StayWords(
            stays=f"codes {self.icu_admission}",
            admissions=f"codes {self.hospital_admission}",
            patients="the events",
        )

    def kinds(self, codes: list[str]) -> pl.DataFrame:
        """Return the codes that are one of these, their kind, and the word after it."""
        import polars as pl

        rows = [
            (code, kind, _word(code, name))
            for kind, name in self.model_dump().items()
            if kind != "died"
            for code in codes
            if _is_one(code, name)
        ]
        schema = {"code": pl.String, "kind": pl.String, "word": pl.String}
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        died = [code for code in codes if _is_one(code, self.died)]
        return frame.with_columns(is_died=pl.col("code").is_in(died))


def _is_one(code: str, name: str) -> bool:
    return code == name or code.startswith(f"{name}//")


def _word(code: str, name: str) -> str:
    return code.removeprefix(name).removeprefix("//").partition("//")[0]


def joined_stays(life: pl.DataFrame) -> pl.DataFrame:
    """Return every ICU admission with its discharge, hospital stay and person.

    ``life`` has ``subject_id``, ``time``, ``kind``, ``word`` and ``is_died``. An admission ends
    with the next discharge after it; an ICU stay belongs to the last hospital admission before
    it, if that has not ended yet.
    """
    import polars as pl

    stays = _pairs(life, "icu", "outtime").select(
        "subject_id", "outtime", intime="time", first_careunit="word"
    )
    stays = stays.sort("subject_id", "intime", nulls_last=True).with_row_index("stay_id")
    admissions = _pairs(life, "hospital", "dischtime").sort("subject_id", "time", nulls_last=True)
    admissions = admissions.with_row_index("hadm_id").select(
        "subject_id", "hadm_id", "dischtime", admittime="time", admission_type="word",
        is_flagged="is_died_at_end", discharged_to="word_at_end",
        has_admission=pl.lit(True),
    )  # fmt: skip
    found = _latest(stays, admissions.drop_nulls("admittime"), "intime", "admittime")
    has_ended = (pl.col("dischtime") < pl.col("intime")).fill_null(False)
    mine = [name for name in admissions.columns if name != "subject_id"]
    placed = found.with_columns(pl.when(~has_ended).then(pl.col(*mine)))
    with_person = placed.join(_people(life), on="subject_id", how="left").with_columns(
        has_patient=pl.lit(True), stay_id=pl.col("stay_id").cast(pl.Int64)
    )
    for kind, name in (("gender", "gender"), ("race", "race")):
        with_person = _latest(with_person, _told(life, kind, name), "intime", "told")
    return with_person.with_columns(is_elsewhere=_is_elsewhere()).with_columns(
        deathtime=deathtime_in_hospital(), age_years=whole_years()
    )


def _pairs(life: pl.DataFrame, which: str, end: str) -> pl.DataFrame:
    """Return each admission with the next discharge of the subject after it, if there is one."""
    import polars as pl

    starts = life.filter(pl.col("kind") == f"{which}_admission")
    ends = life.filter(pl.col("kind") == f"{which}_discharge").drop_nulls("time")
    ends = ends.select("subject_id", "time", is_died_at_end="is_died", word_at_end="word").sort(
        "time"
    )
    paired = starts.drop_nulls("time").sort("time").join_asof(
        ends.with_columns(pl.col("time").alias(end)), on="time", by="subject_id",
        strategy="forward", allow_exact_matches=False, check_sortedness=False,
    )  # fmt: skip
    untimed = starts.filter(pl.col("time").is_null())
    return pl.concat([paired, untimed], how="diagonal")


def _latest(stays: pl.DataFrame, told: pl.DataFrame, at: str, time: str) -> pl.DataFrame:
    """Return the stays with the last row of ``told`` at or before their time ``at``."""
    import polars as pl

    timed = stays.drop_nulls(at).sort(at)
    placed = timed.join_asof(
        told.sort(time), left_on=at, right_on=time, by="subject_id", strategy="backward",
        check_sortedness=False, coalesce=False,
    )  # fmt: skip
    return pl.concat([placed, stays.filter(pl.col(at).is_null())], how="diagonal")


def _told(life: pl.DataFrame, kind: str, name: str) -> pl.DataFrame:
    """Return what is told of a subject, and since when; what has no time holds from the start."""
    import polars as pl

    start = pl.datetime(1, 1, 1, time_unit="us")
    rows = life.filter(pl.col("kind") == kind).select(
        "subject_id", pl.col("word").alias(name), told=pl.col("time").fill_null(start)
    )
    return rows.sort("subject_id", "told", name)


def _people(life: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    firsts = [
        life.filter(pl.col("kind") == kind).group_by("subject_id").agg(pl.col("time").min())
        for kind in ("birth", "death")
    ]
    birth, death = (
        frame.rename({"time": kind}) for frame, kind in zip(firsts, ("birth", "death"), strict=True)
    )
    return birth.join(death, on="subject_id", how="full", coalesce=True)


def _is_elsewhere() -> pl.Expr:
    """Return whether the code of discharge names where the patient went."""
    import polars as pl

    is_told = ~pl.col("discharged_to").fill_null("").is_in(["", "UNK"])
    return is_told & ~pl.col("is_flagged").fill_null(False)
