"""Parameters of the reader of the NIH ChestX-ray14 release."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from samd_validate.readers.nih.entries import ANY, Finding


class NihCxr14Params(BaseModel):
    """Which finding is the label, which images are wanted, and what the reference masks are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    finding: Finding | None = Field(default=None, description="the label; null: any finding")
    findings: tuple[Finding, ...] = Field(
        default=(), description="several: the first is the label, the others are targets beside it"
    )
    part: Literal["train_val", "test", "all"] = Field(
        default="all", description="by the official lists"
    )
    views: Annotated[tuple[Literal["PA", "AP"], ...], Field(min_length=1)] = ("PA", "AP")
    images: str | None = Field(default=None, description="folder of images; null: images...")
    only_images_present: bool = Field(
        default=False, description="leave out, counted, rows whose image is not in the folder"
    )
    boxes: bool = Field(default=False, description="reference masks from boxes of the label")
    masks: str | None = Field(
        default=None, description="folder of masks by image name; they go before boxes"
    )
    labels: tuple[int, ...] | None = Field(default=None, description="labels a mask may hold")

    @model_validator(mode="after")
    def _one_way(self) -> NihCxr14Params:
        if self.finding is not None and self.findings:
            raise ValueError("give either finding or findings")
        if len(set(self.findings)) < len(self.findings):
            raise ValueError("findings must not name one twice")
        return self

    @property
    def wanted(self) -> tuple[str, ...]:
        """Return the findings, the label first."""
        return self.findings or (self.finding or ANY,)
