"""Names of a protocol to code, and its parameters to their types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from samd_validate import checks, models, readers
from samd_validate.core.errors import CannotRun, Problem, did_you_mean
from samd_validate.core.kinds import FamilyPlugin, PlannedCheck, ReaderPlugin
from samd_validate.core.plugin import Plugin, discover
from samd_validate.models.recipe import Recipe, load_recipe
from samd_validate.protocol.folders import shipped
from samd_validate.protocol.load import LoadedProtocol, problems_of
from samd_validate.protocol.schema import Dataset, RecipeModel
from samd_validate.protocol.yaml_text import YamlText

Place = tuple[str | int, ...]
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


def bound_reads(loaded: LoadedProtocol, problems: list[Problem]) -> tuple[PlannedRead, ...]:
    """Return the data sets bound to their readers; what does not resolve joins the problems."""
    known = discover(readers, "reader")
    planned = []
    for number, dataset in enumerate(loaded.protocol.datasets):
        place: Place = ("datasets", number)
        reader = _resolve(dataset.reader, known, loaded.text, (*place, "reader"), problems)
        params = _params(reader, dataset.params, loaded.text, (*place, "params"), problems)
        if reader is not None and params is not None:
            planned.append(PlannedRead(dataset=dataset, reader=reader, params=params))
    return tuple(planned)


def bound_models(loaded: LoadedProtocol, problems: list[Problem]) -> tuple[PlannedModel, ...]:
    """Return the device's recipe and its comparators' bound to their families."""
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


def bound_checks(loaded: LoadedProtocol, problems: list[Problem]) -> tuple[PlannedCheck, ...]:
    """Return the checks bound to their parameters."""
    known = discover(checks, "check")
    planned = []
    for number, entry in enumerate(loaded.protocol.checks):
        place: Place = ("checks", number)
        check = _resolve(entry.use, known, loaded.text, (*place, "use"), problems)
        params = _params(check, entry.params, loaded.text, (*place, "params"), problems)
        if check is not None and params is not None:
            planned.append(PlannedCheck(step=entry.step, check=check, params=params))
    return tuple(planned)


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


def _moved(problem: Problem, where: str) -> Problem:
    return Problem(where=where, found=problem.found, expected=problem.expected, todo=problem.todo)
