"""What a protocol may say of any source of intensive care stays."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from samd_validate.readers.events.stays import StayRule


class StayParams(BaseModel):
    """Which stays, which outcome, which variables, and how fine the series is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stays: Literal["first_of_patient", "first_of_admission", "all"] = "first_of_patient"
    minimum_age_years: float = Field(default=18, ge=0)
    horizon_hours: float | None = Field(
        default=None, gt=0, description="death within so many hours; null: until discharge"
    )
    variables: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="names of the dictionary; null: all it measures"
    )
    bin_minutes: int = Field(default=60, ge=1, le=1440)
    release: str = Field(default="", description="name and version; printed, not checked")

    def rule(self, window_hours: float) -> StayRule:
        """Return which stays are wanted for a window of observation."""
        return StayRule(
            stays=self.stays,
            minimum_age_years=self.minimum_age_years,
            window_hours=window_hours,
            horizon_hours=self.horizon_hours,
        )


class CachedStayParams(StayParams):
    """The same for large text tables, of which the needed rows can be kept."""

    keep_cache: bool = Field(default=True, description="keep the needed rows of CSV tables")
    cache: str | None = Field(default=None, description="where; null: the user's cache folder")
