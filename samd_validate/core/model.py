"""What the house asks of a model: that it predicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

from samd_validate.core.arrays import BoolArray, Column, FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.images import Image, Segmentation

Progress: TypeAlias = Callable[[str, float], None]
"""Called with what is being done and the share done in [0, 1]."""


def no_progress(what: str, share: float) -> None:
    """Report to nobody."""
    del what, share


@runtime_checkable
class Model(Protocol):
    """Anything that scores a cohort; a black box is allowed."""

    @property
    def name(self) -> str:
        """Name of the model as shown to readers."""
        ...

    @property
    def card(self) -> Mapping[str, object]:
        """What a reader must know of it: family, inputs, training record; plain JSON."""
        ...

    def predict(self, cohort: Cohort) -> FloatArray:
        """Return the predicted probability of label 1, shape ``(n,)``, higher is riskier."""
        ...

    def artefact(self) -> bytes:
        """Return the bytes that are the model (weights, coefficients); empty for a black box."""
        ...


class Refit(Protocol):
    """Fits a model again, with some hyper-parameters or parts changed.

    Chance is that of the study; a ``repeat`` above 0 starts from other random weights.
    """

    def __call__(
        self,
        changed: Mapping[str, object],
        *,
        development: Cohort | None = None,
        tuning: Cohort | None = None,
        repeat: int = 0,
    ) -> Model:
        """Return the model; parts that are None are those of the study.

        Raises ``ValueError`` where a hyper-parameter is unknown or out of range, and ``CannotRun``
        where training fails.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Attribution:
    """How each input moved a model's output, for some units, in log-odds.

    ``values`` is ``(n, inputs, blocks)``: the contribution of each input in each block of time
    (one block for an input without time). ``base`` is the output for the reference input,
    ``output`` ``(n,)`` that for the unit; ``base + values.sum((1, 2))`` equals ``output`` up to
    ``additivity_error``. ``block_hours`` are the edges of the blocks.
    """

    inputs: tuple[str, ...]
    values: Column
    base: float
    output: Column
    block_hours: tuple[float, ...]
    method: str
    reference: str
    additivity_error: float


@runtime_checkable
class Explainable(Protocol):
    """A model that can break its output down to its inputs."""

    def attribute(
        self, cohort: Cohort, *, blocks: int, seed: int, progress: Progress
    ) -> Attribution:
        """Return the contribution of every input for every unit, in log-odds."""
        ...


@runtime_checkable
class GradientExplainable(Protocol):
    """A model that can break its output down a second way, by its gradients."""

    def integrated_gradients(self, cohort: Cohort) -> Attribution:
        """Return the contribution of every input for every unit, in log-odds, in one block."""
        ...


@runtime_checkable
class Maskable(Protocol):
    """A model that tells its output where only some inputs are known.

    The order of inputs is that of its attributions; an input that is not known is that of the
    reference, the average unit of the development part.
    """

    def log_odds_with(self, cohort: Cohort, kept: BoolArray) -> FloatArray:
        """Return log-odds ``(n,)`` where unit ``i`` keeps the inputs in ``kept[i]``.

        ``kept`` is ``(n, inputs)``.
        """
        ...


@runtime_checkable
class Fed(Protocol):
    """A model trained on images that were made ready beside its training.

    ``waited_share`` is the share of training time that its network waited for them, in [0, 1].
    """

    @property
    def waited_share(self) -> float:
        """Return the share; it is of this machine, and no number of the run depends on it."""
        ...


@runtime_checkable
class Randomisable(Protocol):
    """A model whose weights can be drawn anew, stage by stage from its output down."""

    @property
    def stages(self) -> tuple[str, ...]:
        """Return the names of its stages, the one next to the output first."""
        ...

    def randomised(self, stages: int, seed: int) -> Model:
        """Return the model with the weights of the first ``stages`` stages drawn at random."""
        ...


@dataclass(frozen=True, kw_only=True)
class AttentionWeights:
    """What a model looked at, for some units; each array sums to one over its last axis.

    ``variable_weights`` is ``(n, steps, variables)``: how much of each variable was selected in
    each step. ``static_weights`` is ``(n, static inputs)``. ``step_weights`` ``(n, steps)`` is
    the attention paid to each step when the outcome was predicted; ``step_edges_hours`` are the
    ``steps + 1`` edges of the steps. A weight has no direction: it does not say whether risk rose.
    """

    variables: tuple[str, ...]
    variable_weights: Column
    static_inputs: tuple[str, ...]
    static_weights: Column
    step_weights: Column
    step_edges_hours: tuple[float, ...]


@runtime_checkable
class Attentive(Protocol):
    """A model with weights that say which inputs and which hours it looked at."""

    def attend(self, cohort: Cohort) -> AttentionWeights:
        """Return the weights for every unit."""
        ...


@runtime_checkable
class Preprocessed(Protocol):
    """A model that shows what its preprocessing learned, and can learn it again elsewhere.

    Both return the same names. A leakage check compares what was learned with what the
    development part alone, and what all data together, would have taught.
    """

    def learned(self) -> Mapping[str, float]:
        """Return the numbers that the preprocessing learned (means, spreads), by name."""
        ...

    def relearned(self, cohort: Cohort) -> Mapping[str, float]:
        """Return the numbers that it would have learned from ``cohort``."""
        ...


@runtime_checkable
class Segmenting(Protocol):
    """A model that marks pixels; its score of an image is its largest pixel probability."""

    def segmented(self, cohort: Cohort, progress: Progress = no_progress) -> Segmentation:
        """Return what it draws into each image of a cohort, computed once."""
        ...


@runtime_checkable
class GradientLocalising(Protocol):
    """A model that shows a second way, by gradients at the pixels, where in an image it looked."""

    def pixel_gradients(self, image: Image) -> FloatArray:
        """Return how much each pixel spoke for label 1, ``(rows, columns)``, 0 or more."""
        ...


@runtime_checkable
class Localising(Protocol):
    """A model that shows where in an image it looked."""

    def saliency(self, image: Image) -> FloatArray:
        """Return how much each place spoke for label 1, on the image's own grid.

        ``(rows, columns)``, 0 or more, in no unit; all 0 where no place did.
        """
        ...


@runtime_checkable
class Embedding(Protocol):
    """A model that shows what its network makes of an image before it decides."""

    def embed(self, cohort: Cohort) -> FloatArray:
        """Return the features of each image, ``(n, features)``, read one at a time.

        Means over the places of a deep layer; in no unit.
        """
        ...
