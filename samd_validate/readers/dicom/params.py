"""What a protocol says of a folder of DICOM radiographs."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from samd_validate.readers.dicom.pixels import Grey
from samd_validate.readers.dicom.tags import Acquired
from samd_validate.readers.images.source import Millimetres

Scanner: TypeAlias = Literal["manufacturer", "model", "station", "institution"]
Label: TypeAlias = Annotated[int, Field(ge=1, le=65535)]
Modality: TypeAlias = Literal["CR", "DX", "MG", "IO", "PX", "RF", "XA", "US", "OT", "SC"]


def _below(name: str) -> str:
    """Return the path of something below the bound folder, as short as it can be."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError("must lie below the bound folder")
    return "" if str(path) == "." else str(path)


Below: TypeAlias = Annotated[str, AfterValidator(_below)]


class DicomColumns(BaseModel):
    """Which column of the table holds what; what it holds goes before the header's tags."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str = Field(default="file", description="path of the image below the folder, with /")
    patient: str | None = None
    site: str | None = None
    label: str | None = Field(default=None, description="0 or 1; null: whether the mask is empty")
    mask: str | None = Field(default=None, description="path of the mask below masks.folder")
    groups: dict[str, str] = Field(default_factory=dict, description="our name: its column")
    numbers: dict[str, str] = Field(default_factory=dict, description="our name: its column")


class DicomMasks(BaseModel):
    """Where reference masks come from, and what a mask may hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Literal["files", "seg", "rtstruct"] = "files"
    folder: Below | None = Field(default=None, description="null: beside the images")
    suffix: str = Field(default=".png", description="ending of mask files, in place of the image's")
    structures: dict[str, Label] | None = Field(
        default=None, description="name or number of a structure: its label; null: its number"
    )
    labels: tuple[int, ...] | None = Field(
        default=None, description="labels a mask may hold; null: any"
    )
    missing: Literal["refuse", "exclude"] = "refuse"

    @model_validator(mode="after")
    def _structures_of_objects(self) -> DicomMasks:
        if self.source == "files" and self.structures is not None:
            raise ValueError("structures are chosen of seg or rtstruct; files hold labels")
        return self


class DicomFolderParams(BaseModel):
    """Which images are wanted, how they become grey, and what names sites, groups and masks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    images: Below = Field(default="", description="folder of the images below the bound one")
    table: Below | None = Field(default=None, description="CSV of labels, below the bound folder")
    columns: DicomColumns = DicomColumns()
    masks: DicomMasks | None = None
    modalities: Annotated[tuple[Modality, ...], Field(min_length=1)] = ("CR", "DX")
    other_modalities: Literal["refuse", "exclude"] = "refuse"
    where: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="group: values that an image must have"
    )
    grey: Grey = Field(
        default="window", description="window: as the file asks to be shown; full: full bit depth"
    )
    site: Literal["data_set"] | Scanner = Field(
        default="data_set", description="what is a site, where the table has no column of it"
    )
    scanner: tuple[Scanner, ...] = Field(
        default=("manufacturer", "model"), description="groups; stations, institutions by number"
    )
    acquisition: tuple[Acquired, ...] = Field(
        default=get_args(Acquired), description="how images were taken, as numbers and groups"
    )
    without_patient_id: Literal["refuse", "study", "image"] = Field(
        default="refuse", description="study, image: that counts as the patient"
    )
    identity: Literal["report", "refuse"] = Field(
        default="report", description="filled identifying tags in files not marked as de-identified"
    )
    burned_in: Literal["report", "exclude", "refuse"] = Field(
        default="report", description="images whose header says that text is burned in"
    )
    spacing_mm: tuple[Millimetres, Millimetres] | None = Field(
        default=None, description="of all images, in place of the headers'"
    )
    title: str = "folder of DICOM radiographs"
    licence: str = "as stated by the owner of the images"
    citation: str = ""

    @model_validator(mode="after")
    def _needs(self) -> DicomFolderParams:
        named = self.columns.model_dump(exclude={"file"}, exclude_defaults=True)
        if self.table is None and named:
            raise ValueError(f"columns {', '.join(named)} need a table")
        if self.masks is None and self.columns.label is None:
            raise ValueError("say where labels come from: masks, or table and columns.label")
        return self
