"""Plug-ins are module-level values, one per file, found by walking their folder."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from types import MappingProxyType, ModuleType
from typing import Any, Generic, TypeVar

from samd_validate.core.errors import CannotRun, Problem

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class Plugin(Generic[F]):
    """A named, versioned function with the type of its parameters.

    ``kind`` is ``check``, ``reader``, ``model``, ``imputation`` or ``augmentation``;
    ``measures`` are the quantities a check can give; ``needs`` names what must be there for it
    (``series``, ``model``, ``refit``, ``gradients``, ``groups``, ``external``);
    ``requirements`` are the requirement ids it gives evidence for. ``gives`` says what a
    reader's cohorts hold beside labels (``images``, ``masks``). A check that is a ``gate``
    looks at the data alone and runs before anything is trained.
    """

    kind: str
    name: str
    version: int
    run: F
    params: type[Any]
    measures: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()
    requirements: tuple[str, ...] = ()
    extra: str = ""
    is_gate: bool = False
    gives: frozenset[str] = frozenset()

    @property
    def doc(self) -> str:
        """Return the docstring of the function, which reports print as the method."""
        return (self.run.__doc__ or "").strip()


def plugin(
    kind: str,
    name: str,
    *,
    version: int,
    params: type[Any],
    measures: tuple[str, ...] = (),
    needs: tuple[str, ...] = (),
    requirements: tuple[str, ...] = (),
    extra: str = "",
    is_gate: bool = False,
    gives: tuple[str, ...] = (),
) -> Callable[[F], Plugin[F]]:
    """Return a decorator that turns a function into a plug-in value."""

    def bind(run: F) -> Plugin[F]:
        return Plugin(
            kind=kind,
            name=name,
            version=version,
            run=run,
            params=params,
            measures=measures,
            needs=frozenset(needs),
            requirements=requirements,
            extra=extra,
            is_gate=is_gate,
            gives=frozenset(gives),
        )

    return bind


def discover(package: ModuleType, kind: str) -> Mapping[str, Plugin[Any]]:
    """Return the plug-ins of a folder and of installed packages, by name.

    Packages from outside join through the entry-point group ``samd_validate.<kind>``.

    Raises
    ------
    CannotRun
        If two plug-ins share a name.
    """
    found: dict[str, tuple[Plugin[Any], str]] = {}
    for value, place in [*_in_package(package, kind), *_from_entry_points(kind)]:
        if value.name in found and found[value.name][0] is not value:
            raise CannotRun(_duplicate(kind, value.name, found[value.name][1], place))
        found[value.name] = (value, place)
    return MappingProxyType({name: found[name][0] for name in sorted(found)})


def _in_package(package: ModuleType, kind: str) -> list[tuple[Plugin[Any], str]]:
    values: list[tuple[Plugin[Any], str]] = []
    for info in pkgutil.iter_modules(package.__path__):
        if info.name.startswith("_"):  # holds no plug-in, and may need what is not installed
            continue
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        values += [
            (value, module.__name__)
            for value in vars(module).values()
            if _is_own(value, kind, module)
        ]
    return values


def _is_own(value: object, kind: str, module: ModuleType) -> bool:
    return (
        isinstance(value, Plugin) and value.kind == kind and value.run.__module__ == module.__name__
    )


def _from_entry_points(kind: str) -> list[tuple[Plugin[Any], str]]:
    loaded = [(point.load(), point.value) for point in entry_points(group=f"samd_validate.{kind}")]
    return [(value, place) for value, place in loaded if isinstance(value, Plugin)]


def _duplicate(kind: str, name: str, first: str, second: str) -> Problem:
    return Problem(
        where=f"{kind} {name!r}",
        found=f"defined in {first} and in {second}",
        expected=f"one {kind} of a name",
        todo="rename or uninstall one of them",
    )
