"""Which variable each data set has, from which items, by which conversion, and what it lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from samd_validate.core.bundle import Bundle
from samd_validate.report.build import Numbers, code, grid, items, number, texts
from samd_validate.report.tree import Block, Cell, Paragraph, Section
from samd_validate.report.words import count_words

Row = Mapping[str, object]
LEAD = (
    "Every source is brought to the names, units and limits of one dictionary of variables. A "
    "variable is converted where a value was brought to another unit, and missing where the data "
    "set has no value for it; what is missing stays missing for the device, it is not made up."
)


@dataclass(frozen=True, kw_only=True)
class Account:
    """What a reader said of one data set: its variables, and the items they came from."""

    cohort: str
    variables: Mapping[str, Row]
    items: Sequence[Row]
    dictionary: str


def harmonisation(bundle: Bundle, numbers: Numbers) -> Section | None:
    """Return the table of variables by data set and that of items, None if no reader told."""
    accounts = _accounts(bundle)
    if not accounts:
        return None
    blocks: list[Block] = [Paragraph(text=LEAD), _by_variable(accounts, numbers)]
    blocks += [_items(account, numbers) for account in accounts]
    silent = [one.id for one in bundle.cohorts if one.id not in {a.cohort for a in accounts}]
    if silent:
        words = f"Without an account of its variables: {', '.join(silent)}."
        blocks.append(Paragraph(text=words, look="note"))
    versions = sorted({account.dictionary for account in accounts})
    blocks.append(Paragraph(text=f"Dictionary of variables: {', '.join(versions)}.", look="note"))
    return Section(id="harmonisation", title="Variables and their sources", blocks=tuple(blocks))


def _accounts(bundle: Bundle) -> list[Account]:
    accounts = []
    for cohort in bundle.cohorts:
        told = bundle.attachments.get(f"harmonisation_{cohort.id}")
        if isinstance(told, Mapping):
            accounts.append(
                Account(
                    cohort=cohort.id,
                    variables={str(row["name"]): row for row in items(told, "variables")},
                    items=items(told, "items"),
                    dictionary=str(told.get("dictionary", "")),
                )
            )
    return accounts


def _by_variable(accounts: Sequence[Account], numbers: Numbers) -> Block:
    names = list(dict.fromkeys(name for account in accounts for name in account.variables))
    rows = []
    for name in names:
        known = next(a.variables[name] for a in accounts if name in a.variables)
        row = [code(name), *texts(str(known.get("unit", "")), str(known.get("loinc") or "–"))]
        rows.append([*row, *(_state(account, name) for account in accounts)])
    heads = ("Variable", "Unit", "LOINC", *(account.cohort for account in accounts))
    caption = (
        "By data set: found, or converted from another unit; values used, and in brackets those "
        "that were read and not used. The reasons are counted in the flow of each data set."
    )
    title = "Variables by data set"
    return grid(numbers, "harmonisation", title, heads, rows, caption=caption, look="small")


def _state(account: Account, name: str) -> Cell:
    """Return what a data set has of a variable, in a few words."""
    row = account.variables.get(name)
    if row is None or row.get("status") != "found":
        return Cell(text="missing" if row else "not asked for", look="gap")
    used, lost = _count(row.get("values_used")), row.get("values_not_used")
    unused = sum(_count(n) for n in lost.values()) if isinstance(lost, Mapping) else 0
    mine = [item for item in account.items if item.get("variable") == name]
    word = "converted" if any(_is_converted(item) for item in mine) else "found"
    more = f" ({count_words(unused)} not)" if unused else ""
    return Cell(text=f"{word}: {count_words(used)}{more}", look="" if used else "gap")


def _items(account: Account, numbers: Numbers) -> Block:
    """Return the items of a source that were converted or could not be; else a note."""
    rows = [_item_row(item) for item in account.items if _needs_words(item)]
    if not rows:
        bare = sum(bool(item.get("unit_assumed")) for item in account.items)
        words = f"{account.cohort}: all {len(account.items)} items came in the dictionary's unit"
        words += f"; {bare} of them state none in their rows." if bare else "."
        return Paragraph(text=words, look="note")
    heads = ("Variable", "Table", "Item", "Unit as written", "Brought to", "By", "Rows")
    return grid(
        numbers,
        f"items-{account.cohort}",
        f"Items of {account.cohort} whose unit was not that of the dictionary",
        heads,
        rows,
        look="small",
        file=f"attachments/harmonisation_{account.cohort}.json",
    )


def _item_row(item: Row) -> list[Cell]:
    return [
        code(str(item.get("variable", ""))),
        *texts(str(item.get("table", "")), str(item.get("item", ""))),
        *texts(_written(item), str(item.get("unit", "")), _arithmetic(item)),
        number(count_words(_count(item.get("rows_in_table")))),
    ]


def _written(item: Row) -> str:
    assumed = item.get("unit_assumed")
    return f"none, taken as {assumed}" if assumed else str(item.get("unit_written") or "none")


def _arithmetic(item: Row) -> str:
    """Return the conversion in words, such as ``× 0.556 − 17.8``."""
    factor, offset = item.get("factor"), item.get("offset")
    if not isinstance(factor, int | float):
        return "no conversion, not used"
    words = "as it is" if factor == 1 else f"× {factor:.4g}"
    if isinstance(offset, int | float) and offset:
        words = f"{words} {'+' if offset > 0 else '−'} {abs(offset):.4g}"
    return words


def _is_converted(item: Row) -> bool:
    return item.get("factor") not in (None, 1, -1) or bool(item.get("offset"))


def _needs_words(item: Row) -> bool:
    assumed = item.get("unit_assumed")
    is_assumed = bool(assumed) and assumed != item.get("unit")
    return item.get("factor") is None or _is_converted(item) or is_assumed


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0
