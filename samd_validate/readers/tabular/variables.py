"""The variables of plain tables: from the dictionary, or declared in the protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from samd_validate.core.errors import Problem, did_you_mean, gather
from samd_validate.readers.events.dictionary import Dictionary, DictionaryVariable, SourceItem
from samd_validate.readers.tabular.params import VariableParams

SOURCE = "table_file"
VALUES = "values"


def dictionary_of(
    shipped: Dictionary, wanted: Mapping[str, VariableParams] | None, offered: Sequence[str]
) -> Dictionary:
    """Return a dictionary whose items are names in the file; without ``wanted``, by equal names.

    ``offered`` are the names in the file, as far as its layout tells them.

    Raises
    ------
    CannotRun
        With every variable that is neither in the dictionary nor declared, or is both, and every
        unit that has no way to that of the variable.
    """
    known = {one.name: one for one in shipped.variables}
    if wanted is None:
        wanted = {name: VariableParams() for name in known if not offered or name in offered}
        gather([] if wanted else [_no_column(known)])
    gather([problem for name, one in wanted.items() for problem in _faults(name, one, shipped)])
    chosen = tuple(
        _variable(name, one, known.get(name), shipped) for name, one in sorted(wanted.items())
    )
    return shipped.model_copy(update={"variables": chosen})


def _faults(name: str, one: VariableParams, shipped: Dictionary) -> list[Problem]:
    known = {variable.name: variable for variable in shipped.variables}
    items = one.items(name)
    faults = [("an item twice", "each item once")] if len(set(items)) < len(items) else []
    if name in known:
        if one.is_declared:
            faults.append(("limits, aggregate or label given", "those of the dictionary"))
        unit = shipped.ucum(one.unit) if one.unit else known[name].unit
        if shipped.conversion(known[name], unit) is None:
            faults.append((f"unit {one.unit!r}", f"a unit that leads to {known[name].unit!r}"))
    elif one.unit is None or one.limits is None:
        words = f"unit and limits, or a name of the dictionary: {did_you_mean(name, known)}"
        faults.append(("not in the variable dictionary", words))
    elif one.limits[0] > one.limits[1]:
        faults.append(("limits in the wrong order", "[low, high]"))
    return [_fault(name, found, expected) for found, expected in faults]


def _variable(
    name: str, one: VariableParams, known: DictionaryVariable | None, shipped: Dictionary
) -> DictionaryVariable:
    unit = shipped.ucum(one.unit) if one.unit else (known.unit if known else "")
    items = tuple(SourceItem(table=VALUES, key=item, unit=unit) for item in one.items(name))
    if known is not None:
        return known.model_copy(update={"sources": {SOURCE: items}})
    return DictionaryVariable(
        name=name,
        label=one.label or name,
        unit=unit,
        limits=one.limits or (0, 0),
        aggregate=one.aggregate or "last",
        sources={SOURCE: items},
    )


def _no_column(known: Mapping[str, DictionaryVariable]) -> Problem:
    return Problem(
        where="table of values",
        found="no column of a variable",
        expected=f"columns named as in the dictionary: {', '.join(known)}",
        todo="say in the data set's params under variables what the columns are",
    )


def _fault(name: str, found: str, expected: str) -> Problem:
    return Problem(
        where=f"variable {name!r} of the protocol's params",
        found=found,
        expected=expected,
        todo="correct variables in the data set's params",
    )
