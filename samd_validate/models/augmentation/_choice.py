"""The augmentations that a recipe names, bound to their parameters, one after another."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

import numpy as np
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from samd_validate.core.errors import did_you_mean
from samd_validate.core.kinds import Augmented, AugmentRequest, Plane, RunAugmentation
from samd_validate.core.plugin import discover
from samd_validate.models import augmentation


@dataclass(frozen=True, kw_only=True)
class Step:
    """An augmentation bound to its parameters; ``key`` seeds its own chance."""

    name: str
    key: int
    run: RunAugmentation
    params: Any


class Choice(BaseModel):
    """An augmentation by name, with its parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    use: str
    params: dict[str, Any] = Field(default_factory=dict)

    def bound(self, repetition: int = 0) -> Step:
        """Return the augmentation with its parameters checked.

        Raises
        ------
        ValueError
            If there is no such augmentation, or a parameter is wrong.
        """
        known = discover(augmentation, "augmentation")
        if self.use not in known:
            raise ValueError(f"no augmentation {self.use!r}: {did_you_mean(self.use, known)}")
        found = known[self.use]
        params = found.params.model_validate(self.params)
        key = zlib.crc32(f"{self.use}/{repetition}".encode())
        return Step(name=self.use, key=key, run=found.run, params=params)


def _named(given: object) -> object:
    return {"use": given} if isinstance(given, str) else given


def _known(choice: Choice) -> Choice:
    choice.bound()
    return choice


Augmentations: TypeAlias = tuple[
    Annotated[Choice, BeforeValidator(_named), AfterValidator(_known)], ...
]
"""A field of a recipe: ``[flip, {use: gamma, params: {log_range: 0.3}}]``."""


def bound(choices: Sequence[Choice], *, is_preparation: bool) -> tuple[Step, ...]:
    """Return the steps that act at inference too, or those of training alone, in order."""
    seen: Counter[str] = Counter()
    steps = []
    for choice in choices:
        steps.append(choice.bound(seen[choice.use]))
        seen[choice.use] += 1
    return tuple(one for one in steps if one.params.is_preparation == is_preparation)


def applied(
    steps: Sequence[Step], pixels: Plane, mask: Plane | None, generator: np.random.Generator
) -> Augmented:
    """Return an image and its mask after all steps, each by its own chance.

    One number is taken from ``generator``; from it and its own name a step draws, so that the
    others stay as they are when one is left out.
    """
    seed = int(generator.integers(2**63))
    found = Augmented(pixels=pixels, mask=mask)
    for step in steps:
        own = np.random.default_rng([seed, step.key])
        if own.random() < step.params.probability:
            request = AugmentRequest(pixels=found.pixels, mask=found.mask, generator=own)
            found = step.run(request, step.params)
    return found
