"""A blend refuses parts that do not exist, repeats to the byte, and averages log-odds."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from samd_validate.core.kinds import FitRequest, ReadRequest
from samd_validate.divide import divide
from samd_validate.models._recalibrate import log_odds
from samd_validate.models.blend import BlendModel, BlendParams, blend
from samd_validate.protocol.schema import Split
from samd_validate.readers.simulated_icu import SimulatedIcuParams, simulated_icu

LOGISTIC = {"family": "logistic"}
LSTM = {"family": "lstm", "params": {"hidden": 4, "members": 1, "max_epochs": 1}, "weight": 3}


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([LOGISTIC], "at least 2"),
        ([LOGISTIC, {"family": "lstn"}], "did you mean 'lstm'"),
        (
            [LOGISTIC, {"family": "blend", "params": {"parts": [LOGISTIC, LSTM]}}],
            "no family to blend",
        ),
        ([LOGISTIC, {"family": "lstm", "params": {"hiden": 4}}], "hiden"),
        ([LOGISTIC, LSTM | {"weight": 0}], "greater than 0"),
    ],
)
def test_parts_that_cannot_be_blended(parts: list[dict[str, object]], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        BlendParams.model_validate({"parts": parts})


@pytest.fixture(scope="module")
def request_() -> FitRequest:
    place = ReadRequest(dataset="d", place=None, seed=5, window_hours=24)
    cohort = simulated_icu.run(place, SimulatedIcuParams(site="riverside", stays=300))
    parts = divide(cohort, Split(test=0.3, tuning=0.3), 1)
    return FitRequest(
        name="m",
        development=parts.part("development"),
        tuning=parts.part("tuning"),
        variables=tuple(variable.name for variable in cohort.series.variables),
        seed=9,
    )


def test_blend_is_the_weighted_mean_of_its_parts_and_repeats_to_the_byte(
    request_: FitRequest,
) -> None:
    params = BlendParams.model_validate({"parts": [LOGISTIC, LSTM]})
    model: BlendModel = blend.run(request_, params)
    first, second = (log_odds(part.predict(request_.tuning)) for part in model.parts)
    assert model.raw_log_odds(request_.tuning) == pytest.approx(0.25 * first + 0.75 * second)
    assert model.predict(request_.tuning).mean() == pytest.approx(
        np.mean(request_.tuning.label), abs=1e-3
    )
    assert blend.run(request_, params).artefact() == model.artefact()
