"""Names to code and parameters to types: a plan exists only if everything resolves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from samd_validate import checks, models, readers
from samd_validate.core.errors import CannotRun, Problem, did_you_mean, gather
from samd_validate.core.kinds import FamilyPlugin, PlannedCheck, ReaderPlugin
from samd_validate.core.plugin import Plugin, discover
from samd_validate.models.recipe import Recipe, load_recipe
from samd_validate.protocol.folders import shipped
from samd_validate.protocol.load import LoadedProtocol, problems_of
from samd_validate.protocol.schema import Check, Dataset, Protocol, RecipeModel
from samd_validate.protocol.yaml_text import YamlText

EXTRAS = {"ibis": "sql"}
"""Which extra of the project brings a package; the others come with the models."""


@dataclass(frozen=True, kw_only=True)
class PlannedRead:
    """A data set bound to its reader."""

    dataset: Dataset
    reader: ReaderPlugin
    params: Any


@dataclass(frozen=True, kw_only=True)
class PlannedModel:
    """A recipe bound to its family."""

    recipe: Recipe
    family: FamilyPlugin
    params: Any


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
        reads=_reads(loaded, problems),
        models=_models(loaded, problems),
        checks=_checks(loaded, problems),
    )
    _roles(loaded, problems)
    _needs(plan, problems)
    _criteria(plan, problems)
    _citations(plan, frozenset(requirement_ids), frozenset(hazard_ids), problems)
    gather(problems)
    return plan


def _reads(loaded: LoadedProtocol, problems: list[Problem]) -> tuple[PlannedRead, ...]:
    known = discover(readers, "reader")
    planned = []
    for number, dataset in enumerate(loaded.protocol.datasets):
        place: Place = ("datasets", number)
        reader = _resolve(dataset.reader, known, loaded.text, (*place, "reader"), problems)
        params = _params(reader, dataset.params, loaded.text, (*place, "params"), problems)
        if reader is not None and params is not None:
            planned.append(PlannedRead(dataset=dataset, reader=reader, params=params))
    return tuple(planned)


def _models(loaded: LoadedProtocol, problems: list[Problem]) -> tuple[PlannedModel, ...]:
    model = loaded.protocol.model
    if not isinstance(model, RecipeModel):
        return ()
    names = [(model.recipe, ("model", "recipe"))]
    names += [(name, ("model", "comparators")) for name in model.comparators]
    planned = [_model(name, loaded.text, where, problems) for name, where in names]
    return tuple(one for one in planned if one is not None)


def _model(name: str, text: YamlText, where: Place, problems: list[Problem]) -> PlannedModel | None:
    try:
        recipe, recipe_text = load_recipe(name, recipe_folders())
    except CannotRun as error:
        problems.extend(_moved(problem, text.where(where)) for problem in error.problems)
        return None
    known = discover(models, "model")
    family = _resolve(recipe.family, known, recipe_text, ("family",), problems)
    params = _params(family, recipe.params, recipe_text, ("params",), problems)
    if family is None or params is None:
        return None
    return PlannedModel(recipe=recipe, family=family, params=params)


def recipe_folders() -> tuple[Path, ...]:
    """Return where recipes are looked for: the working directory's models/, then our own."""
    return Path("models"), shipped("models")


def _checks(loaded: LoadedProtocol, problems: list[Problem]) -> tuple[PlannedCheck, ...]:
    known = discover(checks, "check")
    planned = []
    for number, entry in enumerate(loaded.protocol.checks):
        place: Place = ("checks", number)
        check = _resolve(entry.use, known, loaded.text, (*place, "use"), problems)
        params = _params(check, entry.params, loaded.text, (*place, "params"), problems)
        if check is not None and params is not None:
            planned.append(PlannedCheck(step=entry.step, check=check, params=params))
    return tuple(planned)


Place = tuple[str | int, ...]


def _resolve(
    name: str,
    known: Mapping[str, Plugin[Any]],
    text: YamlText,
    place: Place,
    problems: list[Problem],
) -> Plugin[Any] | None:
    if name in known:
        return known[name]
    problems.append(
        Problem(
            where=text.where(place),
            found=f"{place[-1]}: {name!r}",
            expected=did_you_mean(name, known),
            todo="name one of these, or install the package that brings it",
        )
    )
    return None


def _params(
    plugin: Plugin[Any] | None,
    given: Mapping[str, Any],
    text: YamlText,
    place: Place,
    problems: list[Problem],
) -> Any:
    if plugin is None:
        return None
    if plugin.extra and find_spec(plugin.extra) is None:
        problems.append(_missing_extra(plugin, text.where(place)))
    try:
        return plugin.params.model_validate(dict(given))
    except ValidationError as error:
        problems.extend(problems_of(error, plugin.params, text, place))
        return None


def _missing_extra(plugin: Plugin[Any], where: str) -> Problem:
    return Problem(
        where=where,
        found=f"the package {plugin.extra!r} is not installed",
        expected=f"{plugin.kind} {plugin.name!r} needs it",
        todo=f"pip install 'samd-validate[{EXTRAS.get(plugin.extra, 'models')}]'",
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
        if target.population not in populations:
            problems.append(_unknown(text, (*place, "population"), target.population, populations))


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


def _moved(problem: Problem, where: str) -> Problem:
    return Problem(where=where, found=problem.found, expected=problem.expected, todo=problem.todo)
