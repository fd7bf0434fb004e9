"""Fits that a protocol cuts short, since a check makes many of them."""

from __future__ import annotations

from pydantic import Field

from samd_validate.checks._common import Params


class ShortFits(Params):
    """How far training is cut short for a check; None: as in the recipe."""

    members: int | None = Field(default=None, ge=1, description="networks of each fit")
    max_epochs: int | None = Field(default=None, ge=1, description="epochs of each fit")

    @property
    def shortened(self) -> dict[str, object]:
        """Return the hyper-parameters that make every fit cheaper."""
        given = {"members": self.members, "max_epochs": self.max_epochs}
        return {name: value for name, value in given.items() if value is not None}

    @property
    def cut(self) -> str:
        """Return them in words; empty where every fit is whole.

        >>> ShortFits(members=1, max_epochs=2).cut
        'members 1, max_epochs 2'
        """
        return ", ".join(f"{name} {value}" for name, value in self.shortened.items())

    def compared_with(self, own: str) -> str:
        """Return the note that the device itself, here called ``own``, was cut short as well."""
        return (
            f"every fit, that {own} too, was made anew with {self.cut}; values are not those of "
            "the device itself, and differences are between fits that were cut short alike"
        )
