"""Names to code and parameters to types: a plan exists only if everything resolves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from samd_validate.binding import (
    Place,
    PlannedModel,
    PlannedRead,
    bound_checks,
    bound_models,
    bound_reads,
)
from samd_validate.core.claims import claims_in, texts_of
from samd_validate.core.errors import Problem, did_you_mean, gather
from samd_validate.core.kinds import CheckPlugin, PlannedCheck
from samd_validate.protocol.load import LoadedProtocol
from samd_validate.protocol.schema import Check, Protocol, RecipeModel
from samd_validate.protocol.yaml_text import YamlText


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A protocol with everything it names bound to code.

    ``models`` holds the device first and then its comparators; it is empty for a device that is
    known by its predictions alone.
    """

    loaded: LoadedProtocol
    reads: tuple[PlannedRead, ...]
    models: tuple[PlannedModel, ...]
    checks: tuple[PlannedCheck, ...]

    @property
    def protocol(self) -> Protocol:
        """Return the protocol."""
        return self.loaded.protocol


def make_plan(
    loaded: LoadedProtocol, requirement_ids: Iterable[str], hazard_ids: Iterable[str]
) -> Plan:
    """Bind a protocol to code.

    Raises
    ------
    CannotRun
        With every name that does not resolve, every parameter of a wrong type, every criterion
        that no check can answer, and every package that is missing.
    """
    problems: list[Problem] = []
    plan = Plan(
        loaded=loaded,
        reads=bound_reads(loaded, problems),
        models=bound_models(loaded, problems),
        checks=bound_checks(loaded, problems),
    )
    _claims(loaded, problems)
    _roles(loaded, problems)
    _window(plan, problems)
    _needs(plan, problems)
    _gates(plan, problems)
    _criteria(plan, problems)
    _citations(plan, frozenset(requirement_ids), frozenset(hazard_ids), problems)
    gather(problems)
    return plan


SAID = ("title", "intended_use", "outcome", "limitations", "human_oversight")
SAID_OF_CRITERIA = ("rationale", "why_point")


def _claims(loaded: LoadedProtocol, problems: list[Problem]) -> None:
    """Add a problem for each claim in a text of the protocol that no run can support."""
    content = loaded.text.content
    said: list[tuple[Place, object]] = [((key,), content.get(key)) for key in SAID]
    for number, criterion in enumerate(content.get("criteria") or ()):
        said += [(("criteria", number, key), criterion.get(key)) for key in SAID_OF_CRITERIA]
    problems.extend(
        Problem(
            where=loaded.text.where(place),
            found=f"the words {claim.found!r}, which no run can support",
            expected=f"what a run can show, such as {claim.instead}",
            todo="write that instead, or deny the claim; quotations stand in quotation marks",
        )
        for start, inner in said
        for place, text in texts_of(inner, start)
        for claim in claims_in(text)
    )


def _roles(loaded: LoadedProtocol, problems: list[Problem]) -> None:
    protocol = loaded.protocol
    n_development = sum(dataset.role == "development" for dataset in protocol.datasets)
    trains = isinstance(protocol.model, RecipeModel)
    if n_development == int(trains):
        return
    expected = (
        "exactly one data set with role development, on which the recipe is trained"
        if trains
        else "role external for every data set: a predictions file is not trained here"
    )
    problems.append(
        Problem(
            where=loaded.text.where(("datasets",)),
            found=f"{n_development} data sets with role development",
            expected=expected,
            todo="set the roles",
        )
    )


def _window(plan: Plan, problems: list[Problem]) -> None:
    """Add a problem if data over time have no window of observation."""
    outcome = plan.protocol.outcome
    if outcome.window_hours is None and any("images" not in r.reader.gives for r in plan.reads):
        problems.append(
            Problem(
                where=plan.loaded.text.where(("outcome",)),
                found="no window_hours",
                expected="the hours of observation, from the index time to the prediction",
                todo="add outcome.window_hours; only images go without",
            )
        )


def _needs(plan: Plan, problems: list[Problem]) -> None:
    missing = _absent(plan)
    entries: tuple[Check, ...] = plan.protocol.checks
    for number, entry in enumerate(entries):
        planned = next((one for one in plan.checks if one.step == entry.step), None)
        lacking = sorted(planned.check.needs & missing.keys()) if planned else []
        problems.extend(
            Problem(
                where=plan.loaded.text.where(("checks", number)),
                found=f"check {entry.use!r} without {need}",
                expected=missing[need],
                todo="add what is missing, or leave the check out",
            )
            for need in lacking
        )


def _absent(plan: Plan) -> dict[str, str]:
    """Return what checks may need and this protocol does not have, with what would give it."""
    protocol = plan.protocol
    absent = {}
    if not isinstance(protocol.model, RecipeModel):
        absent["model"] = "a model that can be run (model: {use: recipe}), not predictions alone"
        absent["gradients"] = "a model with gradients (a neural network trained here)"
        absent["series"] = "measurements over time"
        absent["refit"] = "a recipe that can be fitted again (model: {use: recipe})"
    gives = [read.reader.gives for read in plan.reads]
    if not any("images" in given for given in gives):
        absent["images"] = "data sets of images"
    if not any("masks" in given for given in gives):
        absent["masks"] = "data sets of images with reference masks"
    if protocol.operating_point is None:
        absent["operating_point"] = "an operating_point in the protocol"
    if not any(dataset.role == "external" for dataset in protocol.datasets):
        absent["external"] = "a data set with role external"
    if not any(dataset.role == "development" for dataset in protocol.datasets):
        absent["development"] = "a data set with role development"
    return absent


def _criteria(plan: Plan, problems: list[Problem]) -> None:
    protocol, text = plan.protocol, plan.loaded.text
    by_step = {planned.step: planned.check for planned in plan.checks}
    named = {entry.step for entry in protocol.checks}
    populations = population_names(protocol)
    for number, criterion in enumerate(protocol.criteria):
        place: Place = ("criteria", number, "finding")
        target = criterion.finding
        if target.check not in named:
            problems.append(_unknown(text, (*place, "check"), target.check, named))
            continue
        if target.check in by_step and target.measure not in by_step[target.check].measures:
            measures = by_step[target.check].measures
            problems.append(_unknown(text, (*place, "measure"), target.measure, measures))
        parts = (*populations, *_other_parts(by_step.get(target.check)))
        if target.population not in parts:
            problems.append(_unknown(text, (*place, "population"), target.population, parts))


def _other_parts(check: CheckPlugin | None) -> tuple[str, ...]:
    """Return the part that only checks before training look at, and those that fit again."""
    looks = check is not None and (check.is_gate or "refit" in check.needs)
    return ("development",) if looks else ()


def _citations(
    plan: Plan, requirements: frozenset[str], hazards: frozenset[str], problems: list[Problem]
) -> None:
    for number, criterion in enumerate(plan.protocol.criteria):
        cited = (("requirements", criterion.requirements, requirements),)
        for key, names, known in (*cited, ("hazards", criterion.hazards, hazards)):
            problems.extend(
                _unknown(plan.loaded.text, ("criteria", number, key), name, known)
                for name in names
                if name not in known
            )


def _gates(plan: Plan, problems: list[Problem]) -> None:
    """Add a problem for each check told what to do at the gate though it runs after training."""
    later = {planned.step for planned in plan.checks if not planned.check.is_gate}
    problems.extend(
        Problem(
            where=plan.loaded.text.where(("checks", number, "on_failure")),
            found=f"on_failure at {entry.use!r}, which runs after training",
            expected="on_failure only at checks that run before it",
            todo="leave it out",
        )
        for number, entry in enumerate(plan.protocol.checks)
        if entry.on_failure is not None and entry.step in later
    )


def population_names(protocol: Protocol) -> tuple[str, ...]:
    """Return the populations on which findings are made."""
    external = tuple(dataset.id for dataset in protocol.datasets if dataset.role == "external")
    return ("test", *external) if isinstance(protocol.model, RecipeModel) else external


def _unknown(text: YamlText, place: Place, name: str, choices: Iterable[str]) -> Problem:
    return Problem(
        where=text.where(place),
        found=f"{'.'.join(str(part) for part in place)}: {name!r}",
        expected=did_you_mean(name, choices),
        todo="name one of these",
    )
