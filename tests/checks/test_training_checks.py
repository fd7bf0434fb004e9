"""What the report shows of training and of attention."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from samd_validate.checks._common import NoParams
from samd_validate.checks.attention_weights import AttentionParams, attention_weights
from samd_validate.checks.learning_curves import learning_curves
from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort, Provenance
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.model import AttentionWeights
from samd_validate.report.figures import draw

N = 30


def cohort() -> Cohort:
    names = np.array([f"u{number:02d}" for number in range(N)])
    return Cohort(
        name="c",
        unit_id=names,
        patient_id=names,
        site=np.full(N, "s"),
        label=np.arange(N) % 2,
        provenance=Provenance(source="s", title="t", licence="l", citation="c", fingerprint="f"),
    )


@dataclass(frozen=True)
class Plain:
    """A device with a card and nothing else to show."""

    name: str = "plain"
    card: dict[str, object] = field(default_factory=dict)

    def predict(self, cohort: Cohort) -> FloatArray:
        return np.full(cohort.size, 0.5)

    def artefact(self) -> bytes:
        return b""


class Looking(Plain):
    """A device that looks mostly at lactate and at the last hours."""

    def attend(self, cohort: Cohort) -> AttentionWeights:
        return AttentionWeights(
            variables=("heart_rate", "lactate"),
            variable_weights=np.tile([0.25, 0.75], (cohort.size, 3, 1)),
            static_inputs=("age_years",),
            static_weights=np.ones((cohort.size, 1)),
            step_weights=np.tile([0.2, 0.3, 0.5], (cohort.size, 1)),
            step_edges_hours=(0, 4, 12, 20),
        )


def inputs(model: Plain | None) -> Inputs:
    population = Population(name="ward", cohort=cohort(), score=np.full(N, 0.5))
    return Inputs(populations=(population,), intervals=IntervalPlan(), model=model)


@pytest.mark.parametrize("model", [None, Plain(), Plain(card={"tuning_loss": []})])
def test_device_that_was_not_trained_in_epochs_gets_a_note(model: Plain | None) -> None:
    output = learning_curves.run("learning_curves", inputs(model), NoParams())
    assert output.notes == ("the device was not trained in epochs",)
    assert not output.figures


@pytest.mark.parametrize("model", [None, Plain()])
def test_device_without_attention_gets_a_note(model: Plain | None) -> None:
    output = attention_weights.run("attention_weights", inputs(model), AttentionParams())
    assert output.notes == ("the device has no weights of variables or hours",)


def test_learning_curves_show_every_member_and_the_epoch_that_was_kept() -> None:
    card: dict[str, object] = {
        "development_loss": [[0.6, 0.5, 0.4], [0.7, 0.6]],
        "tuning_loss": [[0.5, 0.3, 0.4], [0.4, 0.35]],
    }
    output = learning_curves.run("learning_curves", inputs(Plain(card=card)), NoParams())
    assert output.tables[0].rows == ((1, 3, 2, "0.3000"), (2, 2, 2, "0.3500"))
    assert [figure.id for figure in output.figures] == [
        "learning_curves-development",
        "learning_curves-tuning",
    ]
    for figure in output.figures:
        assert "<svg" in draw(figure)


def test_attention_is_shown_by_variable_by_hours_and_in_a_table() -> None:
    output = attention_weights.run("attention_weights", inputs(Looking()), AttentionParams())
    by_step, over_time = output.figures
    assert by_step.content["rows"] == ["lactate", "heart rate"]
    assert by_step.content["columns"] == ["0-4 h", "4-12 h", "12-20 h"]
    assert over_time.content["rows"][-1] == {  # type: ignore[index]
        "label": "12-20 h",
        "value": pytest.approx(0.5),
        "unit": "",
    }
    assert output.tables[0].rows == (
        ("over time", "lactate", "0.7500"),
        ("over time", "heart rate", "0.2500"),
        ("static", "age years", "1.0000"),
    )
    for figure in output.figures:
        assert "<svg" in draw(figure)
