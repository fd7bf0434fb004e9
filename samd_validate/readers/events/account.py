"""What became of every value that was read: for the cohort flow and the harmonisation table."""

from __future__ import annotations

from samd_validate.core.cohort import FlowRow
from samd_validate.core.errors import Problem
from samd_validate.readers.events.bins import FATES, USED, Binning, Tally


def value_rows(tally: Tally) -> list[FlowRow]:
    """Return one row of the cohort flow for each fate of values."""
    counts = {f"{fate}, not used": tally.of_fate(number) for number, fate in enumerate(FATES)}
    counts["scores of which not all parts were charted together, not used"] = tally.incomplete
    counts["outside plausible limits after they were added up, not used"] = tally.beyond
    counts["used"] = tally.of_fate(USED)
    counts["of these replaced by a value of the same minute that was stored later"] = tally.replaced
    return [
        FlowRow(kind="handled", reason=reason, count=n, counted="values")
        for reason, n in counts.items()
    ]


def harmonisation(plan: Binning, tally: Tally) -> dict[str, object]:
    """Return which variable was found, mapped, converted and missing, as plain JSON."""
    found = {row["variable"] for row in tally.units}
    variables = [
        {
            "name": one.name,
            "unit": one.unit,
            "loinc": one.loinc,
            "status": "found" if one.name in found else "missing",
            "values_used": tally.fates.get((index, USED), 0),
            "values_not_used": {
                fate: tally.fates[index, number]
                for number, fate in enumerate(FATES)
                if tally.fates[index, number]
            },
        }
        for index, one in enumerate(plan.variables)
    ]
    return {
        "schema_version": 1,
        "dictionary": plan.dictionary.fingerprint,
        "source": plan.source,
        "variables": variables,
        "items": tally.units,
    }


def nothing_measured(dataset: str, plan: Binning) -> Problem:
    """Return the problem of a cohort without any value."""
    return Problem(
        where=f"data set {dataset!r}",
        found=f"no usable value of any of {len(plan.variables)} variables",
        expected="measurements of the chosen stays",
        todo="check that stays and values belong together, and how the source calls its variables",
    )
