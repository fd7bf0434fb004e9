"""What a person is told when something cannot run: where, found, expected, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that stops a run, told in the four parts a person needs.

    Column names and row counts may appear in it; a patient's value never.

    >>> print(Problem(where="p.yaml:3", found="'sede'", expected="seed", todo="rename it"))
    p.yaml:3
      found:    'sede'
      expected: seed
      to do:    rename it
    """

    where: str
    found: str
    expected: str
    todo: str

    def __str__(self) -> str:
        lines = (
            self.where,
            f"  found:    {self.found}",
            f"  expected: {self.expected}",
            f"  to do:    {self.todo}",
        )
        return "\n".join(lines)


class CannotRun(Exception):
    """The run cannot start or go on; carries every problem that was found (exit code 2).

    >>> CannotRun(Problem(where="w", found="f", expected="e", todo="t")).problems[0].where
    'w'
    """

    def __init__(self, *problems: Problem) -> None:
        if not problems:
            raise ValueError("CannotRun needs at least one problem")
        self.problems: tuple[Problem, ...] = problems
        super().__init__("\n".join(str(problem) for problem in problems))


def gather(problems: Sequence[Problem]) -> None:
    """Raise one :class:`CannotRun` with all problems, or return if there are none."""
    if problems:
        raise CannotRun(*problems)


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """List what is allowed, the nearest spelling first.

    >>> did_you_mean("aurco", ["brier", "auroc"])
    "did you mean 'auroc'? allowed: auroc, brier"
    >>> did_you_mean("xyz", [])
    'allowed: nothing'
    """
    allowed = sorted(set(choices))
    listing = "allowed: " + (", ".join(allowed) or "nothing")
    near = difflib.get_close_matches(name, allowed, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}? {listing}" if near else listing
