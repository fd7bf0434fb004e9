"""How training went: losses of both parts after every epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from samd_validate.checks._common import NoParams
from samd_validate.core.finding import CheckOutput, Figure, Table
from samd_validate.core.inputs import Inputs
from samd_validate.core.kinds import check

LOSSES = (("development_loss", "development"), ("tuning_loss", "tuning"))


@check(
    "learning_curves",
    version=1,
    params=NoParams,
    needs=("model",),
    requirements=("REQ-MODEL-IDENTITY",),
)
def learning_curves(step: str, inputs: Inputs, params: NoParams) -> CheckOutput:
    """Show how training went and where it was stopped.

    Purpose: let a reader see whether training converged, and how far it fitted its own part.
    Method: the loss of the development part during each epoch (with dropout, events weighted) and
    the log loss of the tuning part after it, for every member of the ensemble; the weights of the
    epoch with the smallest tuning loss were kept.
    How to read it: a tuning loss that rises while the development loss falls is overfitting;
    early stopping kept what was before.
    Limits: the two losses are weighted differently and are compared in shape, not in height.
    """
    del params
    card: Mapping[str, object] = {} if inputs.model is None else inputs.model.card
    if not card.get("tuning_loss"):
        return CheckOutput(notes=("the device was not trained in epochs",))
    curves = {part: _members(card, key) for key, part in LOSSES}
    figures = tuple(_figure(step, part, members) for part, members in curves.items())
    return CheckOutput(figures=figures, tables=(_table(step, curves["tuning"]),))


def _members(card: Mapping[str, object], key: str) -> Sequence[Sequence[float]]:
    return cast("Sequence[Sequence[float]]", card[key])


def _figure(step: str, part: str, members: Sequence[Sequence[float]]) -> Figure:
    series = [
        {
            "name": f"member {number}",
            "epoch": list(range(1, len(losses) + 1)),
            "value": list(losses),
        }
        for number, losses in enumerate(members, start=1)
    ]
    return Figure(
        id=f"{step}-{part}",
        kind="learning_curve",
        title=f"Loss of the {part} part",
        caption=f"One line a member of the ensemble. Training passed the {part} part so often.",
        alt=f"Lines of the loss of the {part} part over epochs of training.",
        content={"series": series, "y_label": f"Loss, {part} part"},
    )


def _table(step: str, tuning: Sequence[Sequence[float]]) -> Table:
    rows = []
    for number, losses in enumerate(tuning, start=1):
        least = min(losses)
        rows.append((number, len(losses), losses.index(least) + 1, f"{least:.4f}"))
    return Table(
        id=f"{step}-epochs",
        title="Epochs of training",
        caption="The weights of the kept epoch are those of the device.",
        columns=("member", "epochs", "kept epoch", "tuning loss then"),
        rows=tuple(rows),
    )
