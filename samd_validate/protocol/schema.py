"""The shape of a protocol: what is promised before the data are seen.

The schema knows shapes, not names of plug-ins; the plan resolves those.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_\-]{0,63}$")]
Sentence = Annotated[str, Field(min_length=3, max_length=5000)]
TextFile = Annotated[str, Field(pattern=r"^[A-Za-z0-9_\-]+(/[A-Za-z0-9_\-]+)*\.yaml$")]
Share = Annotated[float, Field(gt=0, lt=1)]


class Shape(BaseModel):
    """A part of a protocol: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class IntendedUse(Shape):
    """What the device is for, for whom, by whom, where, and what the human does."""

    statement: Sentence
    population: Sentence
    users: Sentence
    setting: Sentence
    human_role: Sentence
    not_for: tuple[Sentence, ...] = ()


class Expectation(Shape):
    """What a data set must be for the run to start."""

    min_units: int = Field(default=1, ge=1)
    min_events: int = Field(default=1, ge=1)
    fingerprint: str | None = Field(default=None, pattern=r"^sha256:[0-9a-f]{64}$")


class Dataset(Shape):
    """A data set by its logical name: who reads it, in which role, and what it must be."""

    id: Identifier
    role: Literal["development", "external"]
    reader: Identifier
    source: Identifier | None = Field(
        default=None, description="logical name that --dataset or datasets.toml maps to a place"
    )
    params: dict[str, Any] = {}
    expect: Expectation = Expectation()


class Outcome(Shape):
    """What is predicted or marked, how it is defined, from how many hours of observation.

    A series needs ``window_hours``; images have none.
    """

    name: Sentence
    definition: Sentence
    window_hours: Annotated[float, Field(gt=0, le=24 * 365)] | None = None
    horizon: Sentence


class Split(Shape):
    """How the development data set is divided; always by patient.

    ``random`` needs only the shares; ``site`` holds out the sites listed; ``temporal`` holds
    out the last share by ``order_by``, a number, or a category whose levels are periods (such as
    ``anchor_year_group``), of which whole ones are held out.
    """

    method: Literal["random", "site", "temporal"] = "random"
    test: Share | None = 0.25
    tuning: Share = 0.15
    test_sites: tuple[str, ...] = ()
    order_by: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> Split:
        if self.method == "site" and not self.test_sites:
            raise ValueError("split by site needs test_sites")
        if self.method == "temporal" and not self.order_by:
            raise ValueError("temporal split needs order_by")
        if self.method != "site" and self.test is not None and self.test + self.tuning >= 1:
            raise ValueError("test and tuning shares must leave a development part")
        return self


class RecipeModel(Shape):
    """A reference model that is trained here by a recipe of the folder models/.

    ``comparators`` are recipes too; ``scores`` name predictions that came with a data set (such
    as those of a score in use) and are compared on the units that have them.
    """

    use: Literal["recipe"]
    recipe: Identifier
    comparators: tuple[Identifier, ...] = ()
    scores: Annotated[tuple[str, ...], Field(min_length=1)] | None = None

    @model_serializer(mode="wrap")
    def _without_later_keys(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_empty(plain(self), "scores")


class PredictionsFile(Shape):
    """A black-box device, known by the scores that came with the data sets."""

    use: Literal["predictions_file"]
    name: Sentence
    score: str = Field(default="score", description="name of the score column")
    comparators: tuple[str, ...] = ()


class OperatingPointRule(Shape):
    """How the threshold is fixed: given, or chosen on the tuning part."""

    threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    choose: Literal["youden", "sensitivity", "min_sensitivity_ppv"] | None = None
    target: Share | None = None
    origin: Sentence | None = Field(default=None, description="where a given threshold comes from")

    @model_validator(mode="after")
    def _one_way(self) -> OperatingPointRule:
        if (self.threshold is None) == (self.choose is None):
            raise ValueError("give either threshold or choose")
        if self.choose == "sensitivity" and self.target is None:
            raise ValueError("choose: sensitivity needs a target")
        if self.threshold is not None and not self.origin:
            raise ValueError("a given threshold needs its origin")
        return self


class Intervals(Shape):
    """How uncertainty is expressed.

    ``method`` is ``auto`` (for each measure the interval that was shown to cover) or names one;
    ``stratified`` resamples patients with and without the event apart.
    """

    level: float = Field(default=0.95, gt=0.5, lt=1)
    resamples: int = Field(default=2000, ge=200, le=100_000)
    method: Literal["auto", "percentile", "basic", "bca", "studentised", "jackknife"] = "auto"
    stratified: bool = False


class Check(Shape):
    """A check to run: ``use`` names the plug-in, ``id`` the step (the name if left out).

    ``on_failure`` is for checks that run before training: ``stop`` (the rule) ends the run where
    a criterion on them fails, ``report`` goes on and reports it.
    """

    use: Identifier
    id: Identifier | None = None
    params: dict[str, Any] = {}
    on_failure: Literal["stop", "report"] | None = None

    @property
    def step(self) -> str:
        """Return the id of the step."""
        return self.id or self.use

    @model_serializer(mode="wrap")
    def _without_later_keys(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_empty(plain(self), "on_failure")


class Target(Shape):
    """The address of the finding a criterion reads."""

    check: Identifier
    measure: str
    population: str = "test"
    subset: str = "all"
    model: str = "device"

    @property
    def key(self) -> str:
        """Return the finding's key."""
        return "/".join((self.check, self.measure, self.population, self.subset, self.model))


class Criterion(Shape):
    """A bound that was promised, why, and for which requirement and hazard.

    ``expected`` is the value that the measure is expected to have, from which the size of the
    study is planned; no verdict reads it.
    """

    id: Identifier
    finding: Target
    at_least: float | None = None
    at_most: float | None = None
    expected: Annotated[float, Field(allow_inf_nan=False)] | None = None
    reads: Literal["interval", "point"] = "interval"
    why_point: str = ""
    rationale: Sentence
    requirements: Annotated[tuple[str, ...], Field(min_length=1)]
    hazards: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _bounded(self) -> Criterion:
        if self.at_least is None and self.at_most is None:
            raise ValueError("a criterion needs at_least or at_most")
        if self.reads == "point" and not self.why_point.strip():
            raise ValueError("a criterion that reads the point must say why (why_point)")
        return self

    @model_serializer(mode="wrap")
    def _without_later_keys(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_empty(plain(self), "expected")


class NormalPredictor(Shape):
    """Log-odds of the predicted risk: normal in all patients together."""

    use: Literal["normal"]
    mean: float = Field(ge=-30, le=30)
    sd: float = Field(gt=0, le=30)


class BetaPredictor(Shape):
    """Predicted risk with a beta distribution."""

    use: Literal["beta"]
    alpha: float = Field(gt=0, le=1000)
    beta: float = Field(gt=0, le=1000)


class BinormalPredictor(Shape):
    """What prevalence and auroc imply: log-odds normal in events and in others, calibrated."""

    use: Literal["binormal"]


class ClusterSizing(Shape):
    """How patients cluster, for the design effect: in hospitals, or stays within patients."""

    mean_size: float = Field(ge=1, le=1_000_000)
    icc: float = Field(ge=0, le=1)
    size_cv: float = Field(default=0.0, ge=0, le=100)


class GroupSizing(Shape):
    """The share of patients that a group is, and its prevalence if that is another one."""

    share: Annotated[float, Field(gt=0, le=1)]
    prevalence: Share | None = None


class Sizing(Shape):
    """What is expected of the study to come, from which its size is planned.

    No verdict reads it. ``groups`` goes by the subset of a criterion, such as ``sex=female``;
    ``threshold`` is needed where the operating point is chosen and not given.
    """

    origin: Sentence | None = Field(default=None, description="where the expected values are from")
    power: float = Field(default=0.8, ge=0.5, lt=1)
    prevalence: Share | None = None
    auroc: Annotated[float, Field(gt=0.5, lt=1)] | None = None
    auroc_correlation: Annotated[float, Field(ge=-1, lt=1)] | None = None
    sensitivity: Share | None = None
    specificity: Share | None = None
    threshold: Share | None = None
    linear_predictor: (
        Annotated[NormalPredictor | BetaPredictor | BinormalPredictor, Field(discriminator="use")]
        | None
    ) = None
    clusters: ClusterSizing | None = None
    groups: dict[str, GroupSizing] = {}


class LooksBudget(Shape):
    """How often the labels of a test set may be scored in all, this run included."""

    at_most: int = Field(ge=1, le=1000)
    rationale: Sentence


class Protocol(Shape):
    """One validation, fixed before the data are seen."""

    schema_version: Literal[1]
    id: Identifier
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    title: Sentence
    authors: tuple[Sentence, ...] = ()
    intended_use: IntendedUse
    datasets: Annotated[tuple[Dataset, ...], Field(min_length=1)]
    outcome: Outcome
    variables: Literal["all"] | tuple[str, ...] = "all"
    split: Split | None = None
    model: Annotated[RecipeModel | PredictionsFile, Field(discriminator="use")]
    operating_point: OperatingPointRule | None = None
    intervals: Intervals = Intervals()
    checks: Annotated[tuple[Check, ...], Field(min_length=1)]
    criteria: tuple[Criterion, ...] = ()
    sizing: Sizing | None = None
    looks: LooksBudget | None = None
    requirements: TextFile | None = Field(
        default=None, description="the device's requirements: a file, relative to the protocol"
    )
    hazards: TextFile | None = Field(
        default=None, description="the device's hazards: a file, relative to the protocol"
    )
    limitations: tuple[Sentence, ...] = ()
    human_oversight: tuple[Sentence, ...] = ()
    seed: int = Field(ge=0, lt=2**53)

    @model_serializer(mode="wrap")
    def _without_later_keys(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_empty(plain(self), "sizing", "looks", "requirements", "hazards")


def without_empty(content: dict[str, Any], *later_keys: str) -> dict[str, Any]:
    """Leave out keys of later versions that are not used, so that no digest moves by them."""
    return {key: v for key, v in content.items() if key not in later_keys or v is not None}
