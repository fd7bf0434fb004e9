"""The imputation that a recipe names, bound to its parameters."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from samd_validate.core.errors import did_you_mean
from samd_validate.core.kinds import Imputed, ImputeRequest
from samd_validate.core.plugin import discover
from samd_validate.models import imputation

Impute: TypeAlias = Callable[[ImputeRequest], Imputed]


class Choice(BaseModel):
    """A strategy by name, with its parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    use: str
    params: dict[str, Any] = Field(default_factory=dict)

    def bound(self) -> Impute:
        """Return the strategy as a function of the hours alone.

        Raises
        ------
        ValueError
            If there is no such strategy, or a parameter is wrong.
        """
        known = discover(imputation, "imputation")
        if self.use not in known:
            raise ValueError(f"no imputation {self.use!r}: {did_you_mean(self.use, known)}")
        strategy = known[self.use]
        return partial(strategy.run, params=strategy.params.model_validate(self.params))


def _named(given: object) -> object:
    return {"use": given} if isinstance(given, str) else given


def _known(choice: Choice) -> Choice:
    choice.bound()
    return choice


Imputation: TypeAlias = Annotated[Choice, BeforeValidator(_named), AfterValidator(_known)]
"""A field of a recipe: ``mean``, or ``{use: decay, params: {half_life_hours: 6}}``."""

DEFAULT = Choice(use="mask_and_time")
