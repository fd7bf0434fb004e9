"""Recipes: which family, with which hyper-parameters, and the card that goes with them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from samd_validate.core.errors import CannotRun, Problem, did_you_mean
from samd_validate.protocol.load import read_bytes, validated
from samd_validate.protocol.schema import Identifier, Sentence, Shape
from samd_validate.protocol.yaml_text import YamlText, parse_yaml


class Card(Shape):
    """What a reader must know of a model before any number is read."""

    summary: Sentence
    inputs: Sentence
    output: Sentence
    training: Sentence
    limitations: Annotated[tuple[Sentence, ...], Field(min_length=1)]
    references: tuple[str, ...] = ()


class Recipe(Shape):
    """A reference model as it will be made."""

    schema_version: Literal[1]
    name: Identifier
    title: Sentence
    family: Identifier
    params: dict[str, Any] = Field(default_factory=dict)
    card: Card


def load_recipe(name: str, folders: tuple[Path, ...]) -> tuple[Recipe, YamlText]:
    """Return the recipe of a name from the first folder that has it, and its text.

    Raises
    ------
    CannotRun
        If no folder has it, or if it is not a recipe.
    """
    for folder in folders:
        path = folder / f"{name}.yaml"
        if path.is_file():
            text = parse_yaml(read_bytes(path, "a recipe (YAML)"), f"models/{path.name}")
            return validated(Recipe, text), text
    names = {path.stem for folder in folders for path in folder.glob("*.yaml")}
    raise CannotRun(
        Problem(
            where=f"recipe {name!r}",
            found="no such recipe",
            expected=did_you_mean(name, names),
            todo="name a recipe of the folder models/, or write one",
        )
    )
