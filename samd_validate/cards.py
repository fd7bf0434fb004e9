"""What a bundle says of models, criteria and attachments: records made from a plan and a study."""

from __future__ import annotations

from collections.abc import Mapping

from samd_validate.core.canonical import digest_bytes, plain
from samd_validate.core.cohort import Cohort
from samd_validate.core.seeds import step_seed
from samd_validate.core.verdict import Criterion
from samd_validate.plan import Plan
from samd_validate.study import Study


def criteria_of(plan: Plan) -> tuple[Criterion, ...]:
    """Return the criteria that the protocol promises."""
    return tuple(_criterion(entry) for entry in plan.protocol.criteria)


def _criterion(entry: object) -> Criterion:
    fields = dict(vars(entry))
    fields["finding"] = fields["finding"].key
    del fields["expected"]  # it plans the size of the study; no verdict reads it
    return Criterion(**fields)


def seeds_of(plan: Plan) -> dict[str, object]:
    """Return the protocol's seed and those of data sets, models and checks, made from it."""
    seed = plan.protocol.seed
    steps = [f"dataset/{one.dataset.id}" for one in plan.reads]
    steps += [f"model/{one.recipe.name}" for one in plan.models]
    steps += [f"check/{one.step}" for one in plan.checks]
    return {"protocol": str(seed), **{step: str(step_seed(seed, step)) for step in steps}}


def model_cards(plan: Plan, study: Study) -> list[dict[str, object]]:
    """Return the card of the device and then those of its comparators."""
    if not study.models:
        model = plan.protocol.model.model_dump(mode="json")
        card = {"title": model["name"], "family": "black box", **model}
        others = [{"name": name, "title": name} for name in model["comparators"]]
        return [card, *others]
    trained = [
        {
            "name": model.name,
            "title": bound.recipe.title,
            "card": bound.recipe.card.model_dump(mode="json"),
            "recipe": bound.recipe.model_dump(mode="json", exclude={"card"}),
            "training": plain(model.card),
            "model_digest": digest_bytes(model.artefact()),
        }
        for bound, model in zip(plan.models, study.models, strict=True)
    ]
    names = getattr(plan.protocol.model, "scores", None) or ()
    return trained + [_card_of_score(name, study.cohorts) for name in names]


def _card_of_score(name: str, cohorts: Mapping[str, Cohort]) -> dict[str, object]:
    where = ", ".join(key for key, cohort in cohorts.items() if name in cohort.scores)
    summary = f"Predictions that came with the data ({where}), compared where a unit has one."
    return {"name": name, "title": name, "card": {"summary": summary}}
